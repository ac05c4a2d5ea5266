import ModelGraph
import Tensors

/// Models made in code.
enum Sample {
    /// `y = relu(x · w)`: the smallest model with a weight.
    static func dense(opset: Int64 = 17, irVersion: Int64 = 8) throws -> Model {
        let weights = try Tensor(.float32, Shape([4, 3]), values: (0..<12).map(Float.init))
        let graph = Graph(
            "dense",
            nodes: [Node("MatMul", ["x", "w"], ["m"], name: "product"), Node("Relu", ["m"], ["y"], name: "relu")],
            initializers: [TensorValue("w", weights)],
            inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(4)])],
            outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(3)])])
        return Model(graph, opset: opset, irVersion: irVersion)
    }

    /// `y = x`, of any type and shape.
    static func identity(
        _ type: ElementType = .float32, _ dimensions: [Dimension]? = [.symbol("N"), .fixed(3)], opset: Int64 = 17
    ) -> Model {
        let graph = Graph(
            "identity", nodes: [Node("Identity", ["x"], ["y"])], inputs: [ValueInfo("x", type, dimensions)],
            outputs: [ValueInfo("y", type, dimensions)])
        return Model(graph, opset: opset, irVersion: 8)
    }

    /// A model whose only node has `graphs` as its attributes: `If` with two branches, for instance.
    static func branching(_ then: Graph, _ other: Graph) -> Model {
        let branches = [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(other))]
        let graph = Graph(
            "branching", nodes: [Node("If", ["flag"], ["y"], name: "choose", attributes: branches)],
            inputs: [ValueInfo("flag", .bool, []), ValueInfo("x", .float32, [.fixed(2)])],
            outputs: [ValueInfo("y", .float32, [.fixed(2)])])
        return Model(graph, opset: 17, irVersion: 8)
    }

    /// A branch with one node that reads `input`.
    static func branch(_ name: String, reading input: String, making output: String) -> Graph {
        Graph(
            name, nodes: [Node("Neg", [input], [output])], outputs: [ValueInfo(output, .float32, [.fixed(2)])])
    }
}
