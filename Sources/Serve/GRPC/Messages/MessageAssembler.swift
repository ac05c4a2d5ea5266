import NIOCore

/// Puts messages together from the bytes of a call.
///
/// Source: gRPC over HTTP/2, `Length-Prefixed-Message`: a byte that says whether the message is packed, four bytes of
/// length, the message.
struct MessageAssembler {
    /// One message, complete.
    struct Message {
        var bytes: MessageBytes
        var isPacked: Bool
    }

    private static let prefixLength = 5

    private let pool: BufferPool
    /// Bytes that a message may have.
    private let limit: Int
    private var prefix: UInt64 = 0
    private var prefixCount = 0
    private var current: Message?

    init(pool: BufferPool, limit: Int) {
        self.pool = pool
        self.limit = limit
    }

    /// Whether a message has begun and is not complete.
    var isWithinMessage: Bool { prefixCount > 0 || current != nil }

    /// Takes bytes until one message is complete, or there are none left.
    ///
    /// - Throws: `RequestFault.Code.bodyTooLarge` before anything is allocated for the message, `.malformedBody`,
    ///   `.outOfMemory`.
    mutating func next(_ bytes: inout ByteBuffer) throws(RequestFault) -> Message? {
        if current == nil { current = try begin(&bytes) }
        guard var message = current else { return nil }
        current = nil
        let count = min(bytes.readableBytes, message.bytes.length - message.bytes.count)
        if let piece = bytes.readSlice(length: count) { try message.bytes.append(piece) }
        if message.bytes.isComplete { return message }
        current = message
        return nil
    }

    private mutating func begin(_ bytes: inout ByteBuffer) throws(RequestFault) -> Message? {
        if prefixCount == 0, let (flag, length) = bytes.readMultipleIntegers(as: (UInt8, UInt32).self) {
            return try begin(flag: UInt64(flag), length: Int(length))
        }
        while prefixCount < Self.prefixLength, let byte = bytes.readInteger(as: UInt8.self) {
            prefix = prefix << 8 | UInt64(byte)
            prefixCount += 1
        }
        guard prefixCount == Self.prefixLength else { return nil }
        let (flag, length) = (prefix >> 32, Int(prefix & 0xFFFF_FFFF))
        (prefix, prefixCount) = (0, 0)
        return try begin(flag: flag, length: length)
    }

    private func begin(flag: UInt64, length: Int) throws(RequestFault) -> Message {
        guard flag <= 1 else {
            throw RequestFault(.malformedBody, "a message begins with the flag \(flag); expected 0 or 1")
        }
        guard length <= limit else {
            throw RequestFault(.bodyTooLarge, "a message has \(length) bytes; at most \(limit) are taken")
        }
        return Message(bytes: MessageBytes(pool: pool, length: length), isPacked: flag == 1)
    }
}
