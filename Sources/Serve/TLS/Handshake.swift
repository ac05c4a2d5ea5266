import NIOCore
import NIOSSL
import NIOTLS

/// Watches one connection until its handshake is complete: it has so long, and must not crowd out others.
///
/// Belongs to one event loop.
final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let loop: LoopState
    private let store: TLSStore
    private let door: TLSDoor
    let began = MonotonicClock.now()
    private var isOver = false

    /// The handlers of TLS, in their order.
    ///
    /// - Throws: when no certificate has been loaded.
    static func handlers(_ store: TLSStore, _ loop: LoopState) throws -> [any ChannelHandler] {
        guard let context = store.context else { throw ChannelError.operationUnsupported }
        let door = TLSDoor()
        return [door, NIOSSLServerHandler(context: context), Handshake(loop, store, door)]
    }

    private init(_ loop: LoopState, _ store: TLSStore, _ door: TLSDoor) {
        self.loop = loop
        self.store = store
        self.door = door
    }

    func channelActive(context: ChannelHandlerContext) {
        loop.begin(self)
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            end(.completed)
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(door, promise: nil)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed)
        door.cut()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failed)
        context.fireChannelInactive()
    }

    /// Ends the connection: its place is needed, or its time is over.
    func cut(_ outcome: HandshakeOutcome) {
        end(outcome)
        door.cut()
    }

    private func end(_ outcome: HandshakeOutcome) {
        guard !isOver else { return }
        isOver = true
        loop.end(self)
        loop.plane.metrics.tls.count(outcome)
    }
}

/// Stands before TLS until the handshake is complete: tells clients that speak plain HTTP what is wrong, and ends
/// connections without waiting for the other side's farewell.
final class TLSDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var isOpen = false
    private var isShut = false

    /// Every TLS connection begins with a record of this type. Source: RFC 8446 section 5.1.
    private static let handshakeRecord: UInt8 = 22

    private static let refusal: StaticString = """
        HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 83\r\nConnection: close\r\n\r\n\
        {"error":"this port speaks TLS; use https:// or secure gRPC","code":"tls_required"}
        """

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        if !isOpen, let first = unwrapInboundIn(data).readableBytesView.first {
            guard first == Self.handshakeRecord else { return refuse(context) }
            isOpen = true
        }
        context.fireChannelRead(data)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isShut = true
        let reply = context.channel.allocator.buffer(staticString: Self.refusal)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.cut() }
        context.writeAndFlush(wrapOutboundOut(reply), promise: promise)
    }

    /// Closes the socket, past TLS.
    func cut() {
        isShut = true
        context?.close(promise: nil)
    }
}

/// Connections of one event loop whose handshake is not complete.
struct HalfOpen {
    private var all: [ObjectIdentifier: Handshake] = [:]

    mutating func add(_ handshake: Handshake) { all[ObjectIdentifier(handshake)] = handshake }

    mutating func remove(_ handshake: Handshake) { all[ObjectIdentifier(handshake)] = nil }

    var count: Int { all.count }

    /// The one that has been at it for longest.
    var oldest: Handshake? { all.values.min { $0.began < $1.began } }

    /// Those that began before a moment.
    func begun(before moment: UInt64) -> [Handshake] { all.values.filter { $0.began < moment } }
}
