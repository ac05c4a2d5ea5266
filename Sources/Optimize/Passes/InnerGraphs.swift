package import ModelGraph

/// Takes passes into the bodies of `If`, `Loop` and `Scan`, one body at a time as if it were a model of its own: what it
/// reads from outside is an input there, or a constant. Only passes that move no bit: a body runs many times, and its
/// answers are seen only through the node around it.
package struct InnerGraphs: GraphPass {
    package let name = "inner-graphs"
    package let purpose = "the same inside of If, Loop and Scan"
    package let tolerance = Tolerance.exact
    private let passes: [any GraphPass]

    /// Bodies inside bodies.
    private static let deepest = 8
    /// Times that the passes are gone through.
    private static let mostRounds = 4

    /// - Parameter passes: what is done inside; each must leave answers as they are.
    package init(_ passes: [any GraphPass]) {
        self.passes = passes
    }

    package func requires(_ model: Model) -> String? {
        model.graph.nodes.contains { !$0.subgraphs.isEmpty } && model.irVersion < 4
            ? "before IR version 4 constants of a body would have to be its inputs" : nil
    }

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        try run(&editor, context, depth: 0)
    }

    private func run(_ editor: inout GraphEditor, _ context: PassContext, depth: Int) throws -> PassOutcome {
        var outcome = PassOutcome()
        guard depth < Self.deepest, editor.model.graph.nodes.contains(where: { !$0.subgraphs.isEmpty }) else {
            return outcome
        }
        let view = GraphView(editor.model)
        for (index, node) in view.nodes.enumerated() where !node.subgraphs.isEmpty && !view.isFunction(node) {
            var changed = node
            var count = 0
            for place in changed.attributes.indices {
                guard case .graph(let body) = changed.attributes[place].value else { continue }
                let inner = try improved(body, view, &editor, context, depth: depth, &outcome.refusals)
                guard inner.changed > 0 else { continue }
                changed.attributes[place].value = .graph(inner.body)
                count += inner.changed
            }
            guard count > 0 else { continue }
            editor.replaceNode(at: index, with: changed)
            outcome.changed += count
        }
        return outcome
    }

    // MARK: - One body

    private func improved(
        _ body: Graph, _ view: GraphView, _ outer: inout GraphEditor, _ context: PassContext, depth: Int,
        _ refusals: inout [Refusal]
    ) throws -> (body: Graph, changed: Int) {
        guard body.sparseInitializers.isEmpty else { return (body, 0) }
        let borrowed = Borrowed(body, view)
        var inner = GraphEditor(borrowed.model(body, view.model))
        var changed = 0
        for _ in 0..<Self.mostRounds {
            var round = 0
            for pass in passes { round += try pass.run(&inner, context).changed }
            round += try run(&inner, context, depth: depth + 1).changed
            changed += round
            if round == 0 { break }
        }
        guard changed > 0 else { return (body, 0) }
        return (try borrowed.returned(from: inner, body, &outer), changed)
    }
}

/// What a body reads from outside, lent to it for the time of the passes.
private struct Borrowed {
    private let constants: [TensorValue]
    private let inputs: [ValueInfo]

    init(_ body: Graph, _ view: GraphView) {
        let names = body.freeNames.sorted()
        constants = names.compactMap { view.constant($0) }
        inputs = names.filter { view.constant($0) == nil }.map { name in
            var info = ValueInfo()
            info.name = name
            info.type = view.types[name]
            return info
        }
    }

    func model(_ body: Graph, _ outer: Model) -> Model {
        var model = outer
        model.graph = body
        model.graph.inputs += inputs
        model.graph.initializers += constants
        model.trainingInfo = []
        return model
    }

    /// The body as it became, without what was lent. New names are made such that nothing around it has them.
    func returned(from inner: GraphEditor, _ before: Graph, _ outer: inout GraphEditor) throws -> Graph {
        var editor = inner
        let old = Set(before.nodes.flatMap(\.outputs)).union(before.constantNames)
            .union(before.inputs.map(\.name)).union(inputs.map(\.name)).union(constants.map(\.name))
        let made = editor.model.graph.nodes.flatMap(\.outputs) + editor.model.graph.initializers.map(\.name)
        for name in made where !name.isEmpty && !old.contains(name) {
            let fresh = outer.freshName(name)
            if fresh != name { try editor.renameValue(name, to: fresh) }
        }
        let lent = Set(inputs.map(\.name)).union(constants.map(\.name))
        var graph = editor.model.graph
        graph.inputs.removeAll { lent.contains($0.name) }
        graph.initializers.removeAll { lent.contains($0.name) }
        return graph
    }
}
