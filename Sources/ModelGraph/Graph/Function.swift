/// An operator that the model defines itself, out of other operators.
///
/// Source: `onnx.proto`, `FunctionProto`.
package struct Function: Hashable, Sendable {
    package var name = ""
    package var domain = ""
    package var overload = ""
    package var inputs: [String] = []
    package var outputs: [String] = []
    /// Attributes that a call must give.
    package var attributes: [String] = []
    /// Attributes with a default.
    package var attributeDefaults: [Attribute] = []
    package var nodes: [Node] = []
    package var documentation = ""
    package var opsetImports: [OpsetImport] = []
    package var valueInfo: [ValueInfo] = []
    package var metadata: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}

    /// What a call names.
    package struct Key: Hashable, Sendable {
        package let domain: String
        package let name: String
        package let overload: String

        /// The function that `node` would call, if there is one.
        package init(calledBy node: Node) {
            domain = canonicalDomain(node.domain)
            name = node.operatorType
            overload = node.overload
        }

        fileprivate init(_ function: Function) {
            domain = canonicalDomain(function.domain)
            name = function.name
            overload = function.overload
        }
    }

    package var key: Key { Key(self) }
}

extension Function: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: name = try reader.string(field)
        case 4: try reader.string(field, appendingTo: &inputs)
        case 5: try reader.string(field, appendingTo: &outputs)
        case 6: try reader.string(field, appendingTo: &attributes)
        case 7: try reader.message(field, appendingTo: &nodes)
        case 8: documentation = try reader.documentation(field)
        case 9: try reader.message(field, appendingTo: &opsetImports)
        case 10: domain = try reader.string(field)
        case 11: try reader.message(field, appendingTo: &attributeDefaults)
        case 12: try reader.message(field, appendingTo: &valueInfo)
        case 13: overload = try reader.string(field)
        case 14: try reader.message(field, appendingTo: &metadata)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, ifNotEmpty: name)
        writer.strings(4, inputs)
        writer.strings(5, outputs)
        writer.strings(6, attributes)
        writer.messages(7, nodes)
        writer.string(8, ifNotEmpty: documentation)
        writer.messages(9, opsetImports)
        writer.string(10, ifNotEmpty: domain)
        writer.messages(11, attributeDefaults)
        writer.messages(12, valueInfo)
        writer.string(13, ifNotEmpty: overload)
        writer.messages(14, metadata)
    }
}
