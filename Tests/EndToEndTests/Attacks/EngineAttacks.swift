import ModelGraph
import Tensors

/// Attacks by graphs that are well-formed and cannot run: row 67 of the attack list.
struct EngineAttack: Sendable {
    var name: String
    var model: @Sendable () throws -> Model

    static let all = [
        EngineAttack(name: "a kernel larger than its input") {
            let kernel = try Tensor(zeros: .float32, Shape([1, 1, 9, 9]))
            return image(Node("Conv", ["x", "w"], ["y"]), [TensorValue("w", kernel)])
        },
        EngineAttack(name: "an equation of junk") {
            var node = Node("Einsum", ["x"], ["y"])
            node.attributes = [Attribute("equation", .text("i->%%;,"))]
            return image(node, [])
        },
        EngineAttack(name: "two open sizes") {
            image(Node("Reshape", ["x", "s"], ["y"]), [try numbers("s", [-1, -1])])
        },
        EngineAttack(name: "a slice in steps of nothing") {
            image(
                Node("Slice", ["x", "a", "b", "c", "d"], ["y"]),
                [try numbers("a", [0]), try numbers("b", [4]), try numbers("c", [1]), try numbers("d", [0])])
        },
        // OpenVINO 2026.4 dies of this one.
        EngineAttack(name: "padding of less than nothing") {
            image(Node("Pad", ["x", "s"], ["y"]), [try numbers("s", [Int64](repeating: -(1 << 62), count: 8))])
        },
    ]

    private static func numbers(_ name: String, _ values: [Int64]) throws -> TensorValue {
        TensorValue(name, try Tensor(.int64, Shape([values.count]), values: values))
    }

    private static func image(_ node: Node, _ weights: [TensorValue]) -> Model {
        let port = { ValueInfo($0, .float32, [.symbol("N"), .fixed(1), .symbol("H"), .fixed(8)]) }
        var input = port("x")
        input = ValueInfo("x", .float32, [.symbol("N"), .fixed(1), .fixed(8), .fixed(8)])
        let graph = Graph("g", nodes: [node], initializers: weights, inputs: [input], outputs: [port("y")])
        return Model(graph, opset: 17, irVersion: 8)
    }
}
