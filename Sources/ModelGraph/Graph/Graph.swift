/// A computation: nodes in an order in which they can run, the constants they use, what goes in and what comes out.
///
/// Source: `onnx.proto`, `GraphProto`.
package struct Graph: Hashable, Sendable {
    package var nodes: [Node] = []
    package var name = ""
    /// Constants. One that is also an input is that input's default.
    package var initializers: [TensorValue] = []
    package var sparseInitializers: [SparseTensorValue] = []
    package var documentation = ""
    package var inputs: [ValueInfo] = []
    package var outputs: [ValueInfo] = []
    /// Declared types of values in between.
    package var valueInfo: [ValueInfo] = []
    package var quantizationAnnotations: [QuantizationAnnotation] = []
    package var metadata: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(
        _ name: String, nodes: [Node] = [], initializers: [TensorValue] = [], inputs: [ValueInfo] = [],
        outputs: [ValueInfo] = []
    ) {
        self.name = name
        self.nodes = nodes
        self.initializers = initializers
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Names of all constants.
    package var constantNames: Set<String> {
        Set(initializers.map(\.name)).union(sparseInitializers.map(\.name))
    }

    /// The inputs a caller must supply: those without a default.
    package var requiredInputs: [ValueInfo] {
        let constants = constantNames
        return inputs.filter { !constants.contains($0.name) }
    }
}

extension Graph: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try reader.message(field, appendingTo: &nodes)
        case 2: name = try reader.string(field)
        case 5: try reader.message(field, appendingTo: &initializers)
        case 10: documentation = try reader.documentation(field)
        case 11: try reader.message(field, appendingTo: &inputs)
        case 12: try reader.message(field, appendingTo: &outputs)
        case 13: try reader.message(field, appendingTo: &valueInfo)
        case 14: try reader.message(field, appendingTo: &quantizationAnnotations)
        case 15: try reader.message(field, appendingTo: &sparseInitializers)
        case 16: try reader.message(field, appendingTo: &metadata)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.messages(1, nodes)
        writer.string(2, ifNotEmpty: name)
        writer.messages(5, initializers)
        writer.string(10, ifNotEmpty: documentation)
        writer.messages(11, inputs)
        writer.messages(12, outputs)
        writer.messages(13, valueInfo)
        writer.messages(14, quantizationAnnotations)
        writer.messages(15, sparseInitializers)
        writer.messages(16, metadata)
    }
}
