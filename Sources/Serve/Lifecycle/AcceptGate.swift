import NIOCore

/// Takes no more connections than there are descriptors for: the system keeps the others waiting until some have gone.
///
/// Those beyond the number that is served are told so and linger a little; without this bound a crowd of them would take the
/// process's last descriptors. That ends it: the system library that runs Swift's tasks traps when it cannot open a file.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let most: Int
    private var open = 0
    /// Whether a read was asked for and is put off.
    private var isHeld = false

    /// - Parameter served: connections that are served; a sixteenth more, two at least, are told that they are too many.
    init(served: Int) {
        most = served + max(2, served / 16)
    }

    func read(context: ChannelHandlerContext) {
        guard open < most else {
            isHeld = true
            return
        }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.leave(context)
        }
        context.fireChannelRead(data)
    }

    private func leave(_ context: ChannelHandlerContext) {
        open -= 1
        guard isHeld, open < most else { return }
        isHeld = false
        context.read()
    }
}
