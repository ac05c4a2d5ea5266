/// A `PredictRequest` as it was sent: names copied, tensors where they are in the message.
///
/// Source: TensorFlow Serving, `predict.proto`.
struct PredictMessage {
    /// What a message holds takes many times its bytes once it is read.
    private static let mostTensors = 4096

    private(set) var spec = ModelSpecMessage()
    private(set) var inputs: [(name: String, tensor: Range<Int>)] = []
    private(set) var outputs: [String] = []

    /// - Throws: `RequestFault` for a message that is not well-formed.
    init(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        var reader = ProtoReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: spec = try ModelSpecMessage(bytes, try reader.range(field))
            case 2:
                try Self.check(inputs.count)
                inputs.append(try Self.input(bytes, try reader.range(field)))
            case 3:
                try Self.check(outputs.count)
                outputs.append(try reader.string(field))
            default: try reader.skip(field)
            }
        }
    }

    private static func check(_ count: Int) throws(RequestFault) {
        guard count < mostTensors else {
            throw RequestFault(.invalidInput, "the request has more than \(mostTensors) inputs or outputs")
        }
    }

    /// A map's entry: either part may be left out.
    private static func input(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(RequestFault) -> (name: String, tensor: Range<Int>) {
        var reader = ProtoReader(bytes, range)
        var entry = (name: "", tensor: range.upperBound..<range.upperBound)
        while let field = try reader.next() {
            switch field.number {
            case 1: entry.name = try reader.string(field)
            case 2: entry.tensor = try reader.range(field)
            default: try reader.skip(field)
            }
        }
        return entry
    }
}
