import NIOCore

/// Stands before the HTTP parser: tells the connection how many bytes come, and drops what comes after an error.
final class ByteGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.willParse(unwrapInboundIn(data).readableBytes) else { return }
        context.fireChannelRead(data)
        connection.didParse()
    }
}
