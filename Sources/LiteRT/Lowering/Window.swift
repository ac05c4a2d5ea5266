/// How a convolution or a pooling goes over an image: along height and width, of which a signal has one of size 1.
struct Window {
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var padding = LitePadding.valid
    /// Zeros (or whatever stands around the image) before and after each axis, where neither SAME nor VALID is meant.
    var pads: [(before: Int, after: Int)] = [(0, 0), (0, 0)]
    let input: [Int]
    let output: [Int]

    /// - Parameters:
    ///   - kernel: the window's size along each of ONNX's axes: one or two.
    ///   - input, output: sizes along the same axes.
    init(_ node: NodeLowering, kernel: [Int], input: [Int], output: [Int]) throws {
        let rank = kernel.count
        guard rank == 1 || rank == 2 else {
            throw LoweringFault(
                "works along \(rank) axes; LiteRT has one and two", remedy: "leave this model to ONNX Runtime")
        }
        func two(_ values: [Int], _ filler: Int) -> [Int] { rank == 1 ? [filler] + values : values }
        let ones = [Int](repeating: 1, count: rank)
        self.kernel = two(kernel, 1)
        strides = two(node.ints("strides") ?? ones, 1)
        dilations = two(node.ints("dilations") ?? ones, 1)
        self.input = two(input, 1)
        self.output = two(output, 1)
        guard [self.kernel, strides, dilations, self.input, self.output].allSatisfy({ $0.count == 2 }),
            (self.kernel + strides + dilations).allSatisfy({ (1...1 << 20).contains($0) })
        else { throw LoweringFault("has a window that does not fit its input") }
        let totals = (0..<2).map(overhang)
        let begins = try Self.begins(node, totals, rank: rank)
        choosePadding(begins, totals)
    }

    /// How far the windows reach beyond the input, along an axis.
    private func overhang(_ axis: Int) -> Int {
        max(0, (output[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - input[axis])
    }

    /// How much of it lies before the input.
    private static func begins(_ node: NodeLowering, _ totals: [Int], rank: Int) throws -> [Int] {
        switch node.text("auto_pad") ?? "NOTSET" {
        case "SAME_UPPER": return totals.map { $0 / 2 }
        case "SAME_LOWER": return totals.map { $0 - $0 / 2 }
        case "VALID": return [0, 0]
        default:
            let pads = node.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
            guard pads.count == 2 * rank, pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw LoweringFault("has pads \(pads); expected \(2 * rank) of 0 or more")
            }
            return rank == 1 ? [0, pads[0]] : Array(pads.prefix(2))
        }
    }

    /// VALID where nothing is around the image, SAME where it means the same, else pads of our own.
    private mutating func choosePadding(_ begins: [Int], _ totals: [Int]) {
        pads = (0..<2).map { (begins[$0], max(0, totals[$0] - begins[$0])) }
        guard pads.contains(where: { $0.before > 0 || $0.after > 0 }) else { return }
        let isSame = (0..<2).allSatisfy { axis in
            let full = (input[axis] + strides[axis] - 1) / strides[axis]
            return output[axis] == full && begins[axis] == totals[axis] / 2
        }
        if isSame {
            padding = .same
            pads = [(0, 0), (0, 0)]
        }
    }

    var needsPads: Bool { pads.contains { $0.before > 0 || $0.after > 0 } }

    /// The rows of LiteRT's padding tensor, for NHWC.
    var padRows: [Int] { [0, 0, pads[0].before, pads[0].after, pads[1].before, pads[1].after, 0, 0] }

    /// The shape of an NHWC image with its pads.
    func padded(_ shape: [Int]) -> [Int] {
        [shape[0], shape[1] + pads[0].before + pads[0].after, shape[2] + pads[1].before + pads[1].after, shape[3]]
    }
}

/// Images as LiteRT has them.
extension NodeLowering {
    /// A value of ONNX's NC… as NHWC; of a signal the height is 1.
    func image(_ value: LoweredValue) throws -> Int {
        guard value.rank == 3 || value.rank == 4 else {
            throw LoweringFault("takes a value with \(value.rank) axes; LiteRT's takes signals (3) and images (4)")
        }
        let tensor = try graph.tensor(value, in: .channelsLast(value.rank))
        guard value.rank == 3 else { return tensor }
        return try reshape(tensor, [value.shape[0], 1, value.shape[2], value.shape[1]])
    }

    /// Says that an NHWC tensor is output `index`.
    func defineImage(_ tensor: Int, output index: Int = 0) throws {
        let shape = try outputShape(index)
        let order = AxisOrder.channelsLast(shape.count)
        let made = shape.count == 3 ? try reshape(tensor, order.stored(shape)) : tensor
        try define(made, in: order, output: index)
    }

    /// The NHWC shape of an output.
    func imageShape(_ index: Int = 0) throws -> [Int] {
        let shape = try outputShape(index)
        guard shape.count == 3 || shape.count == 4 else {
            throw LoweringFault("makes a value with \(shape.count) axes")
        }
        return shape.count == 3 ? [shape[0], 1, shape[2], shape[1]] : [shape[0], shape[2], shape[3], shape[1]]
    }

    /// The image with zeros, or another number, around it, where its window asks for that.
    func padded(_ image: Int, _ window: Window, value: Float = 0) throws -> Int {
        guard window.needsPads else { return image }
        let rows = try integers(window.padRows, "paddings", [4, 2])
        let shape = window.padded(shape(image))
        guard value != 0 else { return try emit(.pad, [image, rows], shape, type: type(image)) }
        return try emit(.padWithValue, [image, rows, scalar(value)], shape)
    }
}
