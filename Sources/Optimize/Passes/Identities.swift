package import ModelGraph
import Tensors

/// Nodes that hand on what they get: `y = x`.
package struct Identities: RewriteRule {
    package let algebra = "f(x) = x"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        let node = view.nodes[index]
        guard let type = view.standardOperator(index), node.subgraphs.isEmpty, !node.input(0).isEmpty,
            !node.output(0).isEmpty, Self.isIdentity(type, node, view)
        else { return nil }
        guard view.isOutput(node.output(0)) else { return [index] }
        // An output of the model keeps its name: who makes `x` makes it under that name from then on.
        guard let maker = view.maker(of: node.input(0)), !view.isOutput(node.input(0)) else { return nil }
        return [maker, index]
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) -> Rewriting {
        let node = view.nodes[nodes[nodes.count - 1]]
        let (input, output) = (node.input(0), node.output(0))
        guard nodes.count > 1 else { return Rewriting(rewires: [output: input]) }
        var maker = view.nodes[nodes[0]]
        for index in maker.outputs.indices where maker.outputs[index] == input { maker.outputs[index] = output }
        return Rewriting(rewires: [input: output], others: [nodes[0]: [maker]])
    }

    // MARK: - Which nodes these are

    private static func isIdentity(_ type: String, _ node: Node, _ view: GraphView) -> Bool {
        switch type {
        case "Identity": node.inputs.count == 1 && view.types[node.input(0)]?.tensor != nil
        case "Dropout": isDropoutAtRest(node, view)
        case "Cast": isSameType(node, view)
        case "Sum", "Max", "Min", "Mean": node.inputs.count == 1
        case "Concat": node.inputs.count == 1
        case "Transpose": node.ints("perm").map { $0 == Array($0.indices) } ?? false
        case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile": isSameShape(node, view)
        case "Pad": isPadOfNothing(node, view)
        default: false
        }
    }

    /// Without a mask that is read, outside of training. Source: ONNX, `Dropout` (versions 1, 6, 7, 10, 12, 13, 22).
    private static func isDropoutAtRest(_ node: Node, _ view: GraphView) -> Bool {
        let mask = node.output(1)
        guard mask.isEmpty || view.readers(of: mask).isEmpty && !view.isOutput(mask) else { return false }
        if view.opset < 7 { return node.int("is_test") == 1 }
        guard view.opset >= 12, !node.input(2).isEmpty else { return true }
        return view.constant(node.input(2)).flatMap { try? $0.tensor().values(as: UInt8.self) } == [0]
    }

    private static func isSameType(_ node: Node, _ view: GraphView) -> Bool {
        guard let target = node.int("to"), let type = view.elementType(node.input(0)) else { return false }
        return Int64(type.onnxCode) == target
    }

    /// Both shapes are known, as numbers, and equal: a name could stand for a size that only looks the same.
    private static func isSameShape(_ node: Node, _ view: GraphView) -> Bool {
        guard let before = view.fixedSizes(node.input(0)), let after = view.fixedSizes(node.output(0)) else {
            return false
        }
        return before == after
    }

    private static func isPadOfNothing(_ node: Node, _ view: GraphView) -> Bool {
        let pads = node.ints("pads") ?? (node.input(1).isEmpty ? nil : view.constant(node.input(1))?.integers)
        return pads.map { $0.allSatisfy { $0 == 0 } } ?? false
    }
}
