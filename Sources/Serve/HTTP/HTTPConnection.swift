import Monitor
import NIOCore
import NIOHTTP1

/// One client's connection: takes its requests in order, one at a time, and answers them in that order.
///
/// Belongs to one event loop. Requests that were sent ahead wait in `pending`, which one read from the socket bounds:
/// nothing more is read while something waits there.
final class HTTPConnection: ChannelDuplexHandler, ServerConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Where the connection stands.
    enum Phase {
        /// Between two requests.
        case idle
        /// A request's body is coming.
        case receiving
        /// A run thread has the request, or will.
        case waiting
        /// The request is answered; what is left of its body is dropped.
        case discarding
        /// An error was answered, nothing more is understood; the client gets time to read it.
        case lingering
        case closed
    }

    let loop: LoopState
    var phase = Phase.idle
    var current: CurrentRequest?
    var context: ChannelHandlerContext?
    /// The target that was matched last: clients mostly ask for the same again.
    var lastMatch: (method: HTTPMethod, target: String, match: RouteMatch)?
    /// The `Host` and `Origin` that were accepted last.
    var lastOrigin: (host: String?, origin: String?)?
    /// Tells its requests from those of others where clients take turns.
    let number: UInt64

    /// When the last bytes came, on the monotonic clock.
    private(set) var readAt = MonotonicClock.now()
    /// When the phase began.
    var phaseBegan = MonotonicClock.now()
    /// When the first byte of a header came that is not complete; 0 without one.
    var headerBegan: UInt64 = 0
    /// Bytes that came since the current header began, or since it was complete.
    var rawBytes = 0
    /// Requests that others than the event loop answered, or will.
    var errands: UInt64 = 0
    /// Since when the client has not read its replies; 0 when it does.
    var blockedSince: UInt64 = 0

    private var pending = CircularBuffer<HTTPServerRequestPart>()
    private var isHandlingPending = false
    private var isReading = false
    private var needsFlush = false
    private var holdsRead = false

    init(loop: LoopState) {
        self.loop = loop
        number = loop.ids.random()
    }

    /// Moves to another phase.
    func enter(_ next: Phase, at now: UInt64) {
        phase = next
        phaseBegan = now
    }

    /// Nothing may be handled now: a reply is awaited, or replies are not being read.
    private var isBlocked: Bool { phase == .waiting || blockedSince != 0 }
}

// MARK: - Reading

extension HTTPConnection {
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        let count = loop.plane.connectionOpened()
        loop.add(self)
        if count > loop.plane.configuration.limits.connections {
            refuse(RequestFault(.tooManyConnections, "this server has as many connections as it takes"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.plane.connectionClosed()
        phase = .closed
        current?.flight?.cancel()
        current = nil
        pending.removeAll()
        loop.remove(self)
    }

    /// Called before the parser sees bytes.
    ///
    /// - Returns: whether it should see them.
    func willParse(_ count: Int) -> Bool {
        loop.plane.metrics.bytesReceived.add(count)
        guard phase != .lingering, phase != .closed else { return false }
        readAt = MonotonicClock.now()
        if phase == .idle, headerBegan == 0 {
            headerBegan = readAt
            rawBytes = 0
        }
        rawBytes += count
        return true
    }

    /// Called after the parser has seen them: ends connections that send much and mean little by it.
    func didParse() {
        switch phase {
        case .idle where headerBegan != 0 && rawBytes > loop.plane.configuration.limits.rawHeaderBytes:
            refuse(RequestFault(.headerTooLarge, "the request's header is not complete after \(rawBytes) bytes"))
        case .receiving, .discarding:
            guard let current, rawBytes > 3 * current.received + HTTPLimits.framingSlack else { return }
            refuse(RequestFault(.malformedRequest, "the body's chunks are too small or carry too much beside it"))
        default: break
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let part = unwrapInboundIn(data)
        if isBlocked || !pending.isEmpty {
            pending.append(part)
        } else {
            handle(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushIfNeeded()
    }

    func read(context: ChannelHandlerContext) {
        if pending.isEmpty && blockedSince == 0 { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, blockedSince != 0 {
            blockedSince = 0
            handlePending()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        switch error {
        case .headerOverflow: refuse(RequestFault(.headerTooLarge, "the request's header is too large"))
        default: refuse(RequestFault(.malformedRequest, "this is no well-formed HTTP/1.1 request"))
        }
    }

    private func handle(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): if phase == .idle { begin(head) }
        case .body(let bytes): if phase == .receiving { receive(bytes) } else { drop(bytes) }
        case .end: end()
        }
    }

    private func drop(_ bytes: ByteBuffer) {
        current?.received += bytes.readableBytes
    }

    /// Goes on with requests that were sent ahead, until one has to be waited for.
    func handlePending() {
        guard !isHandlingPending else { return }
        isHandlingPending = true
        while !isBlocked, let part = pending.popFirst() { handle(part) }
        isHandlingPending = false
        if !isReading { flushIfNeeded() }
        if holdsRead, pending.isEmpty, blockedSince == 0 {
            holdsRead = false
            context?.read()
        }
    }

    /// The bytes read so far that belong to the next request, not to the one whose header is now complete.
    func headerIsComplete() {
        headerBegan = 0
        rawBytes = 0
    }
}

// MARK: - Writing

extension HTTPConnection {
    /// Sends bytes: at once, or together with what else is being answered.
    func send(_ bytes: ByteBuffer, then promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        loop.plane.metrics.bytesSent.add(bytes.readableBytes)
        needsFlush = true
        context.write(wrapOutboundOut(bytes), promise: promise)
        if !context.channel.isWritable {
            flushIfNeeded()
            if !context.channel.isWritable, blockedSince == 0 { blockedSince = MonotonicClock.now() }
        } else if !isReading, !isHandlingPending {
            flushIfNeeded()
        }
    }

    /// Sends now.
    func flushIfNeeded() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    /// Sends a last reply and ends the connection when it has left.
    func sendAndClose(_ bytes: ByteBuffer) {
        guard let context else { return }
        enter(.closed, at: readAt)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.context?.close(promise: nil) }
        send(bytes, then: promise)
        flushIfNeeded()
    }

    /// Sends an error, says that nothing follows, and drops what still comes until the client has had time to read it.
    func sendAndLinger(_ bytes: ByteBuffer) {
        guard let context else { return }
        enter(.lingering, at: MonotonicClock.now())
        pending.removeAll()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.context?.close(mode: .output, promise: nil) }
        send(bytes, then: promise)
        flushIfNeeded()
    }

    /// Ends the connection, whatever it is doing.
    func abort() {
        phase = .closed
        context?.close(promise: nil)
    }
}
