/// How a model can be trained further. Kept and checked, never run.
///
/// Source: `onnx.proto`, `TrainingInfoProto`.
package struct TrainingInfo: Hashable, Sendable {
    package var initialization: Graph?
    package var algorithm: Graph?
    package var initializationBindings: [StringEntry] = []
    package var updateBindings: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}
}

extension TrainingInfo: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try reader.message(field, once: &initialization)
        case 2: try reader.message(field, once: &algorithm)
        case 3: try reader.message(field, appendingTo: &initializationBindings)
        case 4: try reader.message(field, appendingTo: &updateBindings)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.message(1, initialization)
        writer.message(2, algorithm)
        writer.messages(3, initializationBindings)
        writer.messages(4, updateBindings)
    }
}
