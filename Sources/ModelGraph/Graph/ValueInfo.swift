package import Tensors

/// The name and declared type of a graph input, a graph output, or a value in between.
///
/// Source: `onnx.proto`, `ValueInfoProto`.
package struct ValueInfo: Hashable, Sendable {
    package var name = ""
    package var type: ValueType?
    package var documentation = ""
    package var metadata: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ name: String, _ type: ValueType) {
        self.name = name
        self.type = type
    }

    /// A dense tensor.
    package init(_ name: String, _ elementType: ElementType, _ dimensions: [Dimension]?) {
        self.init(name, .tensor(elementType, dimensions))
    }
}

extension ValueInfo: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: name = try reader.string(field)
        case 2: try reader.message(field, once: &type)
        case 3: documentation = try reader.documentation(field)
        case 4: try reader.message(field, appendingTo: &metadata)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, ifNotEmpty: name)
        writer.message(2, type)
        writer.string(3, ifNotEmpty: documentation)
        writer.messages(4, metadata)
    }
}
