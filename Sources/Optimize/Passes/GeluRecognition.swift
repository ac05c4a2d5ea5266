package import ModelGraph
import Tensors

/// A Gaussian error linear unit that was exported by its formula is one operator again.
package struct GeluRecognition: RewriteRule {
    package let algebra = "x · ½ · (1 + erf(x / √2)) = Gelu(x), the factors in any order"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? { find(index, view)?.nodes }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        guard view.opset >= 20 else { return "Gelu exists since operator set 20" }
        return view.isClosed(nodes) ? nil : "others read a value in between"
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let index = nodes[nodes.count - 1]
        guard let found = find(index, view) else { throw RuleFault("it is none") }
        return Rewriting([Node("Gelu", [found.input], view.nodes[index].outputs, name: view.nodes[index].name)])
    }

    private func find(_ index: Int, _ view: GraphView) -> (nodes: [Int], input: String)? {
        guard view.standardOperator(index) == "Mul", let (factors, inner) = factors(index, view), factors.count == 3,
            let half = factors.first(where: { view.isNumber($0, 0.5) })
        else { return nil }
        let rest = factors.filter { $0 != half }
        guard rest.count == 2 else { return nil }
        for (input, gate) in [(rest[0], rest[1]), (rest[1], rest[0])] {
            guard let nodes = self.gate(gate, of: input, view) else { continue }
            return (nodes + inner + [index], input)
        }
        return nil
    }

    /// The three factors of two products in a row, and the first of the two nodes.
    private func factors(_ index: Int, _ view: GraphView) -> ([String], [Int])? {
        let inputs = view.nodes[index].inputs
        guard inputs.count == 2 else { return nil }
        for (outer, inner) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
            if let product = view.maker(of: inner, among: ["Mul"]) {
                return ([outer] + view.nodes[product].inputs, [product])
            }
        }
        return nil
    }

    /// The nodes that make `1 + erf(input / √2)`.
    private func gate(_ value: String, of input: String, _ view: GraphView) -> [Int]? {
        guard let sum = view.maker(of: value, among: ["Add"]),
            let (_, error) = view.split(sum, { view.isNumber($0, 1) }),
            let function = view.maker(of: error, among: ["Erf"]),
            let scaled = view.maker(of: view.nodes[function].input(0), among: ["Div", "Mul"])
        else { return nil }
        let node = view.nodes[scaled]
        let isRight: Bool
        if node.operatorType == "Div" {
            isRight = node.input(0) == input && view.isNumber(node.input(1), 2.0.squareRoot())
        } else {
            isRight = view.split(scaled) { view.isNumber($0, 0.5.squareRoot()) }?.other == input
        }
        return isRight ? [scaled, function, sum] : nil
    }
}
