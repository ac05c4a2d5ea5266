import ModelGraph

/// How a model is called: names for its inputs and outputs, and the values of the graph that they are.
///
/// Source: TensorFlow, `core/protobuf/meta_graph.proto`.
struct SignatureRecord {
    /// One input or output.
    struct Port {
        /// As callers know it.
        var key: String
        /// Which value of the graph it is.
        var value = InputName("")
        var type: Int32 = 0
        var sizes: [Int?]?
        /// Whether it is sparse, or made of several tensors.
        var isCompound = false
    }

    /// By key.
    private(set) var inputs: [Port] = []
    private(set) var outputs: [Port] = []

    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var (inputs, outputs) = ([Port](), [Port]())
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: inputs.append(try Self.port(field, &reader))
            case 2: outputs.append(try Self.port(field, &reader))
            default: return false
            }
            return true
        }
        self.inputs = inputs.sorted { $0.key < $1.key }
        self.outputs = outputs.sorted { $0.key < $1.key }
    }

    private static func port(_ field: WireField, _ reader: inout WireReader) throws(GraphError) -> Port {
        let (key, value) = try reader.entry(field) { field, reader throws(GraphError) in
            var port = Port(key: "")
            try reader.fields(of: field) { field, reader throws(GraphError) in
                switch field.number {
                case 1: port.value = InputName(try reader.string(field))
                case 2: port.type = try reader.int32(field)
                case 3: port.sizes = try SavedShape.read(field, &reader)
                case 4, 5:
                    port.isCompound = true
                    return false
                default: return false
                }
                return true
            }
            return port
        }
        var port = value
        port.key = key
        return port
    }
}
