package import ModelGraph

/// Of two changes of shape in a row only the last matters.
package struct ReshapeChains: RewriteRule {
    package let algebra = "Reshape[s](Reshape(x)) = Reshape[s](x), where s copies no size"

    package init() {}

    private static let shaping: Set<String> = ["Reshape", "Flatten", "Squeeze", "Unsqueeze"]

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard view.standardOperator(index) == "Reshape",
            let maker = view.maker(of: view.nodes[index].input(0), among: Self.shaping)
        else { return nil }
        return [maker, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        let (first, second) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        guard view.opset >= 5 else { return "before operator set 5 shapes are attributes" }
        guard let shape = view.constant(second.input(1))?.integers else { return "the new shape is not constant" }
        guard !shape.contains(0) else { return "the new shape copies a size" }
        guard !first.input(0).isEmpty, view.types[first.input(0)]?.tensor != nil else {
            return "what is reshaped is not known"
        }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) -> Rewriting {
        let first = view.nodes[nodes[0]]
        var second = view.nodes[nodes[1]]
        second.inputs[0] = first.input(0)
        return Rewriting([second], others: [nodes[0]: [first]])
    }
}
