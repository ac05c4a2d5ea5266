/// Many changes of a main graph that are made at once: a rewriter looks at the whole graph, then changes it in one sweep.
package struct GraphEdits: Sendable {
    /// What stands in the place of a node from then on, by its index; no nodes: it goes.
    package var replacements: [Int: [Node]] = [:]
    /// Values, by what is read instead of them from then on. Chains are followed.
    package var rewires: [String: String] = [:]

    package init() {}

    package var isEmpty: Bool { replacements.isEmpty && rewires.isEmpty }
}

extension GraphEditor {
    /// Makes many changes at once, and changes nothing when it throws. Linear in nodes and names, however many there are.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when afterwards a value would be read that is not made before, one made
    ///   twice, or an output of the graph not made at all.
    package mutating func apply(_ edits: GraphEdits) throws(GraphError) {
        let targets = edits.resolvedRewires()
        var nodes: [Node] = []
        nodes.reserveCapacity(model.graph.nodes.count)
        for (index, old) in model.graph.nodes.enumerated() {
            for var node in edits.replacements[index] ?? [old] {
                if !targets.isEmpty { node.replaceReads(targets) }
                nodes.append(node)
            }
        }
        try requireOrder(nodes)
        let before = model.graph.nodes.flatMap(\.madeNames)
        model.graph.nodes = nodes
        prepended = 0
        for index in edits.replacements.keys { for node in edits.replacements[index] ?? [] { noteNames(of: node) } }
        forget(before)
    }

    /// Checks that nodes can run in this order.
    private func requireOrder(_ nodes: [Node]) throws(GraphError) {
        var visible = sources
        for node in nodes {
            for name in node.freeNames where !visible.contains(name) { throw Self.unmade(name) }
            for name in node.madeNames {
                guard visible.insert(name).inserted else { throw Self.exists(name) }
            }
        }
        for output in model.graph.outputs where !visible.contains(output.name) { throw Self.unmade(output.name) }
    }
}

extension GraphEdits {
    /// Each value with the last of its chain; a chain that runs in a circle ends anywhere on it.
    fileprivate func resolvedRewires() -> [String: String] {
        var resolved: [String: String] = [:]
        for (value, first) in rewires {
            var target = first
            var seen: Set<String> = [value]
            while let next = resolved[target] ?? rewires[target], seen.insert(target).inserted { target = next }
            resolved[value] = target
        }
        return resolved
    }
}

extension Node {
    /// Reads other values instead of some, also in subgraphs that do not have values of those names of their own.
    fileprivate mutating func replaceReads(_ targets: [String: String]) {
        for index in inputs.indices { if let target = targets[inputs[index]] { inputs[index] = target } }
        for index in attributes.indices {
            switch attributes[index].value {
            case .graph(var graph):
                graph.replaceReads(targets)
                attributes[index].value = .graph(graph)
            case .graphs(var graphs):
                for position in graphs.indices { graphs[position].replaceReads(targets) }
                attributes[index].value = .graphs(graphs)
            default: break
            }
        }
    }
}

extension Graph {
    /// As for nodes. A subgraph whose output is a value from outside keeps it by an `Identity`: outputs are names of its
    /// own.
    fileprivate mutating func replaceReads(_ targets: [String: String]) {
        let own = constantNames.union(inputs.map(\.name)).union(nodes.flatMap(\.outputs))
        let foreign = targets.filter { !own.contains($0.key) }
        guard !foreign.isEmpty else { return }
        for index in nodes.indices { nodes[index].replaceReads(foreign) }
        for output in outputs {
            if let target = foreign[output.name] { nodes.append(Node("Identity", [target], [output.name])) }
        }
    }
}
