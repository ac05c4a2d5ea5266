import Monitor
import NIOCore
import Trust

/// One client's HTTP/2 connection: gives each call its frames, watches windows and floods, and ends politely.
///
/// Belongs to one event loop. Streams are not channels of their own: what arrives is read where it lies, and what is
/// answered is written into one buffer, which the socket gets when there is nothing more to read.
///
/// Source: RFC 9113; gRPC over HTTP/2.
final class GRPCConnection: ChannelDuplexHandler, ServerConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

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
    var context: ChannelHandlerContext?
    var ending = Ending.none
    /// Bytes to come that are in the metrics already.
    private var counted: Int
    private(set) var readAt = MonotonicClock.now()
    /// When the last call was opened or closed.
    var lastUse = MonotonicClock.now()
    /// When a sign of life was asked for that has not come; 0 without.
    var pingedAt: UInt64 = 0
    /// Since when the client takes no bytes; 0 when it does.
    private(set) var blockedSince: UInt64 = 0
    private var holdsRead = false

    // MARK: What comes

    var reader: FrameReader
    var headers: HeaderDecoder
    var openings: OpeningCache
    var floods: FloodGuard
    /// Bytes of a frame that is not complete.
    var rest: ByteBuffer?
    /// Since when a frame or a header block is not complete; 0 without.
    var partialSince: UInt64 = 0
    var isReading = false
    /// Bytes that the client may send on all streams.
    var receiveWindow: FlowWindow
    var hasAcknowledged = false

    // MARK: Calls

    var streams = StreamTable()
    /// Streams that the server ended first.
    var resets: RecentResets
    /// The last stream that the client began.
    var lastStream: UInt32 = 0
    /// The last one that was taken as a call.
    var lastCall: UInt32 = 0

    // MARK: What leaves

    /// Bytes to be sent with the next flush.
    var out = ByteBuffer()
    var encoder = HeaderEncoder()
    var peer = PeerSettings()
    /// Bytes that may be sent on all streams.
    var sendWindow = FlowWindow(FlowWindow.usual)
    /// Calls whose answers wait for the client's windows, in the order in which they take turns.
    var waiting: [GRPCCall] = []
    var isDraining = false

    /// - Parameter counted: bytes to come that are in the metrics already.
    init(loop: LoopState, counted: Int) {
        self.loop = loop
        self.counted = counted
        let (grpc, http) = (loop.plane.configuration.grpc, loop.plane.configuration.limits)
        number = loop.ids.random()
        limits = grpc
        reader = FrameReader(
            .init(frameBytes: grpc.frameBytes, headerBlock: http.headerBytes, continuations: grpc.continuations))
        headers = HeaderDecoder(listLimit: http.headerBytes)
        openings = OpeningCache()
        floods = FloodGuard(
            controlFrames: grpc.controlFrames, emptyDataFrames: grpc.emptyDataFrames,
            resetsPerSecond: grpc.resetsPerSecond)
        receiveWindow = FlowWindow(grpc.connectionWindow)
        resets = RecentResets(capacity: grpc.concurrentCalls)
    }

    /// Whether bytes that come are still looked at.
    var isReadable: Bool {
        switch ending {
        case .none, .announced, .final: true
        case .lingering, .closed: false
        }
    }

    /// Whether the client takes bytes.
    var isTaking: Bool { blockedSince == 0 }
}

// MARK: - Life

extension GRPCConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        out = context.channel.allocator.buffer(capacity: 512)
        writePreface()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        ending = .closed
        closeCalls()
        loop.plane.connectionClosed()
        loop.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { if isReadable { abort() } }

    /// Ends the connection for what its client did.
    func fail(_ code: HTTP2ErrorCode) {
        guard isReadable else { return }
        writeGoAway(lastCall, code)
        linger()
    }

    /// Gives the client time to read what was written last; what it still sends is dropped.
    func linger() {
        ending = .lingering(MonotonicClock.now())
        rest = nil
        closeCalls()
        flushNow()
        context?.close(mode: .output, promise: nil)
    }

    func abort() {
        guard let context else { return }
        ending = .closed
        context.close(promise: nil)
    }

    private func closeCalls() {
        waiting = []
        for call in streams.removeAll() { call.close() }
    }
}

// MARK: - Events of the channel

extension GRPCConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        loop.plane.metrics.bytesReceived.add(bytes.readableBytes - counted)
        counted = 0
        guard isReadable else { return }
        readAt = MonotonicClock.now()
        pingedAt = 0
        isReading = true
        read(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushNow()
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
            drain()
            flush()
            if holdsRead {
                holdsRead = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }
}
