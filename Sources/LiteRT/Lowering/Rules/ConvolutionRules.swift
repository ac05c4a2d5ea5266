import Tensors

/// Convolutions, one- and two-dimensional. LiteRT's filters are `[O, H, W, I]`, those of depthwise ones `[1, H, W, C]`.
extension LoweringRules {
    static let convolutions: [String: LoweringRule] = [
        "Conv": convolution,
        "ConvTranspose": transposedConvolution,
    ]

    private static let convolution: LoweringRule = { node in
        let input = try node.input(0)
        let weights = try node.input(1)
        guard input.rank == weights.rank, input.rank >= 3, weights.type == .float32 else {
            throw LoweringFault("takes \(input.type.displayName) with \(input.rank) axes; expected FP32 with 3 or 4")
        }
        let shape = try node.outputShape()
        let window = try Window(
            node, kernel: Array(weights.shape.dropFirst(2)), input: Array(input.shape.dropFirst(2)),
            output: Array(shape.dropFirst(2)))
        let groups = node.int("group") ?? 1
        let channels = input.shape[1]
        guard groups >= 1, channels == weights.shape[1] * groups, weights.shape[0] % groups == 0 else {
            throw LoweringFault("has \(channels) channels in \(groups) groups, and filters of shape \(weights.shape)")
        }
        let image = try node.padded(node.image(input), window)
        let bias = try node.bias(node.optionalInput(2), count: shape[1])
        let isDepthwise = groups == channels && groups > 1
        let filters = try node.filters(weights, isDepthwise ? [1, 2, 3, 0] : [0, 2, 3, 1])
        let made = try node.emit(
            isDepthwise ? .depthwiseConvolution : .convolution, [image, filters, bias], node.imageShape(),
            options: isDepthwise
                ? .depthwise(window, multiplier: shape[1] / channels) : .convolution(window),
            version: isDepthwise && window.dilations != [1, 1] ? 2 : !isDepthwise && groups > 1 ? 6 : 1)
        try node.defineImage(made)
    }

    private static let transposedConvolution: LoweringRule = { node in
        let input = try node.input(0)
        let weights = try node.input(1)
        let shape = try node.outputShape()
        guard input.rank == weights.rank, [3, 4].contains(input.rank), weights.type == .float32 else {
            throw LoweringFault("takes \(input.type.displayName) with \(input.rank) axes; expected FP32 with 3 or 4")
        }
        guard (node.int("group") ?? 1) == 1, (node.ints("dilations") ?? [1]).allSatisfy({ $0 == 1 }) else {
            throw LoweringFault(
                "is a transposed convolution in groups or with dilations, which LiteRT does not have",
                remedy: "use one group and a dilation of 1, or Resize and Conv in its place")
        }
        let geometry = try TransposedGeometry(node, input: input, weights: weights, output: shape)
        let image = try node.image(input)
        let full = [shape[0], geometry.full[0], geometry.full[1], shape[1]]
        let bias = try node.bias(node.optionalInput(2), count: shape[1])
        var made = try node.emit(
            .transposedConvolution,
            [node.integers(full, "output_shape"), node.filters(weights, [1, 2, 3, 0]), image, bias], full,
            options: .transposedConvolution(strides: geometry.strides), version: 3)
        let wanted = try node.imageShape()
        if full != wanted {
            made = try node.slice(made, begin: [0, geometry.begin[0], geometry.begin[1], 0], shape: wanted)
        }
        try node.defineImage(made)
    }
}

/// What a transposed convolution makes before its edges are cut off.
private struct TransposedGeometry {
    var strides: [Int]
    /// Height and width before cutting.
    var full: [Int]
    /// How much is cut off in front.
    var begin: [Int]

    init(_ node: NodeLowering, input: LoweredValue, weights: LoweredValue, output: [Int]) throws {
        let rank = input.rank - 2
        func two(_ values: [Int], _ filler: Int) -> [Int] { rank == 1 ? [filler] + values : values }
        let zeros = [Int](repeating: 0, count: rank)
        let strides = two(node.ints("strides") ?? zeros.map { _ in 1 }, 1)
        self.strides = strides
        let kernel = two(Array(weights.shape.dropFirst(2)), 1)
        let size = two(Array(input.shape.dropFirst(2)), 1)
        let wanted = two(Array(output.dropFirst(2)), 1)
        guard strides.count == 2, (strides + kernel).allSatisfy({ (1...1 << 20).contains($0) }) else {
            throw LoweringFault("has a window that does not fit its input")
        }
        let reach = (0..<2).map { (size[$0] - 1) * strides[$0] + kernel[$0] }
        let extra = two(node.ints("output_padding") ?? zeros, 0)
        // ONNX: total padding = reach + output_padding - output size, shared between both ends.
        let totals = (0..<2).map { reach[$0] + extra[$0] - wanted[$0] }
        let given = node.ints("pads") ?? []
        switch node.text("auto_pad") ?? "NOTSET" {
        case "NOTSET" where node.ints("output_shape") == nil:
            begin = two(given.count == 2 * rank ? Array(given.prefix(rank)) : zeros, 0)
        case "SAME_UPPER": begin = totals.map { max(0, $0) / 2 }
        case "VALID": begin = [0, 0]
        default: begin = totals.map { max(0, $0) - max(0, $0) / 2 }
        }
        guard extra.count == 2, begin.count == 2 else { throw LoweringFault("has pads that do not fit its input") }
        let starts = begin
        let whole = (0..<2).map { max(reach[$0], starts[$0] + wanted[$0]) }
        full = whole
        guard (0..<2).allSatisfy({ whole[$0] - reach[$0] < strides[$0] }) else {
            throw LoweringFault("has an output that is larger than LiteRT's can be")
        }
    }
}

extension NodeLowering {
    /// Filters in LiteRT's order; those of a signal get a height of 1.
    func filters(_ weights: LoweredValue, _ order: [Int]) throws -> Int {
        guard weights.rank == 3 else { return try graph.tensor(weights, in: AxisOrder(order)) }
        let flat = AxisOrder(order.filter { $0 != 2 }.map { $0 == 3 ? 2 : $0 })
        var shape = flat.stored(weights.shape)
        shape.insert(1, at: 1)
        if let constant = weights.constant {
            return try graph.constant(constant.ordered(flat).reshaped(shape), weights.name)
        }
        return try reshape(graph.tensor(weights, in: flat), shape)
    }

    /// A bias, or zeros: with one, LiteRT's kernels are the fast ones.
    func bias(_ value: LoweredValue?, count: Int) throws -> Int {
        if let value { return try graph.tensor(value, in: .plain(value.rank)) }
        return try graph.constant(.floats([Float](repeating: 0, count: count)), "bias")
    }

    /// A part of a tensor, as it is stored.
    func slice(_ tensor: Int, begin: [Int], shape: [Int]) throws -> Int {
        let end = zip(begin, shape).map { $0 + $1 }
        let steps = begin.map { _ in 1 }
        return try emit(
            .stridedSlice,
            [tensor, integers(begin, "begin"), integers(end, "end"), integers(steps, "strides")], shape,
            type: type(tensor), options: .stridedSlice(endMask: 0))
    }
}
