import NIOCore

/// Stands before everything else until it is known which protocol a connection speaks.
final class ByteGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection
    /// What came so far of something that may become HTTP/2.
    private var beginning: ByteBuffer?

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard connection.admits(bytes.readableBytes) else { return }
        if var all = beginning {
            all.writeBuffer(&bytes)
            bytes = all
        }
        beginning = nil
        switch Preface.match(bytes) {
        case .soFar:
            beginning = bytes
            connection.noteHeader(isUnfinished: true)
        case .no:
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            connection.takeFirst(bytes)
        case .yes: speakHTTP2(context, bytes)
        }
    }

    private func speakHTTP2(_ context: ChannelHandlerContext, _ bytes: ByteBuffer) {
        do {
            try switchToGRPC(context, connection.loop, counted: bytes.readableBytes)
            connection.yield()
            context.pipeline.syncOperations.removeHandler(connection, promise: nil)
            context.fireChannelRead(wrapInboundOut(bytes))
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.fireErrorCaught(error)
        }
    }
}
