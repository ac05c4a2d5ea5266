package import ModelGraph

/// Keeps one of several constants with the same elements.
package struct SharedWeights: GraphPass {
    package let name = "shared-weights"
    package let purpose = "weights with the same elements, kept once"
    package let tolerance = Tolerance.exact

    package init() {}

    private struct Key: Hashable {
        var elementCode: Int32
        var dimensions: [Int64]
        var elements: TensorValue.Elements
    }

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        let view = GraphView(editor.model)
        // Statistics that a node in training writes into must not be another's, too.
        guard !view.nodes.contains(where: { $0.int("training_mode") == 1 }) else {
            return PassOutcome(refusals: [Refusal("the model", "it is in training: engines write into some constants")])
        }
        var first: [Key: String] = [:]
        var edits = GraphEdits()
        for tensor in view.model.graph.initializers {
            guard view.constant(tensor.name) != nil, !view.isOutput(tensor.name) else { continue }
            let key = Key(
                elementCode: tensor.elementCode, dimensions: tensor.dimensions, elements: tensor.elements)
            if let kept = first[key] {
                edits.rewires[tensor.name] = kept
            } else {
                first[key] = tensor.name
            }
        }
        guard !edits.rewires.isEmpty else { return PassOutcome() }
        try editor.apply(edits)
        for name in edits.rewires.keys.sorted() where editor.model.graph.constantNames.contains(name) {
            // One that is an input too is a declaration of an old file; it goes with its constant.
            try? editor.removeConstant(name)
        }
        return PassOutcome(changed: edits.rewires.count)
    }
}
