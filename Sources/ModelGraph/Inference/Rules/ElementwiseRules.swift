import Tensors

/// Operators that work on one element at a time.
enum ElementwiseRules {
    static let table: [String: InferenceRule] = {
        var table: [String: InferenceRule] = [:]
        for name in sameAsInput { table[name] = sameType }
        for name in arithmeticNames { table[name] = arithmetic }
        for name in comparisonNames { table[name] = comparison }
        for name in ["Not", "IsNaN", "IsInf"] { table[name] = truth }
        table["Where"] = choice
        table["Dropout"] = dropout
        table["Identity"] = identity
        return table
    }()

    /// The output has the type and shape of the first input.
    private static let sameAsInput = [
        "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Clip", "Cos", "Cosh",
        "CumProd", "CumSum", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "Hardmax",
        "InstanceNormalization", "GroupNormalization", "LRN", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization",
        "MeanVarianceNormalization", "Mish", "Neg", "PRelu", "Reciprocal", "Relu", "ReverseSequence", "Round", "Selu",
        "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh",
        "ThresholdedRelu", "Trilu", "RotaryEmbedding", "ParametricSoftplus", "ScaledTanh", "ImageScaler", "Affine",
        "Scale",
    ]

    private static let arithmeticNames = [
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "And", "Or", "Xor", "BitShift",
        "BitwiseAnd", "BitwiseOr", "BitwiseXor",
    ]

    private static let comparisonNames = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]

    static func sameType(_ facts: NodeFacts) -> [Fact] {
        [Fact(facts.fact(0).type, value: ValueArithmetic.unary(facts))]
    }

    private static func truth(_ facts: NodeFacts) -> [Fact] {
        [.tensor(.bool, facts.sizes(0), ValueArithmetic.unary(facts))]
    }

    private static func arithmetic(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        try broadcast(facts, facts.element(0))
    }

    private static func comparison(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        try broadcast(facts, .bool)
    }

    private static func broadcast(_ facts: NodeFacts, _ element: ElementType?) throws(InferenceFault) -> [Fact] {
        // Before operator set 7 the second input was stretched over the first.
        let indices = facts.opset < 7 ? 0..<min(1, facts.inputs.count) : facts.inputs.indices
        let sizes = try Broadcasting.sizes(indices.map { facts.sizes($0) })
        return [.tensor(element, sizes, ValueArithmetic.binary(facts))]
    }

    private static func identity(_ facts: NodeFacts) -> [Fact] { [facts.fact(0)] }

    private static func choice(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let sizes = try Broadcasting.sizes((0..<3).map { facts.sizes($0) })
        return [.tensor(facts.element(1) ?? facts.element(2), sizes, ValueArithmetic.choice(facts))]
    }

    private static func dropout(_ facts: NodeFacts) -> [Fact] {
        let mask = facts.opset >= 10 ? ElementType.bool : facts.element(0)
        let isTraining = facts.opset >= 12 && facts.integers(2) == [.fixed(1)]
        let passed = isTraining || facts.isGiven(2) ? Fact(facts.fact(0).type) : facts.fact(0)
        return [passed, .tensor(mask, facts.sizes(0))]
    }
}

/// Operators that change the element type.
enum CastRules {
    static let table: [String: InferenceRule] = [
        "Cast": { facts in
            // Operator sets before 6 named the type in words.
            let named = facts.text("to").flatMap { name in
                ElementType.allCases.first { $0.rawValue.uppercased() == name || (name == "FLOAT" && $0 == .float32) }
            }
            return cast(facts, to: facts.elementType("to") ?? named)
        },
        "CastLike": { facts in cast(facts, to: facts.element(1)) },
        "BitCast": { facts in
            guard let from = facts.element(0), let target = facts.elementType("to"), from.bitWidth == target.bitWidth
            else { return [] }
            return [.tensor(target, facts.sizes(0))]
        },
    ]

    private static func cast(_ facts: NodeFacts, to target: ElementType?) -> [Fact] {
        [.tensor(target, facts.sizes(0), facts.value(0).flatMap { ValueArithmetic.cast($0, to: target) })]
    }
}
