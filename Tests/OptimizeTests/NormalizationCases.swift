import ModelGraph
import Tensors

/// Batch normalisations and paddings that become a part of weights, or do not.
enum NormalizationCases {
    static let all = convolutions + products + paddings

    private static let convolutions: [RuleTests.Case] = [
        .init("a convolution with a bias", "batch-normalization", ["Conv"]) { try Made.convolution() },
        .init("a convolution without one", "batch-normalization", ["Conv"]) { try Made.convolution(bias: false) },
        .init("groups", "batch-normalization", ["Conv"]) {
            try Made.convolution(weights: [4, 2, 3, 3], "Conv", [Attribute("group", .int(2))], channels: 4)
        },
        .init("each channel by itself", "batch-normalization", ["Conv"]) {
            try Made.convolution(weights: [3, 1, 3, 3], "Conv", [Attribute("group", .int(3))])
        },
        .init("a transposed convolution", "batch-normalization", ["ConvTranspose"]) {
            try Made.convolution(weights: [3, 5, 3, 3], "ConvTranspose")
        },
        .init("a transposed convolution in groups", "batch-normalization", ["ConvTranspose"]) {
            try Made.convolution(
                weights: [4, 3, 3, 3], "ConvTranspose", [Attribute("group", .int(2))], channels: 4)
        },
        .init(
            "what others read as well", "batch-normalization", ["Conv", "BatchNormalization", "Add"],
            refusal: "others read what the convolution makes"
        ) {
            var model = try Made.convolution()
            model.graph.nodes[1].outputs = ["n"]
            model.graph.nodes.append(Node("Add", ["c", "n"], ["y"]))
            return model
        },
        .init(
            "what is an output", "batch-normalization", ["Conv", "BatchNormalization"],
            refusal: "others read what the convolution makes"
        ) {
            var model = try Made.convolution()
            model.graph.outputs.append(ValueInfo("c", .float32, nil))
            return model
        },
        .init(
            "weights of two convolutions", "batch-normalization", ["Conv", "BatchNormalization", "Conv", "Add"],
            refusal: "others read the convolution's weights"
        ) {
            var model = try Made.convolution()
            model.graph.nodes[1].outputs = ["n"]
            model.graph.nodes += [Node("Conv", ["x", "w"], ["d"]), Node("Add", ["n", "d"], ["y"])]
            return model
        },
        .init(
            "a negative variance", "batch-normalization", ["Conv", "BatchNormalization"], refusal: "not finite"
        ) {
            var model = try Made.convolution()
            let index = model.graph.initializers.firstIndex { $0.name == "bn_variance" } ?? 0
            model.graph.initializers[index] = TensorValue(
                "bn_variance", try Tensor(.float32, Shape([4]), values: [1, -1, 1, 1] as [Float]))
            return model
        },
        .init(
            "weights that would overflow", "batch-normalization", ["Conv", "BatchNormalization"],
            refusal: "would not be finite"
        ) {
            var model = try Made.convolution(bias: false)
            model.graph.initializers[0] = try Made.floats("w", [4, 3, 3, 3], from: 1e37, to: 1.1e37)
            let index = model.graph.initializers.firstIndex { $0.name == "bn_scale" } ?? 0
            model.graph.initializers[index] = try Made.floats("bn_scale", [4], from: 900, to: 1000)
            return model
        },
    ]

    private static func product(_ type: String, _ attributes: [Attribute] = [], turned: Bool = false) throws -> Model {
        let constants = [try Made.floats("w", turned ? [3, 5] : [5, 3]), try Made.floats("b", [3])]
        let inputs = type == "Gemm" ? ["x", "w", "b"] : ["x", "w"]
        return Made.model(
            [.symbol("N"), .fixed(5)],
            [Node(type, inputs, ["p"], name: "product", attributes: attributes), Made.normalization("p", "y")],
            constants + (try Made.statistics(3)))
    }

    private static let products: [RuleTests.Case] = [
        .init("Gemm", "batch-normalization", ["Gemm"]) { try product("Gemm") },
        .init("Gemm with its factors", "batch-normalization", ["Gemm"]) {
            try product("Gemm", [Attribute("alpha", .float(0.5)), Attribute("beta", .float(2))])
        },
        .init("Gemm of turned weights", "batch-normalization", ["Gemm"]) {
            try product("Gemm", [Attribute("transB", .int(1))], turned: true)
        },
        .init("MatMul", "batch-normalization", ["MatMul", "Add"]) { try product("MatMul") },
        .init(
            "a product of more dimensions", "batch-normalization", ["MatMul", "BatchNormalization"],
            refusal: "not known to be a matrix"
        ) {
            var model = try product("MatMul")
            model.graph.inputs[0] = ValueInfo("x", .float32, [.symbol("N"), .fixed(3), .fixed(5)])
            return model
        },
    ]

    private static func padded(
        _ pads: [Int64], mode: String = "constant", value: Float? = nil, _ attributes: [Attribute] = []
    ) throws -> Model {
        var constants = [try Made.floats("w", [4, 3, 3, 3]), try Made.ints("pads", pads)]
        if let value { constants.append(TensorValue("value", try Tensor(.float32, Shape([]), values: [value]))) }
        return Made.model(
            [.symbol("N"), .fixed(3), .fixed(8), .fixed(8)],
            [
                Node(
                    "Pad", ["x", "pads"] + (value == nil ? [] : ["value"]), ["p"],
                    attributes: [Attribute("mode", .text(mode))]),
                Node("Conv", ["p", "w"], ["y"], name: "conv", attributes: attributes),
            ], constants)
    }

    private static let paddings: [RuleTests.Case] = [
        .init("zeros around a picture", "padding", ["Conv"]) { try padded([0, 0, 1, 2, 0, 0, 3, 0]) },
        .init("zeros, said aloud, and the convolution's own", "padding", ["Conv"]) {
            try padded([0, 0, 1, 1, 0, 0, 1, 1], value: 0, [Attribute("pads", .ints([1, 0, 1, 0]))])
        },
        .init("a convolution that says VALID", "padding", ["Conv"]) {
            try padded([0, 0, 1, 1, 0, 0, 1, 1], [Attribute("auto_pad", .text("VALID"))])
        },
        .init("ones", "padding", ["Pad", "Conv"], refusal: "other than zeros") {
            try padded([0, 0, 1, 1, 0, 0, 1, 1], value: 1)
        },
        .init("reflections", "padding", ["Pad", "Conv"], refusal: "other than a constant") {
            try padded([0, 0, 1, 1, 0, 0, 1, 1], mode: "reflect")
        },
        .init("pads of rows", "padding", ["Pad", "Conv"], refusal: "rows or channels") {
            try padded([1, 0, 1, 1, 0, 0, 1, 1])
        },
        .init("pads that cut", "padding", ["Pad", "Conv"], refusal: "cuts away") {
            try padded([0, 0, -1, 1, 0, 0, 1, 1])
        },
        .init("a convolution that pads by itself", "padding", ["Pad", "Conv"], refusal: "pads by itself") {
            try padded([0, 0, 1, 1, 0, 0, 1, 1], [Attribute("auto_pad", .text("SAME_UPPER"))])
        },
    ]
}
