import Tensors

/// Floating-point operations of a node; a multiplication and an addition are two.
///
/// Counts what the operator's definition computes, not what an engine may save. Moving and comparing data, looking up
/// and converting cost none. Square roots, exponentials and divisions count as one.
enum OperationCounts {
    typealias Count = @Sendable (NodeFacts, [Fact]) -> Size

    /// - Parameter bodies: the operations of each body that was inferred for this node, in that order.
    /// - Returns: `nil` when shapes that matter are not known.
    static func flops(of facts: NodeFacts, _ outputs: [Fact], bodies: [Int?]) -> Int? {
        let name = facts.node.operatorType
        if !bodies.isEmpty { return flops(ofBodies: bodies, name, facts) }
        let domain = canonicalDomain(facts.node.domain)
        if domain == "ai.onnx.ml" { return classical[name]?(facts, outputs).fixed }
        guard domain.isEmpty || domain == "com.microsoft" else { return nil }
        if moving.contains(name) { return 0 }
        if let count = counts[name] { return count(facts, outputs).fixed }
        guard let cost = perElement[name] else { return nil }
        return (elements(outputs.first) * .fixed(cost)).fixed
    }

    /// The dearer branch of an `If`; a loop's body as often as it is certain to run.
    private static func flops(ofBodies bodies: [Int?], _ name: String, _ facts: NodeFacts) -> Int? {
        let known = bodies.compactMap(\.self)
        guard known.count == bodies.count, let last = known.last else { return nil }
        switch name {
        case "If": return known.max()
        case "Loop": return facts.integers(0)?.first.flatMap { ($0 * .fixed(last)).fixed }
        case "Scan":
            guard let count = facts.int("num_scan_inputs"), count > 0, count <= facts.inputs.count,
                facts.count("scan_input_axes") == 0
            else { return last == 0 ? 0 : nil }
            let length = facts.sizes(facts.inputs.count - count)?.first ?? .unknown
            return (length * .fixed(last)).fixed
        default: return last == 0 ? 0 : nil
        }
    }

    private static func elements(_ fact: Fact?) -> Size { fact?.type.sizes?.product ?? .unknown }

    /// No arithmetic on fractions.
    private static let moving: Set<String> = [
        "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Concat", "Split", "Slice", "Gather",
        "GatherElements", "GatherND", "Scatter", "ScatterElements", "ScatterND", "TensorScatter", "Expand", "Tile",
        "Pad",
        "Where", "Range", "Constant", "ConstantOfShape", "OneHot", "NonZero", "TopK", "Shape", "Size", "Identity",
        "Cast", "CastLike", "BitCast", "DepthToSpace", "SpaceToDepth", "Dropout", "EyeLike", "Compress", "Unique",
        "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not",
        "IsNaN", "IsInf", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "ReverseSequence",
        "Trilu", "CenterCropPad", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
        "SequenceLength", "SplitToSequence", "ConcatFromSequence", "Optional", "OptionalGetElement",
        "OptionalHasElement", "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer",
        "NonMaxSuppression", "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
        "Multinomial", "ImageDecoder", "MaxUnpool", "Hardmax",
    ]

    /// Operations for each element of the first output.
    private static let perElement: [String: Int] = {
        var table: [String: Int] = [:]
        let one = [
            "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Relu", "Abs", "Neg", "Ceil", "Floor", "Round", "Sqrt", "Exp",
            "Log", "Reciprocal", "Sign", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Asin", "Acos", "Atan", "Asinh", "Acosh",
            "Atanh", "Tanh", "Erf", "Clip", "CumSum", "CumProd", "ThresholdedRelu", "Max", "Min",
        ]
        for name in one { table[name] = 1 }
        for name in ["LeakyRelu", "PRelu", "Shrink", "QuantizeLinear", "DequantizeLinear", "Elu"] { table[name] = 2 }
        for name in ["Softplus", "Softsign", "Celu", "Selu", "HardSigmoid", "DynamicQuantizeLinear"] { table[name] = 3 }
        for name in ["Sigmoid", "HardSwish", "BatchNormalization"] { table[name] = 4 }
        for name in ["Swish", "Mish", "Softmax", "LogSoftmax", "LpNormalization", "RotaryEmbedding"] { table[name] = 5 }
        for name in ["Gelu", "FastGelu", "QuickGelu", "BiasGelu", "RMSNormalization"] { table[name] = 6 }
        let statistics = [
            "LayerNormalization", "InstanceNormalization", "GroupNormalization", "MeanVarianceNormalization",
            "SkipLayerNormalization", "SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization",
        ]
        for name in statistics { table[name] = 8 }
        return table
    }()

    private static let counts: [String: Count] = {
        var table: [String: Count] = [
            "Conv": { facts, outputs in convolution(facts, outputs, weights: 1, bias: 2) },
            "FusedConv": { facts, outputs in convolution(facts, outputs, weights: 1, bias: 2) },
            "ConvInteger": { facts, outputs in convolution(facts, outputs, weights: 1, bias: nil) },
            "QLinearConv": { facts, outputs in convolution(facts, outputs, weights: 3, bias: 8) },
            "DeformConv": { facts, outputs in convolution(facts, outputs, weights: 1, bias: 3) },
            "ConvTranspose": { facts, outputs in
                let perInput = facts.sizes(1).map { $0.dropFirst().product } ?? .unknown
                let bias: Size = facts.isGiven(2) ? elements(outputs.first) : .fixed(0)
                return .fixed(2) * elements(facts.fact(0)) * perInput + bias
            },
            "MatMulNBits": { facts, outputs in
                .fixed(2) * elements(outputs.first) * (facts.int("K").map { .fixed($0) } ?? .unknown)
            },
            "Gemm": general, "FusedGemm": general,
            "Einsum": { facts, _ in
                guard let equation = try? EinsumEquation(facts) else { return .unknown }
                return equation.sizes.values.product * .fixed(max(1, facts.inputs.count))
            },
            "Attention": attention, "LSTM": recurrent, "GRU": recurrent, "RNN": recurrent,
            "MaxPool": pool, "AveragePool": pool, "LpPool": pool,
            "LRN": { facts, outputs in
                elements(outputs.first) * (.fixed(2) * .fixed(max(1, facts.int("size") ?? 1)) + .fixed(3))
            },
            "Resize": interpolation, "Upsample": interpolation,
            "GridSample": { _, outputs in
                elements(outputs.first) * .fixed(11)
            },
            "Sum": variadic, "Mean": variadic,
        ]
        for name in ["MatMul", "MatMulInteger", "QLinearMatMul", "FusedMatMul", "DynamicQuantizeMatMul"] {
            table[name] = product
        }
        for name in ReductionRules.table.keys where name.hasPrefix("Reduce") {
            table[name] = { facts, _ in elements(facts.fact(0)) }
        }
        for name in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] {
            table[name] = { facts, _ in elements(facts.fact(0)) }
        }
        return table
    }()

    private static func convolution(_ facts: NodeFacts, _ outputs: [Fact], weights: Int, bias: Int?) -> Size {
        let perOutput = facts.sizes(weights).map { $0.dropFirst().product } ?? .unknown
        let added: Size = bias.map { facts.isGiven($0) ? .fixed(1) : .fixed(0) } ?? .fixed(0)
        return elements(outputs.first) * (.fixed(2) * perOutput + added)
    }

    private static func product(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        let isTurned = facts.node.operatorType == "FusedMatMul" && facts.flag("transA")
        let sizes = facts.sizes(0)
        let inner = isTurned ? sizes?.dropLast().last : sizes?.last
        return .fixed(2) * elements(outputs.first) * (inner ?? .unknown)
    }

    private static func general(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        let inner = facts.sizes(0).flatMap { facts.flag("transA") ? $0.first : $0.last } ?? .unknown
        let bias: Size = facts.isGiven(2) ? .fixed(1) : .fixed(0)
        return elements(outputs.first) * (.fixed(2) * inner + bias)
    }

    private static func pool(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        elements(outputs.first) * (facts.ints("kernel_shape")?.map(Size.fixed).product ?? .unknown)
    }

    private static func variadic(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        elements(outputs.first) * .fixed(max(0, facts.inputs.count - 1))
    }

    /// Weighing neighbours: 3 operations along each axis that changes, none for the nearest.
    private static func interpolation(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        switch facts.text("mode") ?? "nearest" {
        case "nearest": .fixed(0)
        case "cubic": elements(outputs.first) * .fixed(35)
        default: elements(outputs.first) * .fixed(7)
        }
    }

    /// Two products and a softmax for every head.
    private static func attention(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        guard let query = facts.sizes(0), let key = facts.sizes(1), let value = facts.sizes(2),
            query.count == key.count, key.count == value.count, (3...4).contains(query.count), outputs.count > 3,
            canonicalDomain(facts.node.domain).isEmpty
        else { return .unknown }
        let heads = AttentionRules.Heads(facts, query: query, key: key, value: value)
        let scores = elements(outputs[3])
        return scores * (.fixed(2) * heads.keySize + .fixed(2) * heads.valueSize + .fixed(5))
    }

    /// For every step and direction: the gates' products with input and state, and about ten operations a unit.
    private static func recurrent(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        guard let input = facts.sizes(0), let weights = facts.sizes(1), let state = facts.sizes(2),
            input.count == 3, weights.count == 3, state.count == 3
        else { return .unknown }
        let products = weights.product + state.product
        return input[0] * input[1] * (.fixed(2) * products + weights[0] * weights[1] * .fixed(3))
    }

    /// Linear models and vector machines. Trees compare, and compute nothing.
    private static let classical: [String: Count] = {
        var table: [String: Count] = [
            "LinearClassifier": linear, "LinearRegressor": linear, "SVMClassifier": machine, "SVMRegressor": machine,
            "Scaler": { _, outputs in .fixed(2) * elements(outputs.first) },
            "Normalizer": { _, outputs in .fixed(3) * elements(outputs.first) },
            "TreeEnsembleClassifier": trees, "TreeEnsembleRegressor": trees,
        ]
        for name in [
            "Binarizer", "Imputer", "LabelEncoder", "CategoryMapper", "OneHotEncoder", "ArrayFeatureExtractor",
            "FeatureVectorizer", "DictVectorizer", "CastMap", "ZipMap",
        ] {
            table[name] = { _, _ in .fixed(0) }
        }
        return table
    }()

    private static func linear(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        let biases = Size.fixed(facts.count("intercepts"))
        return MachineLearningRules.rows(facts) * (.fixed(2) * .fixed(facts.count("coefficients")) + biases)
    }

    private static func machine(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        let vectors = Size.fixed(facts.count("support_vectors"))
        return MachineLearningRules.rows(facts)
            * (.fixed(2) * vectors + .fixed(2) * .fixed(facts.count("coefficients")))
    }

    /// Each tree adds one leaf's weight.
    private static func trees(_ facts: NodeFacts, _ outputs: [Fact]) -> Size {
        let trees = Set(facts.ints("nodes_treeids") ?? []).count
        return MachineLearningRules.rows(facts) * .fixed(trees)
    }
}
