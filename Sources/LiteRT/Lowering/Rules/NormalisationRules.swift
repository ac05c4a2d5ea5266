import ModelGraph
import Tensors

/// Normalisations. With constant statistics one is a product and a sum, which become a part of what comes before;
/// others are made of means and roots.
extension LoweringRules {
    static let normalisations: [String: LoweringRule] = [
        "BatchNormalization": batch,
        "LayerNormalization": layer,
        "InstanceNormalization": instance,
    ]

    private static let batch: LoweringRule = { node in
        guard !node.flag("training_mode"), node.node.outputs.dropFirst().allSatisfy(\.isEmpty) else {
            throw LoweringFault("is in training mode", remedy: "export for inference")
        }
        let input = try node.input(0)
        let names = ["scale", "bias", "mean", "variance"]
        let constants = try (1...4).map { try node.constant($0, names[$0 - 1]).floatValues ?? [] }
        guard input.rank >= 2, input.type == .float32, constants.allSatisfy({ $0.count == input.shape[1] }) else {
            throw LoweringFault("takes \(input.type.displayName) of shape \(input.shape); expected FP32 with channels")
        }
        let epsilon = Double(node.float("epsilon") ?? 1e-5)
        let scales = zip(constants[0], constants[3]).map { Double($0) / (Double($1) + epsilon).squareRoot() }
        let shifts = scales.indices.map { Double(constants[1][$0]) - Double(constants[2][$0]) * scales[$0] }
        let tensor = try node.graph.tensor(input, in: input.order)
        let shape =
            input.order.axes.last == 1
            ? [scales.count] : input.order.axes.map { $0 == 1 ? scales.count : 1 }
        let scaled = try node.binary(
            .multiply, tensor, node.graph.constant(.floats(scales.map { Float($0) }, shape), "scale"))
        let made = try node.binary(
            .add, scaled, node.graph.constant(.floats(shifts.map { Float($0) }, shape), "shift"))
        try node.define(made, in: input.order)
    }

    private static let layer: LoweringRule = { node in
        guard node.node.outputs.dropFirst().allSatisfy(\.isEmpty) else {
            throw LoweringFault("also gives mean and deviation, which only training needs")
        }
        let input = try node.input(0)
        let first = try input.axis(node.int("axis") ?? -1)
        let order = AxisOrder.plain(input.rank)
        let tensor = try node.graph.tensor(input, in: order)
        var made = try node.normalised(
            tensor, axes: Array(first..<input.rank), epsilon: node.float("epsilon") ?? 1e-5)
        made = try node.binary(.multiply, made, node.operand(node.input(1), in: order))
        if let bias = try node.optionalInput(2) { made = try node.binary(.add, made, node.operand(bias, in: order)) }
        try node.define(made, in: order)
    }

    private static let instance: LoweringRule = { node in
        let input = try node.input(0)
        guard input.rank >= 3 else { throw LoweringFault("takes a value with \(input.rank) axes; expected 3 or more") }
        let order = AxisOrder.channelsLast(input.rank)
        let tensor = try node.graph.tensor(input, in: order)
        var made = try node.normalised(
            tensor, axes: Array(1..<input.rank - 1), epsilon: node.float("epsilon") ?? 1e-5)
        made = try node.binary(.multiply, made, node.graph.tensor(node.input(1), in: .plain(1)))
        made = try node.binary(.add, made, node.graph.tensor(node.input(2), in: .plain(1)))
        try node.define(made, in: order)
    }
}

extension NodeLowering {
    /// A tensor less its mean, divided by its deviation, along stored axes.
    func normalised(_ tensor: Int, axes: [Int], epsilon: Float) throws -> Int {
        guard type(tensor) == .float32 else {
            throw LoweringFault("normalises \(type(tensor).displayName); expected FP32")
        }
        let reduced = shape(tensor).enumerated().map { axes.contains($0) ? 1 : $1 }
        let list = try integers(axes, "axes")
        func mean(_ operand: Int) throws -> Int {
            try emit(.mean, [operand, list], reduced, options: .reduction(keepsDimensions: true))
        }
        let centred = try binary(.subtract, tensor, mean(tensor))
        let variance = try mean(binary(.multiply, centred, centred))
        let inverse = try unary(.reciprocalSquareRoot, binary(.add, variance, scalar(epsilon)))
        return try binary(.multiply, centred, inverse)
    }
}
