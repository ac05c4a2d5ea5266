/// One operation: an operator, the names of what it reads, the names of what it makes.
///
/// Source: `onnx.proto`, `NodeProto`. Device configurations (field 10) stay in `unknownFields`.
package struct Node: Hashable, Sendable {
    /// Names of values; an empty one is an optional input that is left out.
    package var inputs: [String] = []
    /// Names of values; an empty one is an optional output that nobody wants.
    package var outputs: [String] = []
    package var name = ""
    /// The operator, such as `Conv`.
    package var operatorType = ""
    /// Whose operator it is; empty for ONNX's own.
    package var domain = ""
    package var overload = ""
    package var attributes: [Attribute] = []
    package var documentation = ""
    package var metadata: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(
        _ operatorType: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
        attributes: [Attribute] = []
    ) {
        self.operatorType = operatorType
        self.inputs = inputs
        self.outputs = outputs
        self.name = name
        self.domain = domain
        self.attributes = attributes
    }

    /// The first attribute of that name.
    package func attribute(_ name: String) -> Attribute? { attributes.first { $0.name == name } }

    /// The graphs in this node's attributes: the bodies of `If`, `Loop` and `Scan`.
    package var subgraphs: [Graph] { attributes.flatMap(\.value.graphs) }
}

extension Node: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try reader.string(field, appendingTo: &inputs)
        case 2: try reader.string(field, appendingTo: &outputs)
        case 3: name = try reader.string(field)
        case 4: operatorType = try reader.string(field)
        case 5: try reader.message(field, appendingTo: &attributes)
        case 6: documentation = try reader.documentation(field)
        case 7: domain = try reader.string(field)
        case 8: overload = try reader.string(field)
        case 9: try reader.message(field, appendingTo: &metadata)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.strings(1, inputs)
        writer.strings(2, outputs)
        writer.string(3, ifNotEmpty: name)
        writer.string(4, ifNotEmpty: operatorType)
        writer.messages(5, attributes)
        writer.string(6, ifNotEmpty: documentation)
        writer.string(7, ifNotEmpty: domain)
        writer.string(8, ifNotEmpty: overload)
        writer.messages(9, metadata)
    }
}
