/// Which tensors hold the scale and zero point of a quantised tensor.
///
/// Source: `onnx.proto`, `TensorAnnotation`.
package struct QuantizationAnnotation: Hashable, Sendable {
    package var tensorName = ""
    /// `SCALE_TENSOR` and `ZERO_POINT_TENSOR`, each with a tensor's name.
    package var parameterTensors: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}
}

extension QuantizationAnnotation: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: tensorName = try reader.string(field)
        case 2: try reader.message(field, appendingTo: &parameterTensors)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, ifNotEmpty: tensorName)
        writer.messages(2, parameterTensors)
    }
}
