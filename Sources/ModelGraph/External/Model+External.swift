extension Model {
    /// The model with the elements of its external tensors inside: views into `files`, which are not copied.
    ///
    /// - Parameter files: the whole contents of each file, by the location that the model names.
    /// - Throws: `GraphError.Code.externalData` for a file that is not given or ends before a tensor does.
    package func embeddingExternalData(_ files: [String: ByteView]) throws(GraphError) -> Model {
        try mappingTensors { (tensor) throws(GraphError) in
            guard let reference = try tensor.externalReference else { return }
            let range = try tensor.externalRange(reference)
            let place = Place(.initializer(tensor.name))
            guard let file = files[reference.location] else {
                throw GraphError(
                    .externalData, "its data is in \(reference.location.quoted), which is missing", at: place)
            }
            guard range.upperBound <= file.count,
                let view = ByteView(file.buffer, (file.offset + range.lowerBound)..<(file.offset + range.upperBound))
            else {
                throw GraphError(
                    .externalData,
                    "its data is bytes \(range) of \(reference.location.quoted), which has \(file.count)", at: place)
            }
            tensor.elements = .raw(view)
        }
    }

    /// The model with other names for the files that hold its weights: names of ours, which say nothing but what the
    /// file is. Offset and length are written out; a checksum is left out, since it was checked.
    ///
    /// - Parameter names: the new name for each location.
    /// - Throws: `GraphError.Code.externalData` for a location without a new name.
    package func renamingExternalFiles(_ names: [String: String]) throws(GraphError) -> Model {
        try mappingTensors { (tensor) throws(GraphError) in
            guard let reference = try tensor.externalReference else { return }
            let range = try tensor.externalRange(reference)
            guard let name = names[reference.location] else {
                throw GraphError(
                    .externalData, "its data is in \(reference.location.quoted), which is missing",
                    at: Place(.initializer(tensor.name)))
            }
            tensor.elements = .external([
                StringEntry("location", name), StringEntry("offset", String(range.lowerBound)),
                StringEntry("length", String(range.count)),
            ])
        }
    }

    /// The model with every tensor changed, the same ones that `forEachTensor` visits.
    private func mappingTensors(
        _ change: (inout TensorValue) throws(GraphError) -> Void
    ) throws(GraphError) -> Model {
        var model = self
        try model.graph.mapTensors(change)
        for index in model.trainingInfo.indices {
            try model.trainingInfo[index].initialization?.mapTensors(change)
            try model.trainingInfo[index].algorithm?.mapTensors(change)
        }
        for index in model.functions.indices {
            try model.functions[index].attributeDefaults.mapTensors(change)
            for node in model.functions[index].nodes.indices {
                try model.functions[index].nodes[node].attributes.mapTensors(change)
            }
        }
        return model
    }
}

/// As deep as messages may be nested, no deeper.
extension Graph {
    fileprivate mutating func mapTensors(_ change: (inout TensorValue) throws(GraphError) -> Void) throws(GraphError) {
        for index in initializers.indices { try change(&initializers[index]) }
        for index in sparseInitializers.indices { try sparseInitializers[index].mapTensors(change) }
        for index in nodes.indices { try nodes[index].attributes.mapTensors(change) }
    }
}

extension SparseTensorValue {
    fileprivate mutating func mapTensors(_ change: (inout TensorValue) throws(GraphError) -> Void) throws(GraphError) {
        if var tensor = values {
            try change(&tensor)
            values = tensor
        }
        if var tensor = indices {
            try change(&tensor)
            indices = tensor
        }
    }
}

extension [Attribute] {
    fileprivate mutating func mapTensors(_ change: (inout TensorValue) throws(GraphError) -> Void) throws(GraphError) {
        for index in indices { self[index].value = try self[index].value.mappingTensors(change) }
    }
}

extension Attribute.Value {
    fileprivate func mappingTensors(
        _ change: (inout TensorValue) throws(GraphError) -> Void
    ) throws(GraphError) -> Attribute.Value {
        switch self {
        case .tensor(var tensor):
            try change(&tensor)
            return .tensor(tensor)
        case .tensors(var tensors):
            for index in tensors.indices { try change(&tensors[index]) }
            return .tensors(tensors)
        case .sparseTensor(var sparse):
            try sparse.mapTensors(change)
            return .sparseTensor(sparse)
        case .sparseTensors(var all):
            for index in all.indices { try all[index].mapTensors(change) }
            return .sparseTensors(all)
        case .graph(var graph):
            try graph.mapTensors(change)
            return .graph(graph)
        case .graphs(var graphs):
            for index in graphs.indices { try graphs[index].mapTensors(change) }
            return .graphs(graphs)
        case .undefined, .float, .int, .string, .floats, .ints, .strings, .type, .types, .reference:
            return self
        }
    }
}
