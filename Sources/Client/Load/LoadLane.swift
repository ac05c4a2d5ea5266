import NIOCore
import NIOPosix

/// One connection of a load: sends a request, waits for its reply, judges it, sends the next. Lives on one event loop
/// and outlasts the channels it goes through.
///
/// A connection that ends between two requests is made anew; one that ends under a request fails that request.
final class LoadLane: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Link {
        case none
        case opening
        case open(ChannelHandlerContext)
        case closing
    }

    private struct Flight {
        let index: Int
        /// When the latency began.
        let due: UInt64
        let sent: UInt64
    }

    private let eventLoop: any EventLoop
    private let address: SocketAddress
    /// `nil` without TLS.
    private let secure: SecureClient?
    private let recorder: LoadRecorder
    private let number: Int
    private var whenReady: (@Sendable () -> Void)?
    private let whenDone: @Sendable () -> Void

    /// `nil` until the run begins.
    private var schedule: LoadSchedule?
    private var judge = ReplyJudge()
    private var link = Link.none
    private var flight: Flight?
    /// What has come of the reply in flight.
    private var received: ByteBuffer?
    private var head: ReplyHead?

    private var isStopping = false
    private var isDone = false
    private var wakeUp: (time: UInt64, callback: NIOScheduledCallback)?
    private var watch: Scheduled<Void>?
    /// No connection is tried before this time.
    private var retryTime: UInt64 = 0
    private var repliesOverLink = 0
    private var wasOpen = false
    private var lastError: String?

    /// Between two attempts to connect, so that a server that is gone is not hammered.
    private static let retryPause: UInt64 = 10_000_000
    private static let lateness: UInt64 = 1_000_000

    /// - Parameters:
    ///   - whenReady: Called once, when the first attempt to connect has succeeded or failed.
    ///   - whenDone: Called once, when nothing is in flight and nothing will be.
    init(
        _ number: Int, to address: SocketAddress, _ secure: SecureClient?, recorder: LoadRecorder,
        eventLoop: any EventLoop,
        whenReady: @escaping @Sendable () -> Void, whenDone: @escaping @Sendable () -> Void
    ) {
        self.number = number
        self.eventLoop = eventLoop
        self.address = address
        self.secure = secure
        self.recorder = recorder
        self.whenReady = whenReady
        self.whenDone = whenDone
    }

    /// Connects, and sends nothing yet.
    func prepare() { connect() }

    /// Begins with the requests; the recorder's time has begun.
    func begin() {
        schedule = LoadSchedule(recorder.configuration, lane: number, tickets: recorder.tickets, start: recorder.start)
        watchTimeouts()
        advance()
    }

    /// Makes no further requests; the one in flight is waited for.
    func stop() {
        guard !isStopping else { return }
        recorder.leaveUnsent(schedule?.overdue(at: LoadRecorder.now) ?? 0)
        isStopping = true
        advance()
    }

    // MARK: Deciding

    /// Does what is to be done next; called whenever something has changed.
    private func advance() {
        guard let schedule, flight == nil, !isDone else { return }
        let now = LoadRecorder.now
        switch isStopping ? .exhausted : schedule.next(at: now) {
        case .exhausted:
            finish()
        case .wait(let due):
            wake(at: due)
            if case .none = link, now >= retryTime { connect() }
        case .ready:
            switch link {
            case .open(let context): sendNext(context, now)
            case .none where now >= retryTime: connect()
            case .none: wake(at: retryTime)
            case .opening, .closing: break
            }
        }
    }

    private func sendNext(_ context: ChannelHandlerContext, _ now: UInt64) {
        guard let ticket = schedule?.take(at: now) else { return advance() }
        flight = Flight(index: ticket.index, due: ticket.due ?? now, sent: now)
        recorder.send(isLate: ticket.due.map { now > $0 + Self.lateness } ?? false)
        context.writeAndFlush(wrapOutboundOut(recorder.sample(ticket.index).bytes), promise: nil)
    }

    private func finish() {
        isStopping = true
        wakeUp?.callback.cancel()
        wakeUp = nil
        switch link {
        case .open(let context): close(context)
        case .opening, .closing: break
        case .none:
            isDone = true
            watch?.cancel()
            whenDone()
        }
    }

    // MARK: Connecting

    private func connect() {
        link = .opening
        repliesOverLink = 0
        lastError = nil
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let secure = secure
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(recorder.configuration.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try secure?.addHandler(to: channel)
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(to: address)
            .assumeIsolated().whenFailure { self.connectFailed($0) }
    }

    func channelActive(context: ChannelHandlerContext) {
        link = .open(context)
        if wasOpen { recorder.reconnect() }
        wasOpen = true
        reportReady()
        advance()
    }

    private func reportReady() {
        whenReady?()
        whenReady = nil
    }

    /// Fails the requests that this connection was to carry: all that are due by now, or one in a closed loop.
    private func connectFailed(_ error: any Error) {
        link = .none
        let now = LoadRecorder.now
        retryTime = now + Self.retryPause
        let reason = ClientError(connecting: .init(address), error).message
        while !isStopping, let ticket = schedule?.take(at: now) {
            recorder.send(isLate: false)
            recorder.fail(ticket.index, now: now, .unreachable, reason)
            if ticket.due == nil { break }
        }
        reportReady()
        advance()
    }

    private func close(_ context: ChannelHandlerContext) {
        link = .closing
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastError = ClientError(talking: error).message
        close(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link = .none
        let now = LoadRecorder.now
        if repliesOverLink == 0 { retryTime = now + Self.retryPause }
        if flight != nil {
            fail(.closed, lastError ?? "the connection ended before the reply")
        }
        advance()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        guard flight != nil else { return close(context) }
        if received == nil { received = incoming } else { received?.writeBuffer(&incoming) }
        do throws(ClientError) {
            guard let reply = try wholeReply() else { return }
            settle(reply.head, reply.body)
            if reply.head.keepsAlive { advance() } else { close(context) }
        } catch {
            fail(.malformedReply, error.message)
            close(context)
        }
    }

    /// The reply in flight once all of it is there.
    private func wholeReply() throws(ClientError) -> (head: ReplyHead, body: ByteBuffer)? {
        guard var buffer = received else { return nil }
        if head == nil {
            head = try buffer.withUnsafeReadableBytes { bytes in
                Result { () throws(ClientError) in try ReplyHead(scanning: bytes) }
            }.get()
        }
        guard let head else { return nil }
        guard head.bodyLength <= recorder.configuration.replyBytes else {
            throw ClientError(.tooLarge, "the reply's body of \(head.bodyLength) bytes is over the limit")
        }
        let total = head.headLength + head.bodyLength
        guard buffer.readableBytes >= total else { return nil }
        guard buffer.readableBytes == total else {
            throw ClientError(.malformedReply, "\(buffer.readableBytes - total) bytes follow the reply")
        }
        buffer.moveReaderIndex(forwardBy: head.headLength)
        return (head, buffer)
    }

    private func settle(_ head: ReplyHead, _ body: ByteBuffer) {
        guard let done = flight else { return }
        let now = LoadRecorder.now
        repliesOverLink += 1
        guard (200...299).contains(head.status) else {
            return fail(.status(head.status), Self.reason(head, body))
        }
        clearFlight()
        let expectation = recorder.sample(done.index).expectation
        let verdict = body.withUnsafeReadableBytes { bytes in
            judge.judge(bytes, jsonLength: head.jsonLength, expecting: expectation)
        }
        recorder.answer(done.index, lane: number, due: done.due, now: now, verdict)
    }

    private static func reason(_ head: ReplyHead, _ body: ByteBuffer) -> String {
        let reply = HTTPReply(status: head.status, body: Array(body.readableBytesView))
        do throws(ClientError) {
            _ = try reply.successful()
            return "HTTP \(head.status)"
        } catch {
            return "HTTP \(error.message)"
        }
    }

    private func fail(_ failure: LoadFailure, _ reason: String) {
        guard let failed = flight else { return }
        clearFlight()
        recorder.fail(failed.index, now: LoadRecorder.now, failure, reason)
    }

    private func clearFlight() {
        flight = nil
        received = nil
        head = nil
    }
}

// MARK: - Time

extension LoadLane: NIOScheduledCallbackHandler {
    /// Calls `advance` at this time, unless it will be called before.
    private func wake(at time: UInt64) {
        if let wakeUp {
            guard time < wakeUp.time else { return }
            wakeUp.callback.cancel()
        }
        let deadline = NIODeadline.uptimeNanoseconds(time)
        wakeUp = (try? eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)).map { (time, $0) }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        wakeUp = nil
        advance()
    }

    /// Looks for a request that takes too long, often enough to be about a tenth late at most.
    private func watchTimeouts() {
        let limit = TimeAmount(recorder.configuration.requestTimeout)
        let pause = TimeAmount.nanoseconds(min(max(limit.nanoseconds / 10, 1_000_000), 1_000_000_000))
        watch = eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.expire(limit)
            if !self.isDone { self.watchTimeouts() }
        }
    }

    private func expire(_ limit: TimeAmount) {
        guard let waiting = flight, LoadRecorder.now - waiting.sent > UInt64(limit.nanoseconds) else { return }
        fail(.timedOut, "no complete reply within \(limit.nanoseconds / 1_000_000) ms")
        if case .open(let context) = link { close(context) }
    }
}
