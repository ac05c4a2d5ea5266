package import Tensors

/// What a person wants to know about a model file at a glance.
package struct ModelSummary: Hashable, Sendable {
    /// One input or output, of whatever type.
    package struct Port: Hashable, Sendable {
        package let name: String
        /// The name of the element type; for anything but a dense tensor the whole type in words.
        package let type: String
        /// `nil` when the rank is not declared, or it is not a tensor.
        package let dimensions: [Dimension]?
    }

    /// Inputs without a default.
    package let inputs: [Port]
    package let outputs: [Port]
    /// Elements of all initializers.
    package let parameterCount: Int
    /// Bytes of all constants.
    package let weightBytes: Int
    /// Bytes of the file, when it was read from one.
    package let fileBytes: Int?
    /// Nodes of all graphs and function bodies.
    package let nodeCount: Int
    /// Most used first.
    package let operators: [OperatorCount]
    package let opsets: [OpsetImport]
    package let irVersion: Int64
    package let producer: String
    package let producerVersion: String
    /// Tensors whose data is in other files.
    package let externalTensorCount: Int
    /// The files beside the model that hold them; empty when the references cannot be trusted, which validation says.
    package let externalFiles: [ExternalFile]
    package let functionCount: Int

    package init(_ model: Model, fileBytes: Int? = nil) {
        inputs = model.graph.requiredInputs.map(Port.init)
        outputs = model.graph.outputs.map(Port.init)
        parameterCount = model.parameterCount
        weightBytes = model.weightBytes
        self.fileBytes = fileBytes
        operators = model.operatorCounts
        nodeCount = operators.reduce(0) { $0 + $1.count }
        opsets = model.opsetImports
        irVersion = model.irVersion
        producer = model.producerName
        producerVersion = model.producerVersion
        functionCount = model.functions.count
        var external = 0
        model.forEachTensor { external += $0.isExternal ? 1 : 0 }
        externalTensorCount = external
        externalFiles = (try? model.externalFiles()) ?? []
    }

    /// The summary of the file at `path`.
    ///
    /// - Throws: as `Model.read(path:limits:)`.
    package static func read(path: String, limits: GraphLimits = GraphLimits()) throws(GraphError) -> ModelSummary {
        let buffer = try MappedFile(path: path, maximumBytes: limits.fileBytes).buffer
        return ModelSummary(try Model.read(buffer, limits: limits), fileBytes: buffer.capacity)
    }
}

extension ModelSummary.Port {
    fileprivate init(_ value: ValueInfo) {
        name = value.name
        if let tensor = value.type?.tensor {
            type = elementName(tensor.elementCode)
            dimensions = tensor.dimensions
        } else {
            type = value.type?.description ?? "no declared type"
            dimensions = nil
        }
    }
}
