/// A constant of which only the elements that are not zero are stored.
///
/// Source: `onnx.proto`, `SparseTensorProto`. The name of a sparse initializer is that of its `values`.
package struct SparseTensorValue: Hashable, Sendable {
    /// The elements that are not zero: shape `[NNZ]`.
    package var values: TensorValue?
    /// `INT64`, shape `[NNZ]` (positions in the flattened tensor) or `[NNZ, rank]` (coordinates), ascending.
    package var indices: TensorValue?
    /// Dimensions of the dense tensor.
    package var dimensions: [Int64] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package var name: String { values?.name ?? "" }

    /// The two tensors it is made of.
    package var parts: [TensorValue] { [values, indices].compactMap { $0 } }
}

extension SparseTensorValue: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try reader.message(field, once: &values)
        case 2: try reader.message(field, once: &indices)
        case 3: try reader.int64s(field, appendingTo: &dimensions)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.message(1, values)
        writer.message(2, indices)
        for dimension in dimensions { writer.int64(3, dimension) }
    }
}
