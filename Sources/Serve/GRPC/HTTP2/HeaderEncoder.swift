import NIOCore

/// Writes the header blocks of replies.
///
/// The fields that are the same in every reply are told to the client's decoder once, in a fixed order, and are one
/// byte each from then on. Clients that want a smaller table than usual get everything spelt out.
///
/// Source: RFC 7541 sections 6 and 4.2.
struct HeaderEncoder {
    /// The client's decoder knows the fields of a reply's head.
    private var headIsKnown = false
    /// …and those of success.
    private var successIsKnown = false
    private var usesTable = true
    private var mustResize = false

    /// The client's decoder keeps so many bytes.
    mutating func limit(to tableSize: Int) {
        guard usesTable, tableSize < DynamicTable.usualSize else { return }
        usesTable = false
        mustResize = true
        // What the decoder was told goes with its table.
        (headIsKnown, successIsKnown) = (false, false)
    }

    /// Every block begins with this.
    private mutating func begin(_ buffer: inout ByteBuffer) {
        guard mustResize else { return }
        mustResize = false
        buffer.writeInteger(UInt8(0x20))
    }

    /// The head of a reply.
    ///
    /// - Parameter fallback: the version that answers in place of the request's own.
    mutating func head(
        requestID: String, encoding: String?, fallback: String? = nil, into buffer: inout ByteBuffer
    ) {
        begin(&buffer)
        if headIsKnown {
            buffer.writeBytes(successIsKnown ? Self.knownHead : Self.knownFirstHead)
        } else {
            buffer.writeInteger(UInt8(0x88))
            Self.write(usesTable, Self.contentType, &buffer)
            Self.write(usesTable, Self.acceptEncoding, &buffer)
            Self.write(usesTable, Self.requestIDName, &buffer)
            headIsKnown = usesTable
        }
        Self.write(text: requestID, &buffer)
        if let encoding { Self.write("grpc-encoding", encoding, &buffer) }
        if let fallback { Self.write("x-slipway-fallback", fallback, &buffer) }
    }

    /// How a call ended.
    ///
    /// - Parameter continues: whether this goes on with a block that was begun.
    mutating func outcome(_ outcome: GRPCOutcome, continues: Bool, into buffer: inout ByteBuffer) {
        if !continues { begin(&buffer) }
        guard outcome.status == .ok else { return failure(outcome, &buffer) }
        if successIsKnown {
            buffer.writeInteger(UInt8(0x80 | 62))
        } else {
            Self.write(usesTable, Self.success, &buffer)
            successIsKnown = usesTable
        }
    }

    private func failure(_ outcome: GRPCOutcome, _ buffer: inout ByteBuffer) {
        Self.write("grpc-status", String(outcome.status.rawValue), &buffer)
        if !outcome.message.isEmpty { Self.write("grpc-message", outcome.encodedMessage, &buffer) }
        if !outcome.code.isEmpty { Self.write("slipway-code", outcome.code, &buffer) }
        if let pushback = outcome.pushback { Self.write("grpc-retry-pushback-ms", pushback, &buffer) }
    }

    /// The whole header of a reply to what is no call.
    mutating func foreign(status: String, into buffer: inout ByteBuffer) {
        begin(&buffer)
        Self.write(":status", status, &buffer)
        Self.write("content-length", "0", &buffer)
    }
}

// MARK: - Fields

extension HeaderEncoder {
    /// A field as it is spelt out, without its first byte, which says whether it is to be kept.
    private struct Spelt {
        /// The first byte where the field is kept, and where it is not.
        var kept: UInt8 = 0x40
        var passing: [UInt8] = [0]
        var rest: [UInt8]
    }

    // The name has the index 31 of the static table.
    private static let contentType = Spelt(kept: 0x40 | 31, passing: [0x0F, 31 - 15], rest: text("application/grpc"))
    private static let acceptEncoding = Spelt(rest: text("grpc-accept-encoding") + text(CallHead.Encoding.all))
    private static let requestIDName = Spelt(rest: text("x-request-id"))
    /// Once all is known: status 200, two fields by their indices, a third's name. The newest field has the index 62.
    private static let knownHead = known(after: 63)
    /// The same before any call has ended well.
    private static let knownFirstHead = known(after: 62)

    private static func known(after newest: UInt8) -> [UInt8] {
        [0x88, 0x80 | (newest + 2), 0x80 | (newest + 1), 0x0F, newest - 15]
    }

    private static let success = Spelt(rest: text("grpc-status") + text("0"))

    private static func write(_ isKept: Bool, _ field: Spelt, _ buffer: inout ByteBuffer) {
        if isKept { buffer.writeInteger(field.kept) } else { buffer.writeBytes(field.passing) }
        buffer.writeBytes(field.rest)
    }

    private static func text(_ text: String) -> [UInt8] {
        var buffer = ByteBuffer()
        write(text: text, &buffer)
        return Array(buffer.readableBytesView)
    }

    private static func write(_ name: String, _ value: String, _ buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(0))
        write(text: name, &buffer)
        write(text: value, &buffer)
    }

    /// A string that is not packed. Source: RFC 7541 sections 5.1 and 5.2.
    private static func write(text: String, _ buffer: inout ByteBuffer) {
        let count = text.utf8.count
        if count < 127 {
            buffer.writeInteger(UInt8(count))
        } else {
            buffer.writeInteger(UInt8(127))
            var rest = count - 127
            while rest >= 128 {
                buffer.writeInteger(UInt8(rest & 127) | 128)
                rest >>= 7
            }
            buffer.writeInteger(UInt8(rest))
        }
        buffer.writeString(text)
    }
}
