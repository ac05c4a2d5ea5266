/// Nodes that read a value before it is made: out of order, or in a circle.
extension Validator {
    /// Notes that the current node reads `name` too early; `false` when no graph around it makes it at all.
    mutating func noteEarlyRead(of name: String) -> Bool {
        for index in frames.indices.reversed() {
            if frames[index].producers == nil { frames[index].producers = Self.producers(frames[index].nodes) }
            guard frames[index].producers?[name] != nil else { continue }
            frames[index].early.append((frames[index].current, name, Place(path)))
            return true
        }
        return false
    }

    /// Reports the early reads of the innermost graph, those of a circle as one problem.
    mutating func reportEarlyReads() {
        guard let frame = frames.last, !frame.early.isEmpty, let producers = frame.producers else { return }
        let cycle = Self.cycle(in: frame.nodes, producers)
        if !cycle.isEmpty {
            let names = cycle.prefix(8).map { index in
                let node = frame.nodes[index]
                return Place.Step.node(name: node.name, operator: node.operatorType, index: index).description
            }
            let more = cycle.count > 8 ? " and \(cycle.count - 8) more" : ""
            report(.cycle, "nodes wait for each other: \(names.joined(separator: " → "))\(more)")
        }
        let circle = Set(cycle)
        for read in frame.early where !circle.contains(read.reader) {
            report(
                .notSorted,
                "reads \(read.name.quoted), which is made only later; expected nodes in an order in which they can run",
                at: read.place)
        }
    }

    private static func producers(_ nodes: [Node]) -> [String: Int] {
        var result: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { result[output] = index }
        }
        return result
    }

    /// The nodes of one circle, in the order they wait; empty when there is none.
    ///
    /// Kahn's algorithm removes what can run; from anything that is left, going back to a predecessor that is also
    /// left must come round.
    private static func cycle(in nodes: [Node], _ producers: [String: Int]) -> [Int] {
        let needs = nodes.map { node in Set(node.namesRead.compactMap { producers[$0] }) }
        var waiting = needs.map(\.count)
        var readers = [[Int]](repeating: [], count: nodes.count)
        for (index, set) in needs.enumerated() {
            for producer in set { readers[producer].append(index) }
        }
        var ready = waiting.indices.filter { waiting[$0] == 0 }
        while let index = ready.popLast() {
            for reader in readers[index] {
                waiting[reader] -= 1
                if waiting[reader] == 0 { ready.append(reader) }
            }
        }
        guard var current = waiting.firstIndex(where: { $0 > 0 }) else { return [] }
        var order: [Int] = []
        var position: [Int: Int] = [:]
        while position[current] == nil {
            position[current] = order.count
            order.append(current)
            guard let next = needs[current].filter({ waiting[$0] > 0 }).min() else { return [] }
            current = next
        }
        return Array(order[(position[current] ?? 0)...].reversed())
    }
}

extension Node {
    /// Every name this node or its subgraphs read, those of the subgraphs' own values included.
    var namesRead: [String] {
        var names = inputs
        for graph in subgraphs {
            for node in graph.nodes { names += node.namesRead }
            names += graph.outputs.map(\.name)
        }
        return names
    }
}
