/// A key and its value: metadata, external data, quantisation parameters.
///
/// Source: `onnx.proto`, `StringStringEntryProto`.
package struct StringEntry: Hashable, Sendable {
    package var key = ""
    package var value = ""
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

extension StringEntry: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: key = try reader.string(field)
        case 2: value = try reader.string(field)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, key)
        writer.string(2, value)
    }
}
