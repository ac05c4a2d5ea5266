import Monitor
import NIOCore
import NIOHPACK
import NIOHTTP2
import Trust

/// One client's HTTP/2 connection: gives each call its frames, watches windows and floods, and ends politely.
///
/// Belongs to one event loop. Streams are not channels of their own: a table of calls costs a third of that.
final class GRPCConnection: ChannelDuplexHandler, ServerConnection {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTP2Frame

    /// How far the connection's end has come.
    enum Ending {
        case none
        /// The client knows, but calls may be on their way.
        case announced(UInt64)
        /// No further call is taken.
        case final
        /// The last was sent; what still comes is dropped until the client has had time to read it.
        case lingering(UInt64)
        case closed
    }

    let loop: LoopState
    /// Tells its requests from those of others where clients take turns.
    let number: UInt64
    let limits: GRPCLimits
    /// Stands at the beginning of the channel.
    weak var gate: FrameGate?
    var calls: [HTTP2StreamID: GRPCCall] = [:]
    var ending = Ending.none
    /// The last call that came.
    var lastCall = HTTP2StreamID.rootStream

    private(set) var readAt = MonotonicClock.now()
    /// When the last call was opened or closed.
    var lastUse = MonotonicClock.now()
    /// When a sign of life was asked for that has not come; 0 without.
    var pingedAt: UInt64 = 0
    /// Since when the client takes no bytes; 0 when it does.
    private(set) var blockedSince: UInt64 = 0
    /// Frames that the client may still send without meaning anything by them.
    var controlBudget: Int
    /// A `GOAWAY` with an error was sent: the connection cannot go on.
    private var isBroken = false
    private var counted: Int
    private var context: ChannelHandlerContext?
    private var isReading = false
    private var needsFlush = false
    private var holdsRead = false

    /// - Parameter counted: bytes to come that are in the metrics already.
    init(loop: LoopState, counted: Int) {
        self.loop = loop
        self.counted = counted
        number = loop.ids.random()
        limits = loop.plane.configuration.grpc
        controlBudget = limits.controlFrames
    }

    /// Whether bytes that come are still looked at.
    var isReadable: Bool {
        switch ending {
        case .none, .announced, .final: true
        case .lingering, .closed: false
        }
    }
}

// MARK: - Life

extension GRPCConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        write(.windowUpdate(windowSizeIncrement: limits.connectionWindow - Self.initialWindow), .rootStream)
    }

    /// The connection's window until it is raised. Source: RFC 9113 section 6.9.2.
    private static let initialWindow = 65_535

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        ending = .closed
        let open = Array(calls.values)
        calls = [:]
        for call in open { call.close() }
        loop.plane.connectionClosed()
        loop.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isReadable else { return }
        if isBroken {
            linger()
        } else if !(error is any NIOHTTP2Error) {
            abort()
        }
        // Else the library has reset the one stream that is at fault.
    }

    /// Gives the client time to read what was written last; what it still sends is dropped.
    func linger() {
        ending = .lingering(MonotonicClock.now())
        let open = Array(calls.values)
        calls = [:]
        for call in open { call.close() }
        context?.flush()
        context?.close(mode: .output, promise: nil)
    }

    func abort() {
        guard let context else { return }
        ending = .closed
        context.close(promise: nil)
    }
}

extension GRPCConnection: NIOHTTP2FrameDelegate {
    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { isBroken = true }
    }
}

// MARK: - Reading

extension GRPCConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isReadable else { return }
        isReading = true
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers): receive(headers, frame.streamID)
        case .data(let data):
            earn(4)
            guard let call = calls[frame.streamID], case .byteBuffer(let bytes) = data.data else { return }
            call.receive(bytes, isLast: data.endStream)
        case .ping(_, let isAnswer) where isAnswer: pingWasAnswered()
        case .ping, .settings, .priority, .windowUpdate: spend()
        default: break
        }
    }

    private func receive(_ headers: HTTP2Frame.FramePayload.Headers, _ id: HTTP2StreamID) {
        earn(16)
        if let call = calls[id] {
            call.receive(ByteBuffer(), isLast: headers.endStream)
        } else if id > lastCall {
            lastCall = id
            lastUse = readAt
            open(id, headers.headers, isLast: headers.endStream)
        }
    }

    /// One frame that asks for nothing came.
    private func spend() {
        controlBudget -= 1
        guard controlBudget < 0 else { return }
        write(.goAway(lastStreamID: lastCall, errorCode: .enhanceYourCalm, opaqueData: nil), .rootStream)
        linger()
    }

    /// Bytes were sent; the client says for some of them how many more it can take.
    func sent(_ count: Int) { earn(8 + count / 4096) }

    /// The client may send so many more frames that ask for nothing.
    func earn(_ count: Int) { controlBudget = min(controlBudget + count, 64 * limits.controlFrames) }

    /// Bytes came from the socket.
    ///
    /// - Returns: whether they are looked at.
    func willParse(_ count: Int) -> Bool {
        loop.plane.metrics.bytesReceived.add(count - counted)
        counted = 0
        guard isReadable else { return false }
        readAt = MonotonicClock.now()
        pingedAt = 0
        return true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: windowChanged(event)
        case let event as StreamClosedEvent: closed(event.streamID)
        default: break
        }
    }

    private func closed(_ id: HTTP2StreamID) {
        guard let call = calls.removeValue(forKey: id) else { return }
        lastUse = MonotonicClock.now()
        call.close()
        closeIfDone()
    }

    func read(context: ChannelHandlerContext) {
        if blockedSince == 0 { context.read() } else { holdsRead = true }
    }

    /// While the client takes no bytes, none of its own are read.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable {
            if blockedSince == 0 { blockedSince = MonotonicClock.now() }
        } else if blockedSince != 0 {
            blockedSince = 0
            if holdsRead {
                holdsRead = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - Windows

extension GRPCConnection {
    private func windowChanged(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let size = event.inboundWindowSize else { return }
        if event.streamID == .rootStream {
            guard size <= limits.connectionWindow / 2, isReadable else { return }
            write(.windowUpdate(windowSizeIncrement: limits.connectionWindow - size), .rootStream)
            flush()
        } else if let call = calls[event.streamID] {
            call.window = size
            refill(call)
        }
    }

    /// Lets a call's client send more, if the call takes what comes.
    func refill(_ call: GRPCCall) {
        guard let size = call.window, size <= limits.callWindow / 2, !call.isHolding, case .receiving = call.phase
        else { return }
        call.window = limits.callWindow
        write(.windowUpdate(windowSizeIncrement: limits.callWindow - size), call.id)
        flush()
    }
}

// MARK: - Writing

extension GRPCConnection {
    func allocate(_ capacity: Int) -> ByteBuffer {
        context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
    }

    /// Writes a frame; sent with what else is being written.
    func write(_ payload: HTTP2Frame.FramePayload, _ id: HTTP2StreamID, _ promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        if case .data(let data) = payload { loop.plane.metrics.bytesSent.add(data.data.readableBytes) }
        needsFlush = true
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: promise)
    }

    /// Ends a stream with headers.
    ///
    /// - Parameter resets: whether the client may still be sending, and should stop.
    func end(_ id: HTTP2StreamID, _ trailers: HPACKHeaders, resets: Bool) {
        guard let context else { return }
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: trailers, endStream: true))
        if resets {
            // After the trailers, however long the client takes them to come.
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenSuccess { self.reset(id, .noError) }
            write(payload, id, promise)
        } else {
            write(payload, id)
        }
        flush()
    }

    /// Ends a stream at once.
    func reset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode = .cancel) {
        write(.rstStream(code), id)
        flush()
    }

    /// Sends what was written, unless that happens anyway when all that came has been read.
    func flush() { if !isReading { flushNow() } }

    /// Sends what was written.
    func flushNow() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }
}
