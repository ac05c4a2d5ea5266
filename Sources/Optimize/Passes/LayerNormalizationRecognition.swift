package import ModelGraph
import Tensors

/// A layer normalisation that was exported as means, differences and roots is one operator again.
package struct LayerNormalizationRecognition: RewriteRule {
    package let algebra =
        "γ·(x − E[x]) / √(E[(x − E[x])²] + ε) + β = LayerNormalization(x; γ, β, ε), over the last axis"

    package init() {}

    /// The parts of one, found from its last node backwards.
    private struct Parts {
        var nodes: [Int]
        var input: String
        var scale: String
        var shift: String
        var epsilon: Double
    }

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? { parts(index, view)?.nodes }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        guard view.opset >= 17 else { return "LayerNormalization exists since operator set 17" }
        guard view.isClosed(nodes) else { return "others read a value in between" }
        guard let parts = parts(nodes[nodes.count - 1], view), let last = view.dimensions(parts.input)?.last?.size
        else {
            return "the size of the last axis is not known"
        }
        guard [parts.scale, parts.shift].allSatisfy({ view.constant($0)?.dimensions == [Int64(last)] }) else {
            return "scale and shift are not one number for each place of the last axis"
        }
        return nil
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let index = nodes[nodes.count - 1]
        guard let parts = parts(index, view) else { throw RuleFault("it is none") }
        return Rewriting([
            Node(
                "LayerNormalization", [parts.input, parts.scale, parts.shift], view.nodes[index].outputs,
                name: view.nodes[index].name,
                attributes: [Attribute("axis", .int(-1)), Attribute("epsilon", .float(Float(parts.epsilon)))])
        ])
    }

    private func parts(_ index: Int, _ view: GraphView) -> Parts? {
        guard view.standardOperator(index) == "Add",
            let (shift, scaled) = view.split(index, { view.constant($0) != nil }),
            let product = view.maker(of: scaled, among: ["Mul"]),
            let (scale, quotient) = view.split(product, { view.constant($0) != nil }),
            let division = view.maker(of: quotient, among: ["Div"]),
            let root = view.maker(of: view.nodes[division].input(1), among: ["Sqrt"]),
            let sum = view.maker(of: view.nodes[root].input(0), among: ["Add"]),
            let (offset, variance) = view.split(sum, { view.number($0) != nil }), let epsilon = view.number(offset),
            let mean = view.maker(of: variance, among: ["ReduceMean"]), view.reducesLastAxis(mean),
            let square = view.maker(of: view.nodes[mean].input(0), among: ["Pow", "Mul"]),
            let centre = view.maker(of: view.nodes[division].input(0), among: ["Sub"]),
            isSquare(square, of: view.nodes[centre].output(0), view),
            let average = view.maker(of: view.nodes[centre].input(1), among: ["ReduceMean"]),
            view.reducesLastAxis(average), view.nodes[average].input(0) == view.nodes[centre].input(0)
        else { return nil }
        return Parts(
            nodes: [average, centre, square, mean, sum, root, division, product, index],
            input: view.nodes[centre].input(0), scale: scale, shift: shift, epsilon: epsilon)
    }

    private func isSquare(_ index: Int, of value: String, _ view: GraphView) -> Bool {
        let node = view.nodes[index]
        guard node.input(0) == value else { return false }
        return node.operatorType == "Mul" ? node.input(1) == value : view.number(node.input(1)) == 2
    }
}
