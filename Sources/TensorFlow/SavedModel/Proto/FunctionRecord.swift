import ModelGraph

/// A function of a graph's library: nodes between named inputs and outputs.
///
/// Source: TensorFlow, `core/framework/function.proto`, `op_def.proto`.
struct FunctionRecord {
    private(set) var name = ""
    private(set) var arguments: [String] = []
    /// In the order of the signature: the node's output that each is.
    private(set) var results: [InputName] = []
    private(set) var nodes: [NodeRecord] = []

    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var function = FunctionRecord()
        var outputs: [String] = []
        var returned: [String: String] = [:]
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: try function.readSignature(field, &reader, &outputs)
            case 3: function.nodes.append(try NodeRecord(field, &reader))
            case 4:
                let (key, value) = try reader.entry(field) { field, reader throws(GraphError) in
                    try reader.string(field)
                }
                returned[key] = value
            default: return false
            }
            return true
        }
        for output in outputs {
            guard let text = returned[output] else {
                throw reader.failure("function '\(function.name)' does not say what '\(output)' is", at: field.start)
            }
            function.results.append(InputName(text))
        }
        self = function
    }

    private init() {}

    private mutating func readSignature(
        _ field: WireField, _ reader: inout WireReader, _ outputs: inout [String]
    ) throws(GraphError) {
        var (name, arguments, results) = ("", [String](), [String]())
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: name = try reader.string(field)
            case 2: arguments.append(try Self.argument(field, &reader))
            case 3: results.append(try Self.argument(field, &reader))
            default: return false
            }
            return true
        }
        self.name = name
        self.arguments = arguments
        outputs = results
    }

    private static func argument(_ field: WireField, _ reader: inout WireReader) throws(GraphError) -> String {
        var name = ""
        try reader.charge(64)
        try reader.fields(of: field) { field, reader throws(GraphError) in
            guard field.number == 1 else { return false }
            name = try reader.string(field)
            return true
        }
        return name
    }
}
