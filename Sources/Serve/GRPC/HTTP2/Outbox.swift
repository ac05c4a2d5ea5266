import NIOCore

/// Messages of one call that the client's windows have not let through yet, and how it ends after them.
struct Outbox {
    private var messages = CircularBuffer<(bytes: ByteBuffer, reservation: Reservation)>(initialCapacity: 1)
    /// Bytes of messages that have left as a whole, and that nobody was told of yet.
    private var sent = 0
    /// Bytes of the first message that have left.
    private var begun = 0
    /// How the call ends, once that is known.
    var outcome: GRPCOutcome?

    var isEmpty: Bool { messages.isEmpty }
    var hasSent: Bool { sent > 0 || isEmpty }

    mutating func add(_ message: ByteBuffer, _ reservation: Reservation) { messages.append((message, reservation)) }

    /// The next bytes, at most `most`; `nil` without.
    mutating func take(_ most: Int) -> ByteBuffer? {
        guard var first = messages.popFirst() else { return nil }
        let piece = first.bytes.readSlice(length: min(most, first.bytes.readableBytes))
        begun += piece?.readableBytes ?? 0
        if first.bytes.readableBytes > 0 {
            messages.prepend(first)
        } else {
            sent += begun
            begun = 0
        }
        return piece
    }

    /// Bytes of messages that have left since this was asked last.
    mutating func takeSent() -> Int {
        defer { sent = 0 }
        return sent
    }

    mutating func takeOutcome() -> GRPCOutcome? {
        defer { outcome = nil }
        return outcome
    }
}
