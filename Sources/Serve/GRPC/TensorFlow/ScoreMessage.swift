/// A `ClassificationRequest` or `RegressionRequest`, which are alike.
///
/// Source: TensorFlow Serving, `classification.proto` and `regression.proto`.
struct ScoreMessage {
    private(set) var spec = ModelSpecMessage()
    private(set) var input: Range<Int>?

    /// - Throws: `RequestFault` for a message that is not well-formed.
    init(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        var reader = ProtoReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: spec = try ModelSpecMessage(bytes, try reader.range(field))
            case 2: input = try reader.range(field)
            default: try reader.skip(field)
            }
        }
    }
}
