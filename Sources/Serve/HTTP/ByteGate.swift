import NIOCore
import NIOHTTP1

/// Stands before everything else: finds out which protocol a connection speaks, then tells its handler how many bytes
/// come, and drops what comes after an error.
final class ByteGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection
    private var isHTTP1 = false
    /// What came so far of something that may become HTTP/2.
    private var beginning: ByteBuffer?

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.willParse(unwrapInboundIn(data).readableBytes) else { return }
        guard isHTTP1 else { return detect(context, unwrapInboundIn(data)) }
        context.fireChannelRead(data)
        connection.didParse()
    }

    private func detect(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        var bytes = bytes
        if var all = beginning {
            all.writeBuffer(&bytes)
            bytes = all
        }
        beginning = nil
        do {
            switch Preface.match(bytes) {
            case .soFar: beginning = bytes
            case .no:
                try addDecoder(context)
                isHTTP1 = true
                context.fireChannelRead(wrapInboundOut(bytes))
                connection.didParse()
            case .yes:
                try switchToGRPC(context, connection.loop, counted: bytes.readableBytes)
                connection.yield()
                context.pipeline.syncOperations.removeHandler(connection, promise: nil)
                context.fireChannelRead(wrapInboundOut(bytes))
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            }
        } catch {
            context.fireErrorCaught(error)
        }
    }

    private func addDecoder(_ context: ChannelHandlerContext) throws {
        let limits = connection.loop.plane.configuration.limits
        var decoder = NIOHTTPDecoderLimitConfiguration()
        // Looser than our own, which are applied to the complete header and answered with what was exceeded.
        decoder.maxHeaderListSize = limits.rawHeaderBytes
        decoder.maxHeaderFieldSize = decoder.maxHeaderListSize
        decoder.maxHeaderFieldCount = limits.headerFields * 2
        try context.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoder)), position: .after(self))
    }
}
