import NIOCore
import NIOPosix
import NIOSSL

/// Hands messages to a mail server, one to a connection. Tries once: trying again is its caller's.
package enum MailSender {
    /// - Parameter patience: from the call to the server's word that it has the message.
    /// - Throws: `MailFailure`; one that is not final may be tried again.
    package static func send(
        _ message: MailMessage, over relay: MailRelay, within patience: Duration
    ) async throws(MailFailure) {
        let secure: SecureClient?
        do throws(ClientError) { secure = try SecureClient(relay.address) } catch {
            throw MailFailure(error.message, isFinal: true)
        }
        let deadline = NIODeadline.now() + TimeAmount(patience)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let taken = loop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(patience))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if relay.security == .implicit { try secure?.addHandler(to: channel) }
                    try channel.pipeline.syncOperations.addHandler(
                        SMTPHandler(message, relay, secure, deadline: deadline, taken: taken))
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: relay.host, port: relay.port).get()
        } catch {
            taken.fail(MailFailure("", isFinal: false))
            throw MailFailure(ClientError(connecting: relay.address, error).message, isFinal: false)
        }
        do {
            try await withTaskCancellationHandler {
                try await taken.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch let failure as MailFailure {
            throw failure
        } catch {
            throw MailFailure(ClientError(talking: error).message, isFinal: false)
        }
    }
}

/// Carries out what a dialogue says, on one connection.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let message: MailMessage
    private let relay: MailRelay
    private let secure: SecureClient?
    private let deadline: NIODeadline
    private let taken: EventLoopPromise<Void>
    private var reader = SMTPReplyReader()
    private var dialogue: SMTPDialogue?
    private var timer: Scheduled<Void>?
    private var isOver = false

    init(
        _ message: MailMessage, _ relay: MailRelay, _ secure: SecureClient?, deadline: NIODeadline,
        taken: EventLoopPromise<Void>
    ) {
        self.message = message
        self.relay = relay
        self.secure = secure
        self.deadline = deadline
        self.taken = taken
    }

    func channelActive(context: ChannelHandlerContext) {
        // What was connected to decides, not what the name was looked up to be before.
        guard relay.security != .none || Self.isLocal(context.remoteAddress) else {
            return end(
                .failure(MailFailure("mail goes without TLS only to a server on this machine", isFinal: true)), context)
        }
        dialogue = SMTPDialogue(message, over: relay, name: Self.name(of: context.localAddress))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.end(
                .failure(MailFailure("the mail server does not answer in time", isFinal: false)), context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        do throws(MailFailure) {
            let replies = try reader.take(unwrapInboundIn(data).readableBytesView)
            for (index, reply) in replies.enumerated() where !isOver {
                // Nothing is said ahead, so that one reply is all that there can be: more would be somebody else's words,
                // which after STARTTLS would be taken for what was said within TLS.
                guard index == replies.count - 1, !reader.isWithin else {
                    throw MailFailure("the mail server says more than it was asked", isFinal: false)
                }
                act(dialogue?.take(reply), context)
            }
        } catch {
            end(.failure(error), context)
        }
    }

    private func act(_ action: SMTPDialogue.Action?, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let bytes): write(bytes, context)
        case .secure: beginTLS(context)
        case .finish(let bytes):
            write(bytes, context)
            end(.success(()), context)
        case .fail(let failure): end(.failure(failure), context)
        case nil: break
        }
    }

    private func beginTLS(_ context: ChannelHandlerContext) {
        do {
            guard let secure else { throw ChannelError.inappropriateOperationForState }
            try secure.addFirst(to: context.channel)
        } catch {
            return end(.failure(MailFailure("TLS cannot begin: \(error)", isFinal: false)), context)
        }
        if let bytes = dialogue?.secured() { write(bytes, context) }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func end(_ result: Result<Void, MailFailure>, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        taken.completeWith(result.mapError { $0 as any Error })
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let text = String(describing: error)
        // A certificate that is not trusted is not trusted the next time either, but may be replaced meanwhile.
        let reason =
            text.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError
            ? "the mail server's certificate is not one that is trusted for '\(relay.host)'"
            : ClientError(talking: error).message
        end(.failure(MailFailure(reason, isFinal: false)), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(MailFailure("the mail server closed the connection", isFinal: false)), context)
        context.fireChannelInactive()
    }

    /// Source: RFC 5321, section 4.1.3: an address literal, where a machine has no name that it may tell.
    private static func name(of address: SocketAddress?) -> String {
        guard let text = address?.ipAddress?.split(separator: "%").first else { return "[127.0.0.1]" }
        return text.contains(":") ? "[IPv6:\(text)]" : "[\(text)]"
    }

    /// Whether an address is of this machine: `127.0.0.0/8` or `::1`.
    private static func isLocal(_ address: SocketAddress?) -> Bool {
        guard let text = address?.ipAddress else { return false }
        return text == "::1" || text.hasPrefix("127.") || text.hasPrefix("::ffff:127.")
    }
}
