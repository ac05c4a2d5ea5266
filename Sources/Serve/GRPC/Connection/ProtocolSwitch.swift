import NIOCore
import NIOHTTP2

/// What the first bytes of a connection say it speaks.
///
/// Source: RFC 9113 section 3.4: every client of HTTP/2 begins with the same bytes, which are no request of HTTP/1.
enum Preface {
    enum Match { case no, soFar, yes }

    static let bytes: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    static func match(_ beginning: ByteBuffer) -> Match {
        let expected = UnsafeBufferPointer(start: bytes.utf8Start, count: bytes.utf8CodeUnitCount)
        let found = beginning.readableBytesView.prefix(expected.count)
        guard expected.starts(with: found) else { return .no }
        return found.count == expected.count ? .yes : .soFar
    }
}

extension HTTPConnection: RemovableChannelHandler {
    /// Leaves the connection to another protocol.
    func yield() {
        phase = .closed
        loop.remove(self)
    }
}

extension ByteGate {
    /// Puts the handlers of HTTP/2 in the place of this one and of what follows it.
    ///
    /// - Parameter counted: bytes that have come.
    func switchToGRPC(_ context: ChannelHandlerContext, _ loop: LoopState, counted: Int) throws {
        let connection = GRPCConnection(loop: loop, counted: counted)
        let (gate, frames) = (FrameGate(connection), GRPCConnection.http2Handler(connection))
        let pipeline = context.pipeline.syncOperations
        // One by one: each may write as soon as it is there, and what it writes passes those before it.
        try pipeline.addHandler(gate, position: .after(context.handler))
        try pipeline.addHandler(frames, position: .after(gate))
        try pipeline.addHandler(connection, position: .after(frames))
    }
}

/// Stands before the HTTP/2 handler: counts what comes, and drops it after an error.
final class FrameGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: GRPCConnection
    private var context: ChannelHandlerContext?

    init(_ connection: GRPCConnection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.gate = self
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.willParse(unwrapInboundIn(data).readableBytes) { context.fireChannelRead(data) }
    }

    /// Says that the connection will end, past the HTTP/2 handler: that one takes no new call once it has said so
    /// itself, though the client may have sent some before it knew.
    ///
    /// Source: RFC 9113 section 6.8.
    func announceEnd() {
        guard let context else { return }
        var frame = context.channel.allocator.buffer(capacity: 17)
        frame.writeBytes([0, 0, 8, 7, 0, 0, 0, 0, 0])
        frame.writeInteger(UInt32(Int32.max))
        frame.writeInteger(UInt32(0))
        context.write(NIOAny(frame), promise: nil)
    }
}

extension GRPCConnection {
    /// The library's part of HTTP/2, with every limit set.
    static func http2Handler(_ connection: GRPCConnection) -> NIOHTTP2Handler {
        let (limits, http) = (connection.limits, connection.loop.plane.configuration.limits)
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.concurrentCalls),
            HTTP2Setting(parameter: .maxHeaderListSize, value: http.headerBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: limits.callWindow),
            HTTP2Setting(parameter: .maxFrameSize, value: limits.frameBytes),
        ]
        configuration.maximumSequentialEmptyDataFrames = limits.emptyDataFrames
        configuration.maximumSequentialContinuationFrames = limits.continuations
        configuration.maximumBufferedControlFrames = limits.controlFrames
        configuration.maximumRecentlyResetStreams = limits.concurrentCalls
        configuration.maximumConnectionGlitches = 200
        // The tight limit on control frames is our own, which counts them against the calls they come with.
        configuration.controlFrameRateLimit.maximumCount = 2000
        configuration.controlFrameRateLimit.windowLength = .milliseconds(100)
        var streams = NIOHTTP2Handler.StreamConfiguration()
        streams.streamResetFrameRateLimit.maximumCount = limits.resetsPerSecond
        streams.streamResetFrameRateLimit.windowLength = .seconds(1)
        streams.streamErrorRateLimit.maximumCount = 200
        streams.streamErrorRateLimit.windowLength = .seconds(30)
        return NIOHTTP2Handler(
            mode: .server, frameDelegate: connection, connectionConfiguration: configuration,
            streamConfiguration: streams)
    }
}
