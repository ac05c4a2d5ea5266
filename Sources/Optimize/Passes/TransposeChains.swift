package import ModelGraph

/// Two transpositions in a row are one; one after another that undoes it is none.
package struct TransposeChains: RewriteRule {
    package let algebra = "Transpose[q](Transpose[p](x)) = Transpose[p∘q](x)"

    package init() {}

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard view.standardOperator(index) == "Transpose",
            let maker = view.maker(of: view.nodes[index].input(0), among: ["Transpose"])
        else { return nil }
        return [maker, index]
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let (first, second) = (view.nodes[nodes[0]], view.nodes[nodes[1]])
        let composed = try Permutation.composed(first, second)
        let node = Node(
            "Transpose", [first.input(0)], second.outputs, name: second.name,
            attributes: [Attribute("perm", .ints(composed.map(Int64.init)))])
        // Where others read the first as well it stays, and dead code takes it away otherwise.
        return Rewriting([node], others: [nodes[0]: [first]])
    }
}

/// A transposition behind an operator that looks at each element by itself meets the one before it.
package struct TransposeSinking: RewriteRule {
    package let algebra = "Transpose[q](f(Transpose[p](x))) = Transpose[p∘q](f(x)), for f of single elements"

    package init() {}

    /// One input, the same for every element whatever its place.
    private static let unary: Set<String> = [
        "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cast", "Ceil", "Cos", "Cosh", "Elu", "Erf", "Exp",
        "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Log", "Mish", "Neg", "Not", "Reciprocal", "Relu",
        "Round", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Tan", "Tanh",
        "ThresholdedRelu",
    ]

    package func pattern(_ index: Int, _ view: GraphView) -> [Int]? {
        guard view.standardOperator(index) == "Transpose",
            let middle = view.maker(of: view.nodes[index].input(0), among: Self.unary),
            let first = view.maker(of: view.nodes[middle].input(0), among: ["Transpose"])
        else { return nil }
        return [first, middle, index]
    }

    package func check(_ nodes: [Int], _ view: GraphView) -> String? {
        view.onlyReader(of: view.nodes[nodes[1]].output(0)) == nodes[2] ? nil : "others read what is between, too"
    }

    package func replacement(
        _ nodes: [Int], _ view: GraphView, adding editor: inout GraphEditor
    ) throws -> Rewriting {
        let (first, second) = (view.nodes[nodes[0]], view.nodes[nodes[2]])
        var middle = view.nodes[nodes[1]]
        let composed = try Permutation.composed(first, second)
        let between = editor.freshName("\(middle.output(0))_before")
        middle.inputs = [first.input(0)]
        middle.outputs = [between]
        let node = Node(
            "Transpose", [between], second.outputs, name: second.name,
            attributes: [Attribute("perm", .ints(composed.map(Int64.init)))])
        return Rewriting([middle, node], others: [nodes[0]: [first]])
    }
}

/// Orders of axes.
enum Permutation {
    /// What the second does after the first. Source: ONNX, `Transpose`; without `perm` the axes are reversed.
    ///
    /// - Throws: `RuleFault` when one is not written down, or is none.
    static func composed(_ first: Node, _ second: Node) throws -> [Int] {
        guard let inner = first.ints("perm"), let outer = second.ints("perm") else {
            throw RuleFault("the order of the axes is not written down")
        }
        guard inner.sorted() == Array(inner.indices), outer.sorted() == Array(inner.indices) else {
            throw RuleFault("the axes have no such order")
        }
        return outer.map { inner[$0] }
    }
}
