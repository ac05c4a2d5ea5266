package import Tensors

/// Constants: added, replaced, removed.
extension GraphEditor {
    /// Makes `name` a constant with these elements: an initializer that is there gets them, an input that the caller
    /// had to supply becomes a constant, and of a node that made only this value the constant takes the place.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when a node makes it among other values, or nothing of that name exists.
    package mutating func setConstant(_ name: String, _ tensor: Tensor) throws(GraphError) {
        let value = TensorValue(name, tensor)
        if let index = model.graph.initializers.firstIndex(where: { $0.name == name }) {
            model.graph.initializers[index] = value
        } else if let index = model.graph.sparseInitializers.firstIndex(where: { $0.name == name }) {
            model.graph.sparseInitializers.remove(at: index)
            model.graph.initializers.append(value)
        } else if model.graph.inputs.contains(where: { $0.name == name }) {
            model.graph.initializers.append(value)
        } else if let index = model.graph.nodes.firstIndex(where: { $0.outputs.contains(name) }) {
            guard model.graph.nodes[index].madeNames.count == 1 else {
                throw GraphError(
                    .invalidEdit, "is made by a node that makes other values too", at: Place(.value(name)))
            }
            model.graph.nodes.remove(at: index)
            prepended -= index < prepended ? 1 : 0
            model.graph.initializers.append(value)
        } else {
            throw Self.unmade(name)
        }
        declareConstant(name, tensor)
    }

    /// Removes a constant that nothing reads, and its declaration.
    ///
    /// - Throws: `GraphError.Code.invalidEdit` when it is read, or there is none of that name.
    package mutating func removeConstant(_ name: String) throws(GraphError) {
        guard model.graph.constantNames.contains(name) else { throw Self.unmade(name) }
        let isRead =
            model.graph.outputs.contains { $0.name == name }
            || model.graph.nodes.contains { $0.freeNames.contains(name) }
        guard !isRead else { throw GraphError(.invalidEdit, "is still read", at: Place(.initializer(name))) }
        model.graph.initializers.removeAll { $0.name == name }
        model.graph.sparseInitializers.removeAll { $0.name == name }
        model.graph.inputs.removeAll { $0.name == name }
        model.graph.valueInfo.removeAll { $0.name == name }
        names.remove(name)
    }

    /// Before IR version 4 a constant is declared as an input; since then an input of its name would be a default.
    private mutating func declareConstant(_ name: String, _ tensor: Tensor) {
        model.graph.valueInfo.removeAll { $0.name == name }
        let declared = ValueInfo(name, tensor.elementType, tensor.shape.dimensions.map { .fixed($0) })
        let index = model.graph.inputs.firstIndex { $0.name == name }
        switch (model.irVersion < 4, index) {
        case (true, let index?): model.graph.inputs[index].type = declared.type
        case (true, nil): model.graph.inputs.append(declared)
        case (false, let index?): model.graph.inputs.remove(at: index)
        case (false, nil): break
        }
    }
}
