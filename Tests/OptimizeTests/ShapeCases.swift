import ModelGraph
import Tensors

/// Transpositions and reshapes.
enum ShapeCases {
    private static let picture: [Dimension] = [.symbol("N"), .fixed(3), .fixed(4), .fixed(5)]

    private static func transpose(_ input: String, _ output: String, _ order: [Int64]) -> Node {
        Node("Transpose", [input], [output], attributes: [Attribute("perm", .ints(order))])
    }

    static let all: [RuleTests.Case] = [
        .init("two transpositions are one", "shapes", ["Transpose"]) {
            Made.model(picture, [transpose("x", "t", [0, 2, 3, 1]), transpose("t", "y", [1, 0, 3, 2])], [])
        },
        .init("a transposition behind an operator meets the one before", "shapes", ["Relu", "Transpose"]) {
            Made.model(
                picture,
                [
                    transpose("x", "t", [0, 2, 3, 1]), Node("Relu", ["t"], ["r"]), transpose("r", "y", [0, 3, 1, 2]),
                ], [])
        },
        .init("two reshapes are one", "shapes", ["Reshape"]) {
            Made.model(
                picture, [Node("Reshape", ["x", "s"], ["r"]), Node("Reshape", ["r", "t"], ["y"])],
                [try Made.ints("s", [-1, 60]), try Made.ints("t", [-1, 12, 5])])
        },
        .init("what is between is read", "shapes", ["Transpose", "Relu", "Transpose"], refusal: "others read") {
            Made.model(
                picture,
                [
                    transpose("x", "t", [0, 2, 3, 1]), Node("Relu", ["t"], ["r"]), transpose("r", "y", [0, 3, 1, 2]),
                ], [], outputs: [ValueInfo("r", .float32, nil)])
        },
        .init("a shape that copies a size", "shapes", ["Reshape", "Reshape"], refusal: "copies a size") {
            Made.model(
                picture, [Node("Reshape", ["x", "s"], ["r"]), Node("Reshape", ["r", "t"], ["y"])],
                [try Made.ints("s", [-1, 60]), try Made.ints("t", [0, 12, 5])])
        },
        .init("an operator along an axis", "shapes", ["Transpose", "Softmax", "Transpose"]) {
            Made.model(
                picture,
                [
                    transpose("x", "t", [0, 2, 3, 1]), Node("Softmax", ["t"], ["r"]),
                    transpose("r", "y", [0, 3, 1, 2]),
                ], [])
        },
    ]
}
