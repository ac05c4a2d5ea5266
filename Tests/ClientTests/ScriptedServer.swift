import Client
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real server on a free loopback port that does to each request what the test says, byte for byte.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var headers: [String: String]
        var body: [UInt8]
        /// Counts requests over all connections.
        var index: Int
        /// Counts connections.
        var connection: Int
        /// Counts requests on this connection.
        var turn: Int
    }

    enum Action: Sendable {
        /// Writes each part by itself, and goes on with the connection.
        case write([[UInt8]])
        /// Writes, then closes.
        case writeAndClose([UInt8])
        /// Never answers.
        case ignore
        case delayed(TimeAmount, [UInt8])
        /// Stops listening, and then closes.
        case goAway
    }

    private struct State {
        var connections = 0
        var requests: [Request] = []
        var open: [any Channel] = []
        var listener: (any Channel)?
    }

    let address: ServerAddress
    /// The number of each connection when it is accepted.
    let accepted: AsyncStream<Int>
    private let listener: any Channel
    private let state: SharedState

    private final class SharedState: Sendable {
        let value = Mutex(State())
        let answer: @Sendable (Request) -> Action
        let accepted: AsyncStream<Int>.Continuation

        init(_ answer: @escaping @Sendable (Request) -> Action, _ accepted: AsyncStream<Int>.Continuation) {
            self.answer = answer
            self.accepted = accepted
        }
    }

    enum Place { case ipv4, ipv6, unixSocket(String) }

    init(at place: Place = .ipv4, answer: @escaping @Sendable (Request) -> Action) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        let state = SharedState(answer, continuation)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = state.value.withLock { value in
                        value.open.append(channel)
                        value.connections += 1
                        return value.connections - 1
                    }
                    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
                    try channel.pipeline.syncOperations.addHandlers(decoder, Script(state, connection: number))
                    state.accepted.yield(number)
                }
            }
        switch place {
        case .ipv4: listener = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        case .ipv6: listener = try await bootstrap.bind(host: "::1", port: 0).get()
        case .unixSocket(let path):
            listener = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
        address =
            switch place {
            case .ipv4: .tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
            case .ipv6: .tcp(host: "::1", port: listener.localAddress?.port ?? 0)
            case .unixSocket(let path): .unixSocket(path: path)
            }
        accepted = stream
        self.state = state
        state.value.withLock { [listener] in $0.listener = listener }
    }

    var port: Int { listener.localAddress?.port ?? 0 }
    var connections: Int { state.value.withLock { $0.connections } }
    var requests: [Request] { state.value.withLock { $0.requests } }

    /// Stops listening and drops every connection.
    func stop() async throws {
        if listener.isActive { try await listener.close() }
        let open = state.value.withLock { $0.open }
        for channel in open { try? await channel.close() }
    }

    /// Runs `body` against a server and stops it whatever happens.
    static func with(
        at place: Place = .ipv4, answer: @escaping @Sendable (Request) -> Action,
        _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer(at: place, answer: answer)
        do { try await body(server) } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    private final class Script: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let state: SharedState
        private var request: Request

        init(_ state: SharedState, connection: Int) {
            self.state = state
            request = Request(
                method: "", path: "", headers: [:], body: [], index: 0, connection: connection, turn: -1)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request.method = head.method.rawValue
                request.path = head.uri
                let named = head.headers.map { ($0.name.lowercased(), $0.value) }
                request.headers = Dictionary(named) { first, _ in first }
                request.body = []
                request.turn += 1
            case .body(let part): request.body.append(contentsOf: part.readableBytesView)
            case .end:
                state.value.withLock { value in
                    request.index = value.requests.count
                    value.requests.append(request)
                }
                perform(state.answer(request), context)
            }
        }

        private func perform(_ action: Action, _ context: ChannelHandlerContext) {
            switch action {
            case .write(let parts):
                for part in parts { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: part)), promise: nil) }
            case .writeAndClose(let bytes):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                context.close(promise: nil)
            case .ignore: break
            case .goAway:
                let channel = context.channel
                let listener = state.value.withLock { $0.listener }
                listener?.close().whenComplete { _ in channel.close(promise: nil) }
            case .delayed(let delay, let bytes):
                context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
                    context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                }
            }
        }
    }
}

/// A whole reply with a length.
func reply(_ status: Int = 200, _ body: [UInt8] = [], headers: [String] = []) -> [UInt8] {
    let lines = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + headers
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}

func reply(_ status: Int = 200, _ body: String, headers: [String] = []) -> [UInt8] {
    reply(status, Array(body.utf8), headers: headers)
}

/// An inference reply in binary form whose only output is one INT64.
func labelReply(_ label: Int64, version: String = "1", headers: [String] = []) -> [UInt8] {
    let json = """
        {"model_name":"m","model_version":"\(version)","outputs":[{"name":"label","datatype":"INT64","shape":[1],\
        "parameters":{"binary_data_size":8}}]}
        """
    let value = withUnsafeBytes(of: label.littleEndian) { Array($0) }
    let length = "Inference-Header-Content-Length: \(json.utf8.count)"
    return reply(200, Array(json.utf8) + value, headers: [length] + headers)
}
