import Tensors

/// Convolutions, pooling, and images made larger and smaller. TensorFlow's filters are `[H, W, I, O]`, those of depthwise
/// ones `[H, W, C, times]`.
extension GraphDefRules {
    static let windows: [LiteOperatorCode: GraphDefRule] = [
        .convolution: { step in
            let filters = try step.turned(1, [1, 2, 3, 0], "filters")
            let settings: GraphDefStep.Settings = [
                ("strides", .ints([1, step.setting(2), step.setting(1), 1])),
                ("dilations", .ints([1, max(1, step.setting(5)), max(1, step.setting(4)), 1])),
                ("padding", step.padding), ("data_format", .text("NHWC")),
            ]
            let made = step.node("Conv2D", [try step.input(0), filters], settings, named: "sums")
            return [try step.biased(made, 2)]
        },
        .depthwiseConvolution: depthwise,
        .transposedConvolution: transposed,
        .averagePool: pool("AvgPool"), .maxPool: pool("MaxPool"),
        .resizeBilinear: resize("ResizeBilinear", corners: 2, half: 3),
        .resizeNearest: resize("ResizeNearestNeighbor", corners: 0, half: 1),
        .spaceToDepth: block("SpaceToDepth"), .depthToSpace: block("DepthToSpace"),
    ]

    private static let depthwise: GraphDefRule = { step in
        guard let known = try step.constant(1) else {
            throw LoweringFault("works out the filters of a depthwise convolution, which is not written so far")
        }
        let sizes = known.shape.dimensions
        let channels = try step.tensor(0).shape[3]
        guard sizes.count == 4, sizes[0] == 1, channels > 0, sizes[3] % channels == 0 else {
            throw LoweringFault("has filters of shape \(sizes) for \(channels) channels")
        }
        let filters = try known.reshaped([sizes[1], sizes[2], channels, sizes[3] / channels])
            .spread(step.setting(6), step.setting(5))
        let made = step.node(
            "DepthwiseConv2dNative", [try step.input(0), step.constant(filters, "filters")],
            [
                ("strides", .ints(try step.squareStrides())), ("padding", step.padding),
                ("data_format", .text("NHWC")), ("dilations", .ints([1, 1, 1, 1])),
            ], named: "sums")
        return [try step.biased(made, 2)]
    }

    private static let transposed: GraphDefRule = { step in
        let settings: GraphDefStep.Settings = [
            ("strides", .ints([1, step.setting(2), step.setting(1), 1])), ("padding", .text("VALID")),
            ("data_format", .text("NHWC")), ("dilations", .ints([1, 1, 1, 1])),
            // What the sizes are is worked out where the batch is open.
            ("_output_shapes", .shapes([step.outputSizes])),
        ]
        let filters = try step.turned(1, [1, 2, 0, 3], "filters")
        let made = step.node(
            "Conv2DBackpropInput", [try step.input(0), filters, try step.input(2)], settings, named: "sums")
        return [try step.biased(made, 3)]
    }

    private static func pool(_ operatorType: String) -> GraphDefRule {
        { step in
            let settings: GraphDefStep.Settings = [
                ("ksize", .ints([1, step.setting(4), step.setting(3), 1])),
                ("strides", .ints([1, step.setting(2), step.setting(1), 1])), ("padding", step.padding),
                ("data_format", .text("NHWC")),
            ]
            return [step.node(operatorType, [try step.input(0)], settings)]
        }
    }

    private static func resize(_ operatorType: String, corners: Int, half: Int) -> GraphDefRule {
        { step in
            let settings: GraphDefStep.Settings = [
                ("align_corners", .flag(step.flag(corners))), ("half_pixel_centers", .flag(step.flag(half))),
            ]
            return [step.node(operatorType, [try step.input(0), try step.input(1)], settings)]
        }
    }

    private static func block(_ operatorType: String) -> GraphDefRule {
        { step in
            let settings: GraphDefStep.Settings = [
                ("block_size", .int(step.setting(0))), ("data_format", .text("NHWC")),
            ]
            return [step.node(operatorType, [try step.input(0)], settings)]
        }
    }
}

extension GraphDefStep {
    fileprivate var padding: GraphDefNode.Setting {
        .text(setting(0) == LitePadding.same.rawValue ? "SAME" : "VALID")
    }

    /// TensorFlow's depthwise convolutions go as far along the height as along the width. Along an axis with one place
    /// it does not matter how far.
    fileprivate func squareStrides() throws -> [Int] {
        let (height, width) = (setting(2), setting(1))
        let image = try tensor(0).shape
        if height == width || image[1] == 1 { return [1, width, width, 1] }
        if image[2] == 1 { return [1, height, height, 1] }
        throw LoweringFault(
            "is a depthwise convolution with strides \(height) and \(width); TensorFlow's are the same",
            remedy: "use one stride for both axes")
    }
}

extension Tensor {
    /// Filters with zeros between their rows and columns: what a dilated convolution is to one that is not. TensorFlow's
    /// depthwise convolution knows no other.
    fileprivate func spread(_ height: Int, _ width: Int) throws -> Tensor {
        guard height > 1 || width > 1 else { return self }
        let sizes = shape.dimensions
        guard let values = floatValues, sizes.count == 4 else { throw LoweringFault("has filters that are no FP32") }
        let (rows, columns) = ((sizes[0] - 1) * max(1, height) + 1, (sizes[1] - 1) * max(1, width) + 1)
        let depth = sizes[2] * sizes[3]
        guard rows <= 1 << 12, columns <= 1 << 12 else { throw LoweringFault("is dilated to \(rows) by \(columns)") }
        var result = [Float](repeating: 0, count: rows * columns * depth)
        for row in 0..<sizes[0] {
            for column in 0..<sizes[1] {
                let from = (row * sizes[1] + column) * depth
                let to = (row * max(1, height) * columns + column * max(1, width)) * depth
                for place in 0..<depth { result[to + place] = values[from + place] }
            }
        }
        return try .floats(result, [rows, columns, sizes[2], sizes[3]])
    }
}
