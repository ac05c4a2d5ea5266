import NIOCore
import Trust

/// One call of a method: puts its messages together, and sends what its handler answers.
///
/// Belongs to one event loop. It is in its connection's table from the first byte of its header until its stream is
/// closed.
final class GRPCCall {
    enum Phase {
        /// Messages may come.
        case receiving
        /// The client has said everything.
        case complete
        /// How it ended has been written, if not sent.
        case answered
    }

    /// Its stream.
    let id: UInt32
    let connection: GRPCConnection
    let method: GRPCMethod
    let opening: CallOpening
    let identity: Identity
    let requestID: String
    /// When its header was read, on the monotonic clock.
    let receivedAt: UInt64
    /// When it is no longer wanted.
    let deadline: UInt64
    private(set) var phase = Phase.receiving
    /// When the phase began, or a message was complete.
    private(set) var phaseBegan: UInt64
    /// Bytes that the client may still send on its stream.
    var window: Int
    /// Bytes that may still be sent to it.
    var sendWindow: FlowWindow
    /// What waits for the client's windows.
    var outbox = Outbox()
    /// The client has said that it sends nothing more.
    private(set) var clientHasEnded = false
    /// Bytes of DATA that have come.
    private var dataCount = 0

    private var handler: (any CallHandler)?
    private var assembler: MessageAssembler
    /// Bytes since the last message was complete.
    private var received = 0
    /// What came while the handler took nothing, and its part of the budget.
    private var held = LazyQueue<(bytes: ByteBuffer, Reservation)>()
    private var endIsHeld = false
    private var isTaking = false
    private(set) var hasSentHead = false
    /// The version that answers in place of the request's own, where the call has one request.
    var fallback: String?
    /// Bytes of its messages that have not left yet, and when some last did.
    private(set) var unsent = 0
    private var sentAt: UInt64 = 0
    private var deadlineTask: Scheduled<Void>?

    init(
        id: UInt32, connection: GRPCConnection, method: GRPCMethod, opening: CallOpening, identity: Identity,
        requestID: String, receivedAt: UInt64
    ) {
        self.id = id
        self.connection = connection
        self.method = method
        self.opening = opening
        self.identity = identity
        self.requestID = requestID
        self.receivedAt = receivedAt
        phaseBegan = receivedAt
        let configuration = connection.loop.plane.configuration
        let longest = method.action.isStream ? UInt64.max : configuration.requestTimeout
        let (end, overflow) = receivedAt.addingReportingOverflow(min(opening.head.timeout ?? .max, longest))
        deadline = overflow ? .max : end
        window = connection.limits.callWindow
        sendWindow = FlowWindow(connection.peer.initialWindow)
        assembler = MessageAssembler(pool: connection.loop.plane.pool, limit: configuration.limits.bodyBytes)
    }

    var loop: LoopState { connection.loop }
    var head: CallHead { opening.head }
    var isAnswered: Bool { phase == .answered }
    var isHolding: Bool { !held.isEmpty }

    /// Begins to take messages.
    func start(_ handler: any CallHandler) {
        self.handler = handler
        // Requests watch their own deadline; a stream has nobody who does.
        guard method.action.isStream, deadline != .max else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let rest = Int64(clamping: deadline > receivedAt ? deadline - receivedAt : 0)
        deadlineTask = loop.eventLoop.scheduleTask(in: .nanoseconds(rest)) { bound.value.expire() }
    }
}

extension GRPCMethod.Action {
    /// Whether it goes on for as long as the client likes.
    var isStream: Bool { self == .modelStreamInfer || self == .healthWatch }
}

// MARK: - Receiving

extension GRPCCall {
    /// Counts bytes that came.
    ///
    /// - Returns: whether they are as many as the header said, if it said so.
    ///
    /// Source: RFC 9113 section 8.1.1.
    func counts(_ count: Int, isLast: Bool) -> Bool {
        dataCount += count
        guard let expected = opening.contentLength else { return true }
        return isLast ? dataCount == expected : dataCount <= expected
    }

    /// Bytes came.
    func receive(_ bytes: ByteBuffer, isLast: Bool) {
        if isLast { clientHasEnded = true }
        guard phase == .receiving else { return }
        received += bytes.readableBytes
        if isTaking || !held.isEmpty || handler?.acceptsMessages == false {
            hold(bytes, isLast: isLast)
        } else {
            take(bytes, isLast: isLast)
        }
    }

    private func hold(_ bytes: ByteBuffer, isLast: Bool) {
        endIsHeld = endIsHeld || isLast
        // The end is a piece of its own: `resume` looks at pieces.
        guard bytes.readableBytes > 0 || isLast else { return }
        guard let reservation = loop.plane.pool.reserve(bytes.readableBytes) else { return fail(.exhausted) }
        held.append((bytes, reservation))
    }

    private func take(_ bytes: ByteBuffer, isLast: Bool) {
        guard let handler else { return }
        isTaking = true
        defer { isTaking = false }
        var rest = bytes
        do throws(RequestFault) {
            repeat {
                guard let message = try assembler.next(&rest) else { break }
                messageIsComplete()
                try handler.receive(try unpacked(message))
                guard phase == .receiving else { return }
                if rest.readableBytes > 0, !handler.acceptsMessages { return hold(rest, isLast: isLast) }
            } while rest.readableBytes > 0
            if isLast { try end(handler) }
        } catch {
            fail(error)
        }
    }

    private func end(_ handler: any CallHandler) throws(RequestFault) {
        guard !assembler.isWithinMessage else {
            throw RequestFault(.malformedBody, "the call ends within a message")
        }
        phase = .complete
        phaseBegan = connection.readAt
        try handler.end()
    }

    private func messageIsComplete() {
        received = 0
        phaseBegan = connection.readAt
    }

    private func unpacked(_ message: MessageAssembler.Message) throws(RequestFault) -> MessageBytes {
        guard message.isPacked else { return message.bytes }
        guard case .packed(let format) = head.encoding else {
            throw RequestFault(.unsupported, "a message is packed, but the call does not say how in grpc-encoding")
        }
        return try message.bytes.unpacked(
            format, pool: loop.plane.pool, limit: loop.plane.configuration.limits.bodyBytes)
    }

    /// The handler takes messages again.
    func resume() {
        guard !isTaking else { return }
        while phase == .receiving, let handler, handler.acceptsMessages, let next = held.popFirst() {
            take(next.bytes, isLast: held.isEmpty && endIsHeld)
        }
        if held.isEmpty { connection.refill(self) }
    }
}

// MARK: - Answering

extension GRPCCall {
    /// Sends a message.
    ///
    /// - Parameters:
    ///   - count: the message's bytes.
    ///   - write: appends exactly those.
    /// - Throws: `RequestFault.Code.outOfMemory` when the budget is exhausted, `.replyTooLarge`.
    func send(_ count: Int, _ write: (inout ByteBuffer) -> Void) throws(RequestFault) {
        guard !isAnswered else { return }
        if !MessageFrame.packs(count, head), connection.hasRoom(count + MessageFrame.prefixBytes, for: self) {
            sendHead()
            return connection.writeAtOnce(count, for: self, write)
        }
        let message = try MessageFrame.make(count, call: self, write)
        guard let reservation = loop.plane.pool.reserve(message.readableBytes) else { throw .exhausted }
        sendHead()
        if unsent == 0 { sentAt = connection.readAt }
        unsent += message.readableBytes
        connection.queue(message, reservation, for: self)
    }

    /// So many bytes of messages that waited have left.
    func didSend(_ count: Int) {
        unsent -= count
        sentAt = MonotonicClock.now()
        resume()
    }

    private func sendHead() {
        guard !hasSentHead else { return }
        hasSentHead = true
        var encoding: String?
        if case .packed = head.encoding, head.acceptsEncoding { encoding = head.encoding?.name }
        connection.writeHead(id, requestID: requestID, encoding: encoding, fallback: fallback)
    }

    /// Says how the call ended.
    func finish(_ outcome: GRPCOutcome) {
        guard !isAnswered else { return }
        phase = .answered
        phaseBegan = connection.readAt
        letGo()
        connection.end(self, outcome)
    }

    /// Ends the call with a fault that no version's metrics know of.
    func fail(_ fault: RequestFault) {
        guard !isAnswered else { return }
        loop.plane.metrics.reject(fault.code)
        finish(GRPCOutcome(fault))
        loop.log(AnsweredRequest(self, fault.code.status), at: MonotonicClock.now())
    }

    /// Its stream is closed, by either side.
    func close() {
        phase = .answered
        letGo()
        outbox = Outbox()
    }

    private func letGo() {
        deadlineTask?.cancel()
        deadlineTask = nil
        held.removeAll()
        let handler = handler
        self.handler = nil
        handler?.cancel()
    }
}

// MARK: - Time

extension GRPCCall {
    /// Ends what takes too long. Called now and then by the event loop.
    func check(_ now: UInt64) {
        let limits = loop.plane.configuration.limits
        // The client takes no bytes.
        if unsent > 0, now > sentAt, now - sentAt > limits.idleTimeout { return connection.reset(id) }
        switch phase {
        case .answered: if now > phaseBegan, now - phaseBegan > limits.idleTimeout { connection.reset(id) }
        case .complete: checkHandler(now)
        case .receiving:
            if now >= deadline { return expire() }
            if isTooSlow(now, limits) {
                return fail(RequestFault(.requestTimeout, "the call's message comes too slowly"))
            }
            checkHandler(now)
        }
    }

    private func checkHandler(_ now: UInt64) {
        do throws(RequestFault) { try handler?.check(now) } catch { fail(error) }
    }

    private func isTooSlow(_ now: UInt64, _ limits: HTTPLimits) -> Bool {
        guard now > phaseBegan, held.isEmpty else { return false }
        let passed = now - phaseBegan
        if method.action.isStream, !assembler.isWithinMessage {
            return method.action == .modelStreamInfer && handler?.isIdle == true
                && passed > loop.plane.configuration.grpc.streamIdleTimeout
        }
        let due = Double(passed) - Double(limits.bodyGrace)
        return due > Double(received) / Double(max(1, limits.bodyBytesPerSecond)) * Double(HTTPLimits.second)
    }

    private func expire() {
        fail(RequestFault(.deadlineExceeded, "the call's time was over"))
    }

    /// The server ends, and this call is not waiting for anything.
    func endIfIdle() {
        guard !isAnswered, method.action.isStream, handler?.isIdle == true, held.isEmpty else { return }
        finish(GRPCOutcome(status: .unavailable, message: "the server is shutting down", code: "server_not_ready"))
    }
}
