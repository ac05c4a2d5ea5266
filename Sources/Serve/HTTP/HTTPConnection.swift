import Monitor
import NIOCore

/// One client's connection: takes its requests in order, one at a time, and answers them in that order.
///
/// Belongs to one event loop. Requests that were sent ahead wait as the bytes they came in, which one read from the socket
/// bounds: nothing more is read while something waits there.
final class HTTPConnection: ChannelDuplexHandler, ServerConnection {
    typealias InboundIn = ByteBuffer
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
    /// The method and target that were matched last: clients mostly ask for the same again.
    var lastMatch: (line: [UInt8], match: RouteMatch)?
    /// The `Host` and `Origin` that were accepted last.
    var lastOrigin: (host: String?, origin: String?)?
    /// The last JSON before binary tensors.
    let repeated = RepeatedHeader()
    /// Tells its requests from those of others where clients take turns.
    let number: UInt64

    /// When the last bytes came, on the monotonic clock.
    private(set) var readAt = MonotonicClock.now()
    /// When the phase began.
    var phaseBegan = MonotonicClock.now()
    /// When the first byte of a header came that is not complete; 0 without one.
    var headerBegan: UInt64 = 0
    /// Requests that others than the event loop answered, or will.
    var errands: UInt64 = 0
    /// Since when the client has not read its replies; 0 when it does.
    var blockedSince: UInt64 = 0

    var parser: RequestParser
    /// What came and is not parsed: half of a header, or requests that were sent ahead.
    var unread = ByteBuffer()
    var isParsing = false
    var isReading = false
    private var needsFlush = false
    var holdsRead = false

    init(loop: LoopState) {
        self.loop = loop
        parser = RequestParser(limits: loop.plane.configuration.limits)
        number = loop.ids.random()
    }

    /// Moves to another phase.
    func enter(_ next: Phase, at now: UInt64) {
        phase = next
        phaseBegan = now
    }

    /// Nothing may be handled now: a reply is awaited, or replies are not being read.
    var isBlocked: Bool { phase == .waiting || blockedSince != 0 }
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
        unread = ByteBuffer()
        loop.remove(self)
    }

    /// Counts bytes that came, and says whether they are still looked at.
    func admits(_ count: Int) -> Bool {
        loop.plane.metrics.bytesReceived.add(count)
        guard phase != .lingering, phase != .closed else { return false }
        readAt = MonotonicClock.now()
        return true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let bytes = unwrapInboundIn(data)
        if admits(bytes.readableBytes) { take(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushIfNeeded()
    }

    func read(context: ChannelHandlerContext) {
        if holdsBack { holdsRead = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, blockedSince != 0 {
            blockedSince = 0
            goOn()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
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
        } else if !isReading, !isParsing {
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
        unread = ByteBuffer()
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
