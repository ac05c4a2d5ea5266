package import ModelGraph

/// Computes once what several nodes compute alike: the same operator with the same attributes on the same values.
package struct CommonSubexpressions: GraphPass {
    package let name = "common-subexpressions"
    package let purpose = "what several nodes compute alike, computed once"
    package let tolerance = Tolerance.exact

    package init() {}

    /// Two of these are not the same.
    private static let random: Set<String> = [
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout",
    ]

    private struct Key: Hashable {
        var operatorType: String
        var domain: String
        var inputs: [String]
        var wanted: [Bool]
        var attributes: [Attribute]
    }

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        var changed = 0
        while case let count = try sweep(&editor), count > 0 { changed += count }
        return PassOutcome(changed: changed)
    }

    /// What reads merged values may be merged in turn: inputs are compared by what they became.
    private func sweep(_ editor: inout GraphEditor) throws -> Int {
        let view = GraphView(editor.model)
        var first: [Key: Int] = [:]
        var edits = GraphEdits()
        for (index, node) in view.nodes.enumerated() {
            guard isComparable(index, view) else { continue }
            let key = Key(
                operatorType: node.operatorType, domain: node.domain == "ai.onnx" ? "" : node.domain,
                inputs: node.inputs.map { edits.rewires[$0] ?? $0 }, wanted: node.outputs.map { !$0.isEmpty },
                attributes: node.attributes.sorted { $0.name < $1.name })
            guard let earlier = first[key] else {
                first[key] = index
                continue
            }
            guard node.outputs.allSatisfy({ !view.isOutput($0) }) else { continue }
            for (kept, gone) in zip(view.nodes[earlier].outputs, node.outputs) where !gone.isEmpty {
                edits.rewires[gone] = kept
            }
            edits.replacements[index] = []
        }
        try editor.apply(edits)
        return edits.replacements.count
    }

    private func isComparable(_ index: Int, _ view: GraphView) -> Bool {
        let node = view.nodes[index]
        let isKnown = view.standardOperator(index) != nil || node.domain == "ai.onnx.ml" && !view.isFunction(node)
        return isKnown && node.subgraphs.isEmpty && !Self.random.contains(node.operatorType) && !node.outputs.isEmpty
    }
}
