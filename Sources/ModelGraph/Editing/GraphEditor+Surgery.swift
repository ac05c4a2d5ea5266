/// Surgery on the main graph. Each operation checks first and changes nothing when it throws: afterwards every name
/// that is read is made, made once, and made before it is read.
extension GraphEditor {
    /// Puts a node at a position; those from there on move back.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when it reads what is not made before, or makes what exists.
    package mutating func insert(_ node: Node, at index: Int) throws(GraphError) {
        try replaceNodes(index..<index, with: [node])
    }

    /// Puts other nodes in the place of some, in the order given.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when a new node reads what is not made before, one makes what exists, or
    ///   nothing makes what later nodes or the graph's outputs need.
    package mutating func replaceNodes(_ range: Range<Int>, with nodes: [Node]) throws(GraphError) {
        guard range.lowerBound >= 0, range.upperBound <= model.graph.nodes.count else {
            throw GraphError(.invalidEdit, "there are \(model.graph.nodes.count) nodes, none at \(range)")
        }
        let before = model.graph.nodes[..<range.lowerBound]
        let after = model.graph.nodes[range.upperBound...]
        var visible = sources.union(before.flatMap(\.madeNames))
        var taken = sources.union(before.flatMap(\.madeNames)).union(after.flatMap(\.madeNames))
        for node in nodes {
            try requireVisible(node, in: visible)
            for name in node.madeNames {
                guard taken.insert(name).inserted else { throw Self.exists(name) }
                visible.insert(name)
            }
        }
        for name in Set(model.graph.nodes[range].flatMap(\.madeNames)).subtracting(visible) {
            guard !isNeeded(name, by: after) else {
                throw GraphError(
                    .invalidEdit, "is still read; expected the new nodes to make it", at: Place(.value(name)))
            }
        }
        let replaced = model.graph.nodes[range].flatMap(\.madeNames)
        model.graph.nodes.replaceSubrange(range, with: nodes)
        prepended += range.lowerBound < prepended ? nodes.count - range.clamped(to: 0..<prepended).count : 0
        for node in nodes { noteNames(of: node) }
        forget(replaced)
    }

    /// Removes the node at `index`. What it made is read from elsewhere from then on: `rewiring` has for each of its
    /// outputs that is still read the value to read instead. A graph output keeps its name.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when an output that is read has no replacement, or one that is not made
    ///   before.
    package mutating func removeNode(at index: Int, rewiring: [String: String] = [:]) throws(GraphError) {
        guard model.graph.nodes.indices.contains(index) else {
            throw GraphError(.invalidEdit, "there are \(model.graph.nodes.count) nodes, none at \(index)")
        }
        let node = model.graph.nodes[index]
        let visible = sources.union(model.graph.nodes[..<index].flatMap(\.madeNames))
        let rest = model.graph.nodes[(index + 1)...]
        var identities: [Node] = []
        for output in node.madeNames {
            if let replacement = rewiring[output] {
                guard visible.contains(replacement) else { throw Self.unmade(replacement) }
                if model.graph.outputs.contains(where: { $0.name == output }) {
                    identities.append(Node("Identity", [replacement], [output], name: node.name))
                }
            } else if isNeeded(output, by: rest) {
                throw GraphError(
                    .invalidEdit, "is still read; expected what to read instead", at: Place(.value(output)))
            }
        }
        if !identities.isEmpty { _ = ensureOpset() }
        model.graph.nodes.replaceSubrange(index...index, with: identities)
        prepended += index < prepended ? identities.count - 1 : 0
        for output in node.madeNames {
            guard let replacement = rewiring[output] else { continue }
            replaceReads(of: output, with: replacement, from: index + identities.count)
        }
        forget(node.madeNames)
    }

    /// Puts a node between a value and all that read it: `make` gets the value's name and a new one, and gives a node
    /// that reads the first and makes the second. Where the value is a graph output, its maker gets the new name and the
    /// node keeps the old.
    ///
    /// - Returns: the name under which the node's result is read.
    /// - Throws: `GraphError.Code.invalidEdit` when nothing makes the value, or the node does not fit.
    @discardableResult
    package mutating func insertBetween(
        _ value: String, _ make: (_ input: String, _ output: String) -> Node
    ) throws(GraphError) -> String {
        let maker = model.graph.nodes.firstIndex { $0.outputs.contains(value) }
        guard maker != nil || sources.contains(value) else { throw Self.unmade(value) }
        var copy = self
        let fresh = copy.freshName("\(value)_next")
        let isOutput = model.graph.outputs.contains { $0.name == value }
        let place = maker.map { $0 + 1 } ?? 0
        if isOutput, let maker {
            for index in copy.model.graph.nodes[maker].outputs.indices
            where copy.model.graph.nodes[maker].outputs[index] == value {
                copy.model.graph.nodes[maker].outputs[index] = fresh
            }
            let node = make(fresh, value)
            guard node.madeNames.contains(value) else { throw Self.unmade(value) }
            try copy.insert(node, at: place)
            self = copy
            return value
        }
        let node = make(value, fresh)
        guard node.madeNames.contains(fresh) else { throw Self.unmade(fresh) }
        copy.replaceReads(of: value, with: fresh, from: place)
        try copy.insert(node, at: place)
        self = copy
        return fresh
    }

    /// Gives a value another name wherever it occurs: where it is made, read (also in subgraphs), declared, and as an
    /// input or output of the model.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when there is no such value, or the new name is taken or empty.
    package mutating func renameValue(_ old: String, to new: String) throws(GraphError) {
        guard sources.contains(old) || model.graph.nodes.contains(where: { $0.outputs.contains(old) }) else {
            throw Self.unmade(old)
        }
        guard !new.isEmpty, names.insert(new).inserted else { throw Self.exists(new) }
        replaceReads(of: old, with: new)
        model.graph.renameDeclarations(of: old, to: new)
        for index in model.graph.nodes.indices {
            for output in model.graph.nodes[index].outputs.indices
            where model.graph.nodes[index].outputs[output] == old {
                model.graph.nodes[index].outputs[output] = new
            }
        }
        names.remove(old)
    }

    /// Removes nodes of which nothing is read, constants that nothing reads, and their declarations. Inputs stay; an
    /// input that was only a constant's declaration goes with it.
    ///
    /// - Returns: how many nodes and constants went.
    @discardableResult
    package mutating func removeUnused() -> Int {
        var needed = Set(model.graph.outputs.map(\.name))
        var kept: [Node] = []
        for node in model.graph.nodes.reversed() {
            guard node.madeNames.contains(where: needed.contains) || node.madeNames.isEmpty else { continue }
            needed.formUnion(node.freeNames)
            kept.append(node)
        }
        let removedNodes = model.graph.nodes.count - kept.count
        let existing = sources.union(model.graph.nodes.flatMap(\.madeNames))
        let required = Set(model.graph.requiredInputs.map(\.name))
        let before = model.graph.initializers.count + model.graph.sparseInitializers.count
        model.graph.nodes = kept.reversed()
        model.graph.initializers.removeAll { !needed.contains($0.name) }
        model.graph.sparseInitializers.removeAll { !needed.contains($0.name) }
        let constants = model.graph.constantNames
        model.graph.inputs.removeAll { !required.contains($0.name) && !constants.contains($0.name) }
        prepended = min(prepended, model.graph.nodes.count)
        forget(existing)
        return removedNodes + before - model.graph.initializers.count - model.graph.sparseInitializers.count
    }
}

extension GraphEditor {
    /// Values that are there before any node runs.
    var sources: Set<String> { model.graph.constantNames.union(model.graph.inputs.map(\.name)) }

    private func isNeeded(_ name: String, by nodes: ArraySlice<Node>) -> Bool {
        model.graph.outputs.contains { $0.name == name } || nodes.contains { $0.freeNames.contains(name) }
    }

    private func requireVisible(_ node: Node, in visible: Set<String>) throws(GraphError) {
        for name in node.freeNames.sorted() where !visible.contains(name) { throw Self.unmade(name) }
    }

    /// Drops declarations of values that were made and are no longer.
    mutating func forget(_ names: some Sequence<String>) {
        let gone = Set(names).subtracting(sources).subtracting(model.graph.nodes.flatMap(\.madeNames))
        guard !gone.isEmpty else { return }
        model.graph.valueInfo.removeAll { gone.contains($0.name) }
        model.graph.quantizationAnnotations.removeAll { annotation in
            gone.contains(annotation.tensorName) || annotation.parameterTensors.contains { gone.contains($0.value) }
        }
        self.names.subtract(gone)
    }

    static func unmade(_ name: String) -> GraphError {
        GraphError(.invalidEdit, "is not made before it is read", at: Place(.value(name)))
    }

    static func exists(_ name: String) -> GraphError {
        GraphError(
            .invalidEdit, name.isEmpty ? "has no name; expected one" : "exists already; expected a new name",
            at: Place(.value(name)))
    }
}

extension Graph {
    /// Renames inputs, outputs, constants and declarations.
    fileprivate mutating func renameDeclarations(of old: String, to new: String) {
        for index in inputs.indices where inputs[index].name == old { inputs[index].name = new }
        for index in outputs.indices where outputs[index].name == old { outputs[index].name = new }
        for index in valueInfo.indices where valueInfo[index].name == old { valueInfo[index].name = new }
        for index in initializers.indices where initializers[index].name == old { initializers[index].name = new }
        for index in sparseInitializers.indices where sparseInitializers[index].name == old {
            sparseInitializers[index].values?.name = new
        }
        for index in quantizationAnnotations.indices {
            if quantizationAnnotations[index].tensorName == old { quantizationAnnotations[index].tensorName = new }
            for entry in quantizationAnnotations[index].parameterTensors.indices
            where quantizationAnnotations[index].parameterTensors[entry].value == old {
                quantizationAnnotations[index].parameterTensors[entry].value = new
            }
        }
    }
}
