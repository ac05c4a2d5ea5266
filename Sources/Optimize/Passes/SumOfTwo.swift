package import ModelGraph

/// `Sum` of two is `Add`: the same sum, and the operator that engines fuse and quantise.
package struct SumOfTwo: RewriteRule {
    package let algebra = "Sum(a, b) = Add(a, b)"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        let node = view.nodes[index]
        return view.standardOperator(index) == "Sum" && node.inputs.count == 2 ? [index] : nil
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        view.opset >= 7 ? nil : "before operator set 7 Add needs to be told how sizes match"
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) -> Rewriting {
        let node = view.nodes[nodes[0]]
        return Rewriting([Node("Add", node.inputs, node.outputs, name: node.name)])
    }
}
