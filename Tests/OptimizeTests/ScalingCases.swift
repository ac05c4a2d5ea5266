import ModelGraph
import Tensors

/// Constant factors and summands that become a part of weights, or do not.
enum ScalingCases {
    private static let picture: [Dimension] = [.symbol("N"), .fixed(3), .fixed(8), .fixed(8)]
    private static let row: [Dimension] = [.symbol("N"), .fixed(5)]

    private static func scalar(_ name: String, _ value: Float) throws -> TensorValue {
        TensorValue(name, try Tensor(.float32, Shape([]), values: [value]))
    }

    /// `x` changed by a constant `k`, then by a convolution.
    private static func before(
        _ type: String, _ constant: [Int], _ attributes: [Attribute] = [], input: [Dimension] = picture,
        turned: Bool = false
    ) throws -> Model {
        Made.model(
            input,
            [
                Node(type, turned ? ["k", "x"] : ["x", "k"], ["s"]),
                Node("Conv", ["s", "w", "b"], ["y"], name: "conv", attributes: attributes),
            ],
            [
                try Made.floats("k", constant, from: 0.5, to: 2), try Made.floats("w", [4, 3, 3, 3]),
                try Made.floats("b", [4]),
            ])
    }

    /// A convolution, then a constant `k`.
    private static func after(_ type: String, _ constant: [Int], turned: Bool = false) throws -> Model {
        Made.model(
            picture,
            [Node("Conv", ["x", "w"], ["c"], name: "conv"), Node(type, turned ? ["k", "c"] : ["c", "k"], ["y"])],
            [try Made.floats("k", constant, from: 0.5, to: 2), try Made.floats("w", [4, 3, 3, 3])])
    }

    private static func product(_ type: String, _ product: String = "MatMul") throws -> Model {
        Made.model(
            row, [Node(type, ["x", "k"], ["s"]), Node(product, ["s", "w"], ["y"])],
            [try scalar("k", 0.0625), try Made.floats("w", [5, 3])])
    }

    static let all: [RuleTests.Case] = [
        .init("a factor before", "scaling", ["Conv"]) { try before("Mul", []) },
        .init("a divisor for each channel", "scaling", ["Conv"]) { try before("Div", [3, 1, 1]) },
        .init("a subtrahend for each channel", "scaling", ["Conv"]) { try before("Sub", [1, 3, 1, 1]) },
        .init("a factor before padding", "scaling", ["Conv"]) {
            try before("Mul", [3, 1, 1], [Attribute("pads", .ints([1, 1, 1, 1]))])
        },
        .init("a factor after", "scaling", ["Conv"]) { try after("Mul", [4, 1, 1]) },
        .init("a difference the other way round", "scaling", ["Conv"]) { try after("Sub", [4, 1, 1], turned: true) },
        .init("a sum after", "scaling", ["Conv"]) { try after("Add", [1]) },
        .init("a factor before a product", "scaling", ["MatMul"]) { try product("Mul") },
        .init("a sum before a product with a bias", "scaling", ["Gemm"]) { try product("Add", "Gemm") },
        .init("a sum before padding", "scaling", ["Add", "Conv"], refusal: "pads, with zeros") {
            try before("Add", [3, 1, 1], [Attribute("pads", .ints([1, 1, 1, 1]))])
        },
        .init("a factor for each column of a picture", "scaling", ["Mul", "Conv"], refusal: "each channel") {
            try before("Mul", [8])
        },
        .init("a factor that makes channels", "scaling", ["Mul", "Conv"], refusal: "not known") {
            try before("Mul", [3, 1, 1], input: [.symbol("N"), .fixed(1), .fixed(8), .fixed(8)])
        },
        .init("a quotient the other way round", "scaling", ["Conv", "Div"]) {
            try after("Div", [4, 1, 1], turned: true)
        },
        .init("a sum before a product without a bias", "scaling", ["Add", "MatMul"]) { try product("Add") },
    ]
}
