import ModelGraph
import Tensors

/// Pooling. LiteRT leaves out of an average what lies around the image; where ONNX counts it, zeros are put there.
extension LoweringRules {
    static let pools: [String: LoweringRule] = [
        "MaxPool": maxPool,
        "AveragePool": averagePool,
        "GlobalAveragePool": { try global($0, .mean) },
        "GlobalMaxPool": { try global($0, .reduceMax) },
    ]

    private static func window(_ node: NodeLowering, _ input: LoweredValue) throws -> Window {
        guard input.type == .float32, input.rank == 3 || input.rank == 4, let kernel = node.ints("kernel_shape"),
            kernel.count == input.rank - 2
        else {
            throw LoweringFault("pools \(input.type.displayName) with \(input.rank) axes; expected FP32 with 3 or 4")
        }
        let window = try Window(
            node, kernel: kernel, input: Array(input.shape.dropFirst(2)),
            output: Array(node.outputShape().dropFirst(2)))
        guard window.dilations == [1, 1] else {
            throw LoweringFault("pools with dilations, which LiteRT does not have")
        }
        return window
    }

    private static let maxPool: LoweringRule = { node in
        guard node.node.outputs.count < 2 || node.node.outputs[1].isEmpty else {
            throw LoweringFault("also gives the places of the maxima, which LiteRT does not")
        }
        let input = try node.input(0)
        let window = try window(node, input)
        let image = try node.padded(node.image(input), window, value: -.greatestFiniteMagnitude)
        try node.defineImage(node.emit(.maxPool, [image], node.imageShape(), options: .pool(window)))
    }

    private static let averagePool: LoweringRule = { node in
        let input = try node.input(0)
        var window = try window(node, input)
        let countsPads = node.flag("count_include_pad")
        let image = try node.image(input)
        if !countsPads, !window.needsPads {
            return try node.defineImage(node.emit(.averagePool, [image], node.imageShape(), options: .pool(window)))
        }
        let divisors = try AverageDivisors(node, window, countsPads: countsPads)
        window = divisors.explicit
        let sums = try node.emit(
            .averagePool, [node.padded(image, window)], node.imageShape(), options: .pool(window))
        guard let scales = divisors.scales else { return try node.defineImage(sums) }
        let shape = [1, window.output[0], window.output[1], 1]
        try node.defineImage(node.binary(.multiply, sums, node.graph.constant(.floats(scales, shape), "counts")))
    }

    private static func global(_ node: NodeLowering, _ code: LiteOperatorCode) throws {
        let input = try node.input(0)
        let order = AxisOrder.channelsLast(input.rank)
        let tensor = try node.graph.tensor(input, in: order)
        let axes = try node.integers(Array(1..<max(2, input.rank - 1)), "axes")
        let made = try node.emit(
            code, [tensor, axes], order.stored(node.outputShape()), options: .reduction(keepsDimensions: true))
        try node.define(made, in: order)
    }
}

/// By how much averages over a padded image differ from ONNX's, at each place.
private struct AverageDivisors {
    /// The window with all its pads written out.
    let explicit: Window
    /// What each average is multiplied with; `nil` where that is 1 everywhere.
    let scales: [Float]?

    init(_ node: NodeLowering, _ window: Window, countsPads: Bool) throws {
        var explicit = window
        if window.padding == .same {
            explicit.padding = .valid
            explicit.pads = (0..<2).map { axis in
                let total = (window.output[axis] - 1) * window.strides[axis] + window.kernel[axis] - window.input[axis]
                return (max(0, total) / 2, max(0, total) - max(0, total) / 2)
            }
        }
        self.explicit = explicit
        let declared = node.ints("pads") ?? []
        let factors = (0..<2).map { axis -> [Float] in
            let before = explicit.pads[axis].before
            // What `ceil_mode` adds at the end counts in neither way.
            let axes = declared.count / 2
            let position = axes == 1 ? axis - 1 : axis
            let after =
                countsPads && axes > 0 && position >= 0
                ? declared[axes + position]
                : countsPads && axes == 0 ? explicit.pads[axis].after : 0
            let first = countsPads ? -before : 0
            let end = explicit.input[axis] + after
            return (0..<explicit.output[axis]).map { place in
                let start = place * explicit.strides[axis] - before
                let counted = min(start + explicit.kernel[axis], end) - max(start, first)
                return Float(explicit.kernel[axis]) / Float(max(1, counted))
            }
        }
        let all = factors[0].flatMap { row in factors[1].map { row * $0 } }
        scales = all.allSatisfy { $0 == 1 } ? nil : all
    }
}
