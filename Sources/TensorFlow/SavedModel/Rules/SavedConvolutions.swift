import ModelGraph
import Tensors

/// Convolutions and pooling. Weights are `[height, width, in, out]`, of a depthwise one `[height, width, in, times]`.
enum SavedConvolutions {
    static let all: [String: SavedRule] = [
        "Conv2D": convolution, "DepthwiseConv2dNative": depthwise, "Conv2DBackpropInput": transposed,
        "MaxPool": largest,
        "AvgPool": average,
    ]

    private static func convolution(_ call: SavedCall) throws(TensorFlowError) {
        let layout = ImageLayout(call)
        let (image, kernel) = (try call.input(0), try call.input(1))
        let name = try layout.name(image, call.graph)
        guard kernel.rank == 4, let depth = kernel.sizes[2], let channels = image.sizes[layout.channel], depth > 0,
            channels % depth == 0
        else { throw .broken("has weights that do not fit the image's channels") }
        let weights = try reordered(call, kernel, [3, 2, 0, 1])
        var attributes = try window(call, kernel, image, layout)
        if channels != depth { attributes.append(Attribute("group", .int(Int64(channels / depth)))) }
        try call.give(layout.made(call.graph.node("Conv", [name, weights], call.stem, attributes)))
    }

    private static func depthwise(_ call: SavedCall) throws(TensorFlowError) {
        let layout = ImageLayout(call)
        let (image, kernel) = (try call.input(0), try call.input(1))
        let name = try layout.name(image, call.graph)
        guard kernel.rank == 4, let channels = kernel.sizes[2], let times = kernel.sizes[3],
            let height = kernel.sizes[0], let width = kernel.sizes[1], channels == image.sizes[layout.channel],
            channels.multipliedReportingOverflow(by: times).overflow == false
        else { throw .broken("has weights that do not fit the image's channels") }
        let shape = [channels * times, 1, height, width]
        let weights: String
        if kernel.constant != nil {
            weights = try call.graph.constant(kernel, order: [2, 3, 0, 1], dimensions: shape)
        } else {
            let turned = call.graph.transposed(try call.graph.plain(kernel), [2, 3, 0, 1], call.stem + "_weights")
            weights = call.graph.reshaped(turned, shape, call.stem + "_weights")
        }
        let attributes = try window(call, kernel, image, layout) + [Attribute("group", .int(Int64(channels)))]
        try call.give(layout.made(call.graph.node("Conv", [name, weights], call.stem, attributes)))
    }

    /// How the window moves, in ONNX's words.
    private static func window(
        _ call: SavedCall, _ kernel: GraphValue, _ image: GraphValue, _ layout: ImageLayout
    ) throws(TensorFlowError) -> [Attribute] {
        guard let height = kernel.sizes[0], let width = kernel.sizes[1] else {
            throw .broken("has weights of which the size is open")
        }
        return try attributes(call, [height, width], image, layout)
    }

    private static func attributes(
        _ call: SavedCall, _ kernel: [Int], _ image: GraphValue, _ layout: ImageLayout
    ) throws(TensorFlowError) -> [Attribute] {
        let padding = call.node.text("padding")
        let window = Window(
            kernel: kernel, strides: try layout.pair(call.node.ints("strides"), "strides"),
            dilations: try layout.pair(call.node.ints("dilations"), "dilations"), isSame: padding == "SAME")
        try window.check()
        var result = window.attributes([image.sizes[layout.height], image.sizes[layout.height + 1]])
        switch padding {
        case "SAME", "VALID": break
        case "EXPLICIT":
            let pads = call.node.ints("explicit_paddings") ?? []
            guard pads.count == 8, pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw .broken("has the explicit pads \(pads.prefix(9))")
            }
            let start = 2 * layout.height
            let order = [pads[start], pads[start + 2], pads[start + 1], pads[start + 3]]
            result.append(Attribute("pads", .ints(order.map(Int64.init))))
        default: throw .broken("has the padding '\(InertName.of(padding ?? ""))'")
        }
        return result
    }

    /// Takes the wanted shape, the weights `[height, width, out, in]`, and the image.
    private static func transposed(_ call: SavedCall) throws(TensorFlowError) {
        let layout = ImageLayout(call)
        let (kernel, image) = (try call.input(1), try call.input(2))
        let name = try layout.name(image, call.graph)
        guard kernel.rank == 4, let height = kernel.sizes[0], let width = kernel.sizes[1],
            let padding = call.node.text("padding"), padding != "EXPLICIT"
        else { throw TensorFlowError("has weights of which the size is open, or pads of its own") }
        let window = Window(
            kernel: [height, width], strides: try layout.pair(call.node.ints("strides"), "strides"),
            isSame: padding == "SAME")
        try window.check()
        guard try layout.pair(call.node.ints("dilations"), "dilations") == [1, 1] else {
            throw TensorFlowError("is dilated, which is not rebuilt here")
        }
        let fit = try Fit(
            window, from: [image.sizes[layout.height], image.sizes[layout.height + 1]], to: try wantedSize(call, layout)
        )
        let weights = try reordered(call, kernel, [3, 2, 0, 1])
        try call.give(
            layout.made(call.graph.node("ConvTranspose", [name, weights], call.stem, fit.attributes(window))))
    }

    private static func wantedSize(_ call: SavedCall, _ layout: ImageLayout) throws(TensorFlowError) -> [Int] {
        let start = layout.height
        if let shape = try call.input(0).integers, shape.count == 4 { return [shape[start], shape[start + 1]] }
        guard let sizes = call.node.statedSizes(0), sizes.count == 4, let height = sizes[start],
            let width = sizes[start + 1]
        else { throw TensorFlowError("works the size of its output out while it runs, which is not rebuilt here") }
        return [height, width]
    }

    /// The weights with their axes as ONNX has them.
    static func reordered(_ call: SavedCall, _ value: GraphValue, _ order: [Int]) throws(TensorFlowError) -> String {
        guard value.constant == nil else { return try call.graph.constant(value, order: order) }
        return call.graph.transposed(try call.graph.plain(value), order, call.stem + "_weights")
    }

    // MARK: - Pools

    private static func largest(_ call: SavedCall) throws(TensorFlowError) { try pool("MaxPool", call) }
    private static func average(_ call: SavedCall) throws(TensorFlowError) { try pool("AveragePool", call) }

    private static func pool(_ operatorType: String, _ call: SavedCall) throws(TensorFlowError) {
        let layout = ImageLayout(call)
        let image = try call.input(0)
        let name = try layout.name(image, call.graph)
        let kernel = try layout.pair(call.node.ints("ksize"), "a window")
        guard call.node.text("padding") != "EXPLICIT" else {
            throw TensorFlowError("has pads of its own, which is not rebuilt here")
        }
        let attributes = try attributes(call, kernel, image, layout)
        try call.give(layout.made(call.graph.node(operatorType, [name], call.stem, attributes)))
    }
}
