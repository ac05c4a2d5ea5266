import Tensors

/// Arithmetic, comparisons and logic, element by element.
extension GraphDefRules {
    static let elementwise: [LiteOperatorCode: GraphDefRule] = {
        var rules = named.mapValues(plain)
        // Of whole numbers both are rounded towards zero.
        rules[.divide] = { step in
            try plain(step.type == .float32 ? "RealDiv" : "TruncateDiv")(step)
        }
        for (code, operatorType) in comparisons {
            rules[code] = { step in
                [step.node(operatorType, [try step.input(0), try step.input(1)], of: try step.tensor(0).type)]
            }
        }
        for (code, operatorType) in logic {
            rules[code] = { step in [step.plainNode(operatorType, try step.allInputs(), [])] }
        }
        rules[.select] = { step in [step.node("SelectV2", try step.allInputs())] }
        rules[.cast] = { step in
            let settings: GraphDefStep.Settings = [
                ("SrcT", .type(try step.tensor(0).type)), ("DstT", .type(step.type)),
            ]
            return [step.plainNode("Cast", [try step.input(0)], settings)]
        }
        return rules
    }()

    private static let named: [LiteOperatorCode: String] = [
        .add: "AddV2", .subtract: "Sub", .multiply: "Mul", .maximum: "Maximum", .minimum: "Minimum", .power: "Pow",
        .floorModulo: "FloorMod", .floor: "Floor", .ceiling: "Ceil", .round: "Round", .exponential: "Exp",
        .logarithm: "Log", .squareRoot: "Sqrt", .reciprocalSquareRoot: "Rsqrt", .sine: "Sin", .cosine: "Cos",
        .absolute: "Abs", .negate: "Neg", .sign: "Sign",
    ]

    private static let comparisons: [LiteOperatorCode: String] = [
        .less: "Less", .lessOrEqual: "LessEqual", .greater: "Greater", .greaterOrEqual: "GreaterEqual",
        .equal: "Equal", .notEqual: "NotEqual",
    ]

    private static let logic: [LiteOperatorCode: String] = [
        .logicalAnd: "LogicalAnd", .logicalOr: "LogicalOr", .logicalNot: "LogicalNot",
    ]

    /// One that TensorFlow has with the same meaning.
    static func plain(_ operatorType: String) -> GraphDefRule {
        { step in [step.node(operatorType, try step.allInputs())] }
    }
}

extension GraphDefStep {
    func allInputs() throws -> [String] { try operation.inputs.indices.map(input) }
}
