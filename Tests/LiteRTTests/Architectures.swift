import ModelGraph
import Tensors

/// Networks of the kinds that people bring, small, with seeded weights.
enum Architectures {
    typealias Case = (name: String, make: @Sendable () throws -> Model)

    static let all: [Case] = [
        ("dense", dense), ("convolution", convolution), ("strided with odd pads", strided),
        ("depthwise", depthwise), ("grouped", grouped), ("residual", residual), ("dense blocks", denseBlocks),
        ("transposed convolution", transposed), ("batch norm unfolded", batchNorm),
        ("squeeze and excite", squeezeExcite), ("transformer block", transformer), ("one-dimensional", signal),
        ("recurrent, unrolled", recurrent), ("U-net with resizing", uNet), ("pools of all kinds", pools),
    ]

    private static func convolve(
        _ b: inout ModelBuilder, _ x: String, _ from: Int, _ to: Int, kernel: Int = 3, stride: Int64 = 1,
        pad: Int64 = 1,
        group: Int = 1
    ) throws -> String {
        let weights = try b.weights([to, from / group, kernel, kernel])
        let bias = try b.weights([to])
        return b.node(
            "Conv", [x, weights, bias],
            [
                .ints("strides", [stride, stride]), .ints("pads", [pad, pad, pad, pad]), .int("group", Int64(group)),
                .ints("kernel_shape", [Int64(kernel), Int64(kernel)]),
            ])
    }

    private static func normalise(_ b: inout ModelBuilder, _ x: String, _ channels: Int) throws -> String {
        try b.node(
            "BatchNormalization",
            [
                x, b.weights([channels], offset: 1), b.weights([channels]), b.weights([channels]),
                b.weights([channels], offset: 1),
            ])
    }

    @Sendable private static func dense() throws -> Model {
        var b = ModelBuilder(seed: 1)
        let x = b.input("pixels", .float32, [.symbol("N"), .fixed(20)])
        let h = try b.node("Gemm", [x, b.weights([32, 20]), b.weights([32])], [.int("transB", 1)])
        let g = try b.node("Add", [b.node("MatMul", [b.node("Relu", [h]), b.weights([32, 16])]), b.weights([16])])
        let y = try b.node(
            "Gemm", [b.node("Tanh", [g]), b.weights([16, 10]), b.weights([10])], [.float("alpha", 0.5)])
        return b.model([b.node("Softmax", [y], [.int("axis", -1)])])
    }

    @Sendable private static func convolution() throws -> Model {
        var b = ModelBuilder(seed: 2)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(3), .fixed(16), .fixed(16)])
        var h = try b.node("Relu", [convolve(&b, x, 3, 8)])
        h = b.node("MaxPool", [h], [.ints("kernel_shape", [2, 2]), .ints("strides", [2, 2])])
        h = try b.node("Clip", [convolve(&b, h, 8, 12, kernel: 5, pad: 2), b.scalar(0), b.scalar(6)])
        h = b.node("Flatten", [b.node("GlobalAveragePool", [h])])
        return try b.model([b.node("Gemm", [h, b.weights([12, 5]), b.weights([5])])])
    }

    @Sendable private static func strided() throws -> Model {
        var b = ModelBuilder(seed: 3)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(3), .fixed(15), .fixed(17)])
        let first = try b.node(
            "Conv", [x, b.weights([6, 3, 3, 5]), b.weights([6])],
            [.ints("strides", [2, 3]), .ints("pads", [0, 3, 2, 1]), .ints("kernel_shape", [3, 5])])
        let second = try b.node(
            "Conv", [b.node("LeakyRelu", [first], [.float("alpha", 0.2)]), b.weights([4, 6, 3, 3])],
            [.ints("dilations", [2, 1]), .ints("pads", [2, 1, 1, 0]), .ints("kernel_shape", [3, 3])])
        return b.model([second])
    }

    @Sendable private static func depthwise() throws -> Model {
        var b = ModelBuilder(seed: 4)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(4), .fixed(12), .fixed(12)])
        var h = try b.node("HardSwish", [normalise(&b, convolve(&b, x, 4, 8, stride: 2), 8)])
        h = try b.node("Clip", [normalise(&b, convolve(&b, h, 8, 16, group: 8), 16), b.scalar(0), b.scalar(6)])
        return try b.model([convolve(&b, h, 16, 6, kernel: 1, pad: 0)])
    }

    @Sendable private static func grouped() throws -> Model {
        var b = ModelBuilder(seed: 5)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(8), .fixed(9), .fixed(9)])
        let h = try b.node("Relu", [convolve(&b, x, 8, 12, group: 4)])
        return try b.model([convolve(&b, h, 12, 6, stride: 2, group: 2)])
    }

    @Sendable private static func residual() throws -> Model {
        var b = ModelBuilder(seed: 6)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(3), .fixed(16), .fixed(16)])
        var h = try b.node("Relu", [normalise(&b, convolve(&b, x, 3, 8), 8)])
        for _ in 0..<2 {
            let inner = try b.node("Relu", [normalise(&b, convolve(&b, h, 8, 8), 8)])
            h = try b.node("Relu", [b.node("Add", [normalise(&b, convolve(&b, inner, 8, 8), 8), h])])
        }
        let shortcut = try convolve(&b, h, 8, 16, kernel: 1, stride: 2, pad: 0)
        h = try b.node("Relu", [b.node("Add", [convolve(&b, h, 8, 16, stride: 2), shortcut])])
        let mean = b.node("ReduceMean", [h, try b.integers([2, 3])], [.int("keepdims", 0)])
        return try b.model([b.node("Gemm", [mean, b.weights([16, 4]), b.weights([4])])])
    }

    @Sendable private static func denseBlocks() throws -> Model {
        var b = ModelBuilder(seed: 7)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(4), .fixed(8), .fixed(8)])
        var h = x
        var channels = 4
        for _ in 0..<3 {
            let made = try convolve(&b, b.node("Relu", [normalise(&b, h, channels)]), channels, 4)
            h = b.node("Concat", [h, made], [.int("axis", 1)])
            channels += 4
        }
        let parts = b.nodes("Split", [h, try b.integers([6, 10])], [.int("axis", 1)], outputs: 2)
        let pooled = b.node("AveragePool", [parts[1]], [.ints("kernel_shape", [2, 2]), .ints("strides", [2, 2])])
        return b.model([parts[0], pooled])
    }

    @Sendable private static func transposed() throws -> Model {
        var b = ModelBuilder(seed: 8)
        let x = b.input("code", .float32, [.symbol("N"), .fixed(6), .fixed(5), .fixed(4)])
        let h = try b.node(
            "ConvTranspose", [x, b.weights([6, 4, 3, 3]), b.weights([4])],
            [
                .ints("strides", [2, 2]), .ints("pads", [1, 1, 1, 1]), .ints("output_padding", [1, 1]),
                .ints("kernel_shape", [3, 3]),
            ])
        let y = try b.node(
            "ConvTranspose", [b.node("Relu", [h]), b.weights([4, 3, 4, 4])],
            [.ints("strides", [2, 2]), .ints("pads", [1, 1, 1, 1]), .ints("kernel_shape", [4, 4])])
        return b.model([b.node("Sigmoid", [y])])
    }

    /// Somebody else reads what the normalisation reads, so that it stays an operator.
    @Sendable private static func batchNorm() throws -> Model {
        var b = ModelBuilder(seed: 9)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(3), .fixed(7), .fixed(9)])
        let first = try normalise(&b, x, 3)
        let h = try convolve(&b, first, 3, 6)
        return b.model([try b.node("Add", [h, normalise(&b, h, 6)])])
    }

    @Sendable private static func squeezeExcite() throws -> Model {
        var b = ModelBuilder(seed: 10)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(8), .fixed(10), .fixed(10)])
        let h = try b.node("Mul", [x, b.node("Sigmoid", [convolve(&b, x, 8, 8)])])
        var s = b.node("GlobalAveragePool", [h])
        s = try b.node("Relu", [convolve(&b, s, 8, 2, kernel: 1, pad: 0)])
        s = try b.node("HardSigmoid", [convolve(&b, s, 2, 8, kernel: 1, pad: 0)])
        let slopes = try b.weights([8, 1, 1])
        return b.model([b.node("PRelu", [b.node("Mul", [h, s]), slopes])])
    }

    @Sendable private static func transformer() throws -> Model {
        var b = ModelBuilder(seed: 11)
        let tokens = b.input("tokens", .int64, [.symbol("N"), .fixed(6)])
        let embedded = try b.node("Gather", [b.weights([30, 16], scale: 1), tokens])
        let x = try b.node("Add", [embedded, b.weights([6, 16])])
        func heads(_ b: inout ModelBuilder, _ x: String, _ order: [Int64]) throws -> String {
            let projected = try b.node("Add", [b.node("MatMul", [x, b.weights([16, 16])]), b.weights([16])])
            let split = try b.node("Reshape", [projected, b.integers([0, 6, 4, 4])])
            return b.node("Transpose", [split], [.ints("perm", order)])
        }
        let (q, k) = try (heads(&b, x, [0, 2, 1, 3]), heads(&b, x, [0, 2, 3, 1]))
        let v = try heads(&b, x, [0, 2, 1, 3])
        let scores = try b.node("Div", [b.node("MatMul", [q, k]), b.scalar(2)])
        let mixed = b.node("MatMul", [b.node("Softmax", [scores], [.int("axis", -1)]), v])
        let joined = try b.node(
            "Reshape", [b.node("Transpose", [mixed], [.ints("perm", [0, 2, 1, 3])]), b.integers([-1, 6, 16])])
        let attended = try b.node(
            "LayerNormalization",
            [b.node("Add", [x, b.node("MatMul", [joined, b.weights([16, 16])])]), b.weights([16]), b.weights([16])])
        let wide = try b.node("MatMul", [attended, b.weights([16, 32])])
        let half = try b.node("Div", [wide, b.scalar(1.41421356)])
        let bell = try b.node("Add", [b.node("Erf", [half]), b.scalar(1)])
        let active = try b.node("Mul", [b.node("Mul", [wide, bell]), b.scalar(0.5)])
        return b.model([try b.node("Add", [attended, b.node("MatMul", [active, b.weights([32, 16])])])])
    }

    @Sendable private static func signal() throws -> Model {
        var b = ModelBuilder(seed: 12)
        let x = b.input("signal", .float32, [.symbol("N"), .fixed(3), .fixed(40)])
        let h = try b.node(
            "Conv", [x, b.weights([8, 3, 5]), b.weights([8])],
            [.ints("strides", [2]), .ints("pads", [3, 1]), .ints("kernel_shape", [5])])
        let pooled = b.node(
            "MaxPool", [b.node("Elu", [h])],
            [.ints("kernel_shape", [3]), .ints("strides", [2]), .ints("pads", [1, 1])])
        let y = try b.node(
            "Conv", [pooled, b.weights([4, 8, 3])], [.ints("dilations", [2]), .ints("kernel_shape", [3])])
        return b.model([b.node("GlobalMaxPool", [y])])
    }

    @Sendable private static func recurrent() throws -> Model {
        var b = ModelBuilder(seed: 13)
        let x = b.input("steps", .float32, [.symbol("N"), .fixed(4), .fixed(6)])
        let (w, r, bias) = try (b.weights([6, 8]), b.weights([8, 8]), b.weights([8]))
        var state = try b.weights([1, 8])
        for step in 0..<4 {
            let row = try b.node(
                "Squeeze",
                [
                    b.node("Slice", [x, b.integers([Int64(step)]), b.integers([Int64(step + 1)]), b.integers([1])]),
                    b.integers([1]),
                ])
            let sum = b.node("Add", [b.node("MatMul", [row, w]), b.node("MatMul", [state, r])])
            state = b.node("Tanh", [b.node("Add", [sum, bias])])
        }
        return b.model([state])
    }

    @Sendable private static func uNet() throws -> Model {
        var b = ModelBuilder(seed: 14)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(2), .fixed(12), .fixed(8)])
        let top = try b.node("Relu", [convolve(&b, x, 2, 6)])
        let low = try b.node(
            "Relu",
            [
                convolve(
                    &b, b.node("MaxPool", [top], [.ints("kernel_shape", [2, 2]), .ints("strides", [2, 2])]), 6, 8)
            ])
        let scales = try b.constant(Tensor(.float32, Shape([4]), values: [Float(1), 1, 2, 2]))
        let up = b.node(
            "Resize", [low, "", scales],
            [
                .text("mode", "nearest"), .text("coordinate_transformation_mode", "asymmetric"),
                .text("nearest_mode", "floor"),
            ])
        let joined = try convolve(&b, b.node("Concat", [top, up], [.int("axis", 1)]), 14, 3)
        let wider = try b.constant(Tensor(.float32, Shape([4]), values: [Float(1), 1, 1.5, 2.5]))
        let bilinear = b.node("Resize", [joined, "", wider], [.text("mode", "linear")])
        return b.model([bilinear, joined])
    }

    @Sendable private static func pools() throws -> Model {
        var b = ModelBuilder(seed: 15)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(2), .fixed(11), .fixed(10)])
        let window: [Attribute] = [.ints("kernel_shape", [3, 3]), .ints("strides", [2, 2])]
        let pads = Attribute.ints("pads", [1, 1, 1, 1])
        let outputs = [
            b.node("MaxPool", [x], window + [pads]),
            b.node("MaxPool", [x], window + [.int("ceil_mode", 1)]),
            b.node("AveragePool", [x], window + [pads]),
            b.node("AveragePool", [x], window + [pads, .int("count_include_pad", 1)]),
            b.node("AveragePool", [x], window + [.ints("pads", [0, 2, 1, 0])]),
            b.node("AveragePool", [x], window + [.text("auto_pad", "SAME_UPPER")]),
        ]
        return b.model(outputs)
    }
}
