import Tensors

/// Many elements made one, and whole numbers that stand for others.
extension GraphDefRules {
    static let reductions: [LiteOperatorCode: GraphDefRule] = [
        .mean: reduce("Mean"), .sum: reduce("Sum"), .reduceMax: reduce("Max"), .reduceMin: reduce("Min"),
        .reduceProduct: reduce("Prod"), .argMax: place("ArgMax"), .argMin: place("ArgMin"),
        .topK: { step in
            step.outputs(
                step.node("TopKV2", [try step.input(0), try step.input(1)], [("sorted", .flag(true))]))
        },
        .cumulativeSum: { step in
            let axis = try step.list(try step.integers(1), "axis", [])
            return [
                step.node(
                    "Cumsum", [try step.input(0), axis],
                    [
                        ("Tidx", .type(.int32)), ("exclusive", .flag(step.flag(0))),
                        ("reverse", .flag(step.flag(1))),
                    ])
            ]
        },
    ]

    private static func reduce(_ operatorType: String) -> GraphDefRule {
        { step in
            [
                step.node(
                    operatorType, [try step.input(0), try step.input(1)],
                    [("Tidx", .type(.int32)), ("keep_dims", .flag(step.flag(0)))])
            ]
        }
    }

    private static func place(_ operatorType: String) -> GraphDefRule {
        { step in
            let axis = try step.list(try step.integers(1), "axis", [])
            return [
                step.node(
                    operatorType, [try step.input(0), axis],
                    [("Tidx", .type(.int32)), ("output_type", .type(step.type))], of: try step.tensor(0).type)
            ]
        }
    }
}

/// Whole numbers that stand for others, worked out step by step as ONNX defines it.
extension GraphDefRules {
    static let integers: [LiteOperatorCode: GraphDefRule] = [
        .quantize: { step in
            let numbers = try step.tensor(0).type == .float32 ? step.input(0) : dequantized(step)
            return [try quantized(step, numbers)]
        },
        .dequantize: { step in [try dequantized(step)] },
    ]

    private static func dequantized(_ step: GraphDefStep) throws -> String {
        let given = try step.tensor(0)
        let (scale, point) = try only(given.quantization)
        let wide = step.lowering.builder.add(
            "Cast", [try step.input(0)], "\(step.name)/wide",
            [("SrcT", .type(given.type)), ("DstT", .type(.float32))])
        let moved = step.node(
            "Sub", [wide, try step.scalar(Double(point), "zero_point", .float32)], of: .float32, named: "moved")
        return step.node(
            "Mul", [moved, try step.scalar(Double(scale), "scale", .float32)], of: .float32,
            named: step.type == .float32 ? nil : "numbers")
    }

    /// Half to even, as ONNX rounds.
    private static func quantized(_ step: GraphDefStep, _ numbers: String) throws -> String {
        let (scale, point) = try only(step.output.quantization)
        let range = step.type == .uint8 ? (0.0, 255.0) : (-128.0, 127.0)
        func number(_ value: Double, _ part: String) throws -> String { try step.scalar(value, part, .float32) }
        var made = step.node(
            "RealDiv", [numbers, try number(Double(scale), "new_scale")], of: .float32, named: "steps")
        made = step.node("Round", [made], of: .float32, named: "rounded")
        made = step.node("AddV2", [made, try number(Double(point), "new_zero_point")], of: .float32, named: "shifted")
        made = step.node("Maximum", [made, try number(range.0, "least")], of: .float32, named: "above")
        made = step.node("Minimum", [made, try number(range.1, "most")], of: .float32, named: "below")
        return step.plainNode("Cast", [made], [("SrcT", .type(.float32)), ("DstT", .type(step.type))])
    }

    private static func only(_ quantization: LiteQuantization?) throws -> (scale: Float, point: Int64) {
        guard let quantization, quantization.scales.count == 1, let scale = quantization.scales.first,
            let point = quantization.zeroPoints.first
        else { throw LoweringFault("has integers with a scale for each slice") }
        return (scale, point)
    }
}
