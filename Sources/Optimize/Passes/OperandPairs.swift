package import ModelGraph
import Tensors

/// `Sum` and `Mean` of several become additions of two, which engines fuse and quantise; they add in this order, too.
package struct OperandPairs: RewriteRule {
    package let algebra = "Sum(a, b, c) = (a + b) + c; Mean(a, b) = (a + b) · ½, Mean(a, b, c) = ((a + b) + c) · ⅓"

    /// Operands that are taken apart; more nodes than that would cost more than they gain.
    private static let mostOperands = 4

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        let count = view.nodes[index].inputs.count
        switch view.standardOperator(index) {
        case "Sum": return (3...Self.mostOperands).contains(count) ? [index] : nil
        case "Mean": return (2...Self.mostOperands).contains(count) ? [index] : nil
        default: return nil
        }
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        guard view.opset >= 8 else { return "before operator set 8 operands of other sizes are not stretched" }
        return view.elementType(view.nodes[nodes[0]].output(0)) == nil ? "the type of its elements is not known" : nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let node = view.nodes[nodes[0]]
        let isMean = node.operatorType == "Mean"
        var made: [Node] = []
        var sum = node.input(0)
        for position in 1..<node.inputs.count {
            let isLast = position == node.inputs.count - 1 && !isMean
            let output = isLast ? node.output(0) : editor.freshName("\(node.output(0))_sum")
            made.append(Node("Add", [sum, node.input(position)], [output], name: position == 1 ? node.name : ""))
            sum = output
        }
        guard isMean, let type = view.elementType(node.output(0)) else { return Rewriting(made) }
        let factor = try WeightMath.made([1 / Double(node.inputs.count)], type, Shape([]))
        let constant = editor.addConstant("\(node.output(0))_share", factor)
        made.append(Node("Mul", [sum, constant], node.outputs))
        return Rewriting(made)
    }
}

/// Greatest and least of greatest and least become one node with all operands.
package struct NestedExtremes: RewriteRule {
    package let algebra = "Max(Max(a, b), c) = Max(a, b, c), likewise Min; the inner one first, so that NaN stays NaN"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard let type = view.standardOperator(index), type == "Max" || type == "Min",
            let inner = view.maker(of: view.nodes[index].input(0), among: [type])
        else { return nil }
        return [inner, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        guard view.opset >= 8 else { return "before operator set 8 operands of other sizes are not stretched" }
        return view.onlyReader(of: view.nodes[nodes[0]].output(0)) == nodes[1] ? nil : "others read the inner one, too"
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) -> Rewriting {
        var node = view.nodes[nodes[1]]
        node.inputs.replaceSubrange(0..<1, with: view.nodes[nodes[0]].inputs)
        return Rewriting([node])
    }
}
