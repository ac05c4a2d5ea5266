/// Which model a request of TensorFlow Serving is for.
///
/// Source: TensorFlow Serving, `model.proto`.
struct ModelSpecMessage {
    private(set) var name = ""
    private(set) var version: String?
    private(set) var label: String?
    private(set) var signature = ""

    init() {}

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.string(field)
            case 2: version = String(try Self.wrapped(bytes, try reader.range(field)))
            case 3: signature = try reader.string(field)
            case 4: label = try reader.string(field)
            default: try reader.skip(field)
            }
        }
    }

    /// `google.protobuf.Int64Value`.
    private static func wrapped(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) -> Int64 {
        var reader = ProtoReader(bytes, range)
        var value: Int64 = 0
        while let field = try reader.next() {
            if field.number == 1 { value = try reader.int64(field) } else { try reader.skip(field) }
        }
        return value
    }

    /// The one that a message has as field 1, and nothing else of it.
    static func first(in message: MessageBytes) throws(RequestFault) -> ModelSpecMessage {
        try message.withBytes { bytes throws(RequestFault) in
            var reader = ProtoReader(bytes)
            var found = ModelSpecMessage()
            while let field = try reader.next() {
                if field.number == 1 {
                    found = try ModelSpecMessage(bytes, try reader.range(field))
                } else {
                    try reader.skip(field)
                }
            }
            return found
        }
    }

    /// - Throws: `RequestFault.Code.invalidInput` for a signature that models do not have here.
    func checkSignature() throws(RequestFault) {
        guard signature.isEmpty || signature == SignatureName.only else {
            throw RequestFault(
                .invalidInput,
                "model '\(name.shortened)' has no signature '\(signature.shortened)'; its only one is "
                    + "'\(SignatureName.only)'")
        }
    }
}
