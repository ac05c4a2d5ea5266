import ModelGraph
import Tensors

/// Convolutions: weights are `[out, height, width, in]`, of a depthwise one `[1, height, width, out]`.
enum ConvolutionRules {
    static let all: [String: LiteRule] = [
        "CONV_2D": convolution, "DEPTHWISE_CONV_2D": depthwise, "TRANSPOSE_CONV": transposed,
    ]

    private static func convolution(_ call: LiteCall) throws(TensorFlowError) {
        let image = try call.image(0)
        let kernel = try call.image(1)
        guard let depth = kernel.sizes[3], let channels = image.sizes[3], depth > 0, channels % depth == 0 else {
            throw .broken(
                "has weights for \(describe(kernel.sizes[3])) channels; the image has \(describe(image.sizes[3]))")
        }
        let window = try window(call, kernel, dilationSlots: (4, 5))
        let weights = try reordered(call, kernel, [0, 3, 1, 2])
        let name = try apply(call, image, weights, window, groups: channels / depth)
        try call.give(Made(name, channelsFirst: true), activation: try call.byte(3))
    }

    private static func depthwise(_ call: LiteCall) throws(TensorFlowError) {
        let image = try call.image(0)
        let kernel = try call.image(1)
        guard let made = kernel.sizes[3], let channels = image.sizes[3], channels > 0, made % channels == 0,
            kernel.sizes[0] == 1
        else {
            throw .broken(
                "has weights for \(describe(kernel.sizes[3])) channels; the image has \(describe(image.sizes[3]))")
        }
        let window = try window(call, kernel, dilationSlots: (5, 6))
        let weights = try reordered(call, kernel, [3, 0, 1, 2])
        let name = try apply(call, image, weights, window, groups: channels)
        try call.give(Made(name, channelsFirst: true), activation: try call.byte(4))
    }

    private static func apply(
        _ call: LiteCall, _ image: GraphValue, _ weights: String, _ window: Window, groups: Int
    ) throws(TensorFlowError) -> String {
        var names = [try call.graph.channelsFirst(image), weights]
        if let bias = call.optional(2) { names.append(try call.graph.plain(bias)) }
        var attributes = window.attributes([image.sizes[1], image.sizes[2]])
        if groups != 1 { attributes.append(Attribute("group", .int(Int64(groups)))) }
        return call.graph.node("Conv", names, call.stem, attributes)
    }

    private static func window(
        _ call: LiteCall, _ kernel: GraphValue, dilationSlots: (width: Int, height: Int)
    ) throws(TensorFlowError) -> Window {
        guard let height = kernel.sizes[1], let width = kernel.sizes[2] else {
            throw .broken("has weights of which the size is open")
        }
        let window = Window(
            kernel: [height, width], strides: [try call.integer(2), try call.integer(1)],
            dilations: [
                try call.integer(dilationSlots.height, default: 1), try call.integer(dilationSlots.width, default: 1),
            ], isSame: try call.byte(0) == 0)
        try window.check()
        return window
    }

    /// Takes the wanted shape, the weights, the image, and perhaps a bias.
    private static func transposed(_ call: LiteCall) throws(TensorFlowError) {
        let kernel = try call.image(1)
        let image = try call.image(2)
        guard let height = kernel.sizes[1], let width = kernel.sizes[2] else {
            throw .broken("has weights of which the size is open")
        }
        let window = Window(
            kernel: [height, width], strides: [try call.integer(2), try call.integer(1)],
            isSame: try call.byte(0) == 0)
        try window.check()
        let made = try wantedSize(call)
        let fit = try Fit(window, from: [image.sizes[1], image.sizes[2]], to: made)
        var names = [try call.graph.channelsFirst(image), try reordered(call, kernel, [3, 0, 1, 2])]
        if let bias = call.optional(3) { names.append(try call.graph.plain(bias)) }
        let name = call.graph.node("ConvTranspose", names, call.stem, fit.attributes(window))
        try call.give(Made(name, channelsFirst: true), activation: try call.byte(3))
    }

    /// Height and width of what a transposed convolution makes.
    private static func wantedSize(_ call: LiteCall) throws(TensorFlowError) -> [Int] {
        if let shape = try call.input(0).integers, shape.count == 4 { return [shape[1], shape[2]] }
        guard let sizes = call.outputs.first?.sizes, sizes.count == 4, let height = sizes[1], let width = sizes[2]
        else {
            throw TensorFlowError("works the size of its output out while it runs, which is not rebuilt here")
        }
        return [height, width]
    }

    /// The weights with their axes as ONNX has them.
    static func reordered(_ call: LiteCall, _ value: GraphValue, _ order: [Int]) throws(TensorFlowError) -> String {
        guard value.constant == nil else { return try call.graph.constant(value, order: order) }
        return call.graph.transposed(try call.graph.plain(value), order, call.stem + "_weights")
    }

    private static func describe(_ size: Int?) -> String { size.map { "\($0)" } ?? "an open number of" }
}

/// How a transposed convolution gets from one size to another: what is cut off, and what is added behind.
struct Fit {
    private var before: [Int] = []
    private var after: [Int] = []
    private var added: [Int] = []

    init(_ window: Window, from image: [Int?], to made: [Int]) throws(TensorFlowError) {
        for axis in 0..<2 {
            guard let size = image[axis], size > 0, size < 1 << 24, made[axis] > 0 else {
                throw TensorFlowError("is given an image of which the size is open, which is not rebuilt here")
            }
            let full = (size - 1) * window.strides[axis] + window.kernel[axis]
            let cut = window.isSame ? max(0, full - made[axis]) : 0
            let extra = made[axis] - (full - cut)
            guard (0..<max(window.strides[axis], 1)).contains(extra) else {
                throw .broken("makes \(made[axis]) of \(size), which no transposed convolution of this window does")
            }
            before.append(cut / 2)
            after.append(cut - cut / 2)
            added.append(extra)
        }
    }

    func attributes(_ window: Window) -> [Attribute] {
        var result = [
            Attribute("strides", .ints(window.strides.map(Int64.init))),
            Attribute("kernel_shape", .ints(window.kernel.map(Int64.init))),
        ]
        if (before + after).contains(where: { $0 > 0 }) {
            result.append(Attribute("pads", .ints((before + after).map(Int64.init))))
        }
        if added.contains(where: { $0 > 0 }) {
            result.append(Attribute("output_padding", .ints(added.map(Int64.init))))
        }
        return result
    }
}
