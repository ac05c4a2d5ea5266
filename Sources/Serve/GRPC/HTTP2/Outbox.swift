import NIOCore

/// Messages of one call that the client's windows have not let through yet, and how it ends after them.
struct Outbox {
    private var messages = LazyQueue<(bytes: ByteBuffer, reservation: Reservation)>()
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

/// A queue that takes no memory before something is in it: most calls never need theirs.
struct LazyQueue<Element> {
    private var buffer: CircularBuffer<Element>?

    var isEmpty: Bool { buffer?.isEmpty ?? true }

    mutating func append(_ element: Element) { begin { $0.append(element) } }

    /// Puts an element before all others.
    mutating func prepend(_ element: Element) { begin { $0.prepend(element) } }

    mutating func popFirst() -> Element? { buffer?.popFirst() }

    mutating func removeAll() { buffer = nil }

    private mutating func begin(_ body: (inout CircularBuffer<Element>) -> Void) {
        var taken = buffer ?? CircularBuffer(initialCapacity: 2)
        buffer = nil
        body(&taken)
        buffer = taken
    }
}
