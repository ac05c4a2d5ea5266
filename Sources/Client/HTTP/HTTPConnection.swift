import NIOCore
import NIOHTTP1
import NIOPosix

/// One open connection: takes one request at a time.
struct HTTPConnection: Sendable {
    private let channel: any Channel
    private let server: ServerAddress

    /// - Throws: `ClientError.Code.unreachable`, `.timedOut` or `.invalidAddress`.
    static func open(to server: ServerAddress, deadline: NIODeadline) async throws(ClientError) -> HTTPConnection {
        let secure = try SecureClient(server)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(max(deadline - .now(), .nanoseconds(1)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try secure?.addHandler(to: channel)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ReplyCollector())
                }
            }
        do {
            return HTTPConnection(channel: try await bootstrap.connect(to: server).get(), server: server)
        } catch {
            throw ClientError(connecting: server, error)
        }
    }

    /// Whether the server has not closed it, as far as is known here.
    var isOpen: Bool { channel.isActive }

    /// Sends one request and waits for its whole reply. A cancelled task closes the connection.
    func answer(
        _ request: HTTPRequest, deadline: NIODeadline, replyLimit: Int
    ) async throws(HTTPCallFailure) -> HTTPAnswer {
        let answer = channel.eventLoop.makePromise(of: HTTPAnswer.self)
        let call = HTTPCall(
            request: request, authority: server.authority, deadline: deadline, replyLimit: replyLimit, answer: answer)
        do {
            return try await withTaskCancellationHandler {
                channel.writeAndFlush(call).whenFailure { error in
                    answer.fail(HTTPCallFailure(error: ClientError(talking: error), sawReply: false))
                }
                return try await answer.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch let failure as HTTPCallFailure {
            throw failure
        } catch {
            throw HTTPCallFailure(error: ClientError(talking: error), sawReply: false)
        }
    }

    /// Closes it without waiting.
    func close() { channel.close(promise: nil) }
}

extension ClientBootstrap {
    /// Connects over TCP, trying the addresses of a name in turn (RFC 8305), or over a local socket.
    func connect(to server: ServerAddress) -> EventLoopFuture<any Channel> {
        switch server {
        case .tcp(let host, let port), .tls(let host, let port, _): connect(host: host, port: port)
        case .unixSocket(let path): connect(unixDomainSocketPath: path)
        }
    }
}
