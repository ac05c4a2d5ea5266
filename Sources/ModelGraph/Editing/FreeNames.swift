/// Names that come from outside.
extension Node {
    /// What this node needs to be made before it: its inputs, and what its subgraphs read of the graphs around them.
    package var freeNames: Set<String> {
        var names = Set(inputs)
        for graph in subgraphs { names.formUnion(graph.freeNames) }
        names.remove("")
        return names
    }

    /// Values it makes.
    var madeNames: [String] { outputs.filter { !$0.isEmpty } }
}

extension Graph {
    /// What the graph reads but does not make itself.
    package var freeNames: Set<String> {
        var own = constantNames.union(inputs.map(\.name))
        var free: Set<String> = []
        for node in nodes {
            free.formUnion(node.freeNames.subtracting(own))
            own.formUnion(node.outputs)
        }
        free.formUnion(Set(outputs.map(\.name)).subtracting(own))
        free.remove("")
        return free
    }
}
