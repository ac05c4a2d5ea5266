import NIOCore
import Synchronization

/// What stands at the socket of a control connection: it closes those of clients that take too long to say what they
/// want, and those that are one too many.
///
/// A client that sends one byte always in time is never idle. Without this a few thousand of them would take every
/// descriptor of the process, those of the data plane among them.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How far a request has come, told by whoever answers it as an outbound event.
    enum Stage: Sendable { case hasHeader, hasBody, isAnswered }

    struct Limits: Sendable {
        /// From a request's first byte until its header is whole.
        var header = Duration.seconds(20)
        /// From there until its body is, which has at most four megabytes.
        var body = Duration.seconds(60)
        /// Connections open at a time.
        var connections = 512
    }

    /// How many connections there are.
    final class Count: Sendable {
        private let open = Mutex(0)

        /// Counts one more, and tells how many there are then.
        func add() -> Int {
            open.withLock { open in
                open += 1
                return open
            }
        }

        func remove() { open.withLock { $0 -= 1 } }
    }

    private let limits: Limits
    private let count: Count
    private var timer: Scheduled<Void>?
    private var state = State.header

    /// What is expected of the client.
    private enum State {
        /// A request's header, which may not have begun.
        case header
        /// Nothing: the header is whole, and it is the server's turn to look at it.
        case seen
        /// The body, or patience: whoever answers tells what comes next.
        case answering
    }
    /// How many of the four bytes that end a header have come.
    private var matched = 0

    init(_ limits: Limits, _ count: Count) {
        self.limits = limits
        self.count = count
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if count.add() > limits.connections { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        count.remove()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state == .header {
            if timer == nil { start(limits.header, context) }
            if endsHeader(unwrapInboundIn(data)) {
                stop()
                state = .seen
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // What nobody answers here, such as a path that does not exist, the server library does.
        if state == .seen { state = .header }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let stage = event as? Stage else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        stop()
        state = stage == .isAnswered ? .header : .answering
        if stage == .hasHeader { start(limits.body, context) }
        promise?.succeed()
    }

    /// Whether a carriage return and a line feed, twice, are among the bytes so far.
    private func endsHeader(_ bytes: ByteBuffer) -> Bool {
        for byte in bytes.readableBytesView {
            let isExpected = byte == (matched % 2 == 0 ? UInt8(ascii: "\r") : UInt8(ascii: "\n"))
            matched = isExpected ? matched + 1 : byte == UInt8(ascii: "\r") ? 1 : 0
            if matched == 4 {
                matched = 0
                return true
            }
        }
        return false
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }

    private func start(_ time: Duration, _ context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: TimeAmount(time)) { channel.close(promise: nil) }
    }
}

/// Puts the guard at the socket: what a server library adds itself stands behind it. Leaves nothing where it was put.
final class GuardPlacement: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let limits: ConnectionGuard.Limits
    private let count: ConnectionGuard.Count

    init(_ limits: ConnectionGuard.Limits, _ count: ConnectionGuard.Count) {
        self.limits = limits
        self.count = count
    }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            try context.pipeline.syncOperations.addHandler(ConnectionGuard(limits, count), position: .first)
        } catch {
            context.close(promise: nil)
        }
    }
}
