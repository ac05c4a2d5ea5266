import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import Release
package import ServiceLifecycle
import Tensors
import Trust

/// The control plane's listeners: the console and the management API on a port, the API on the local socket.
package struct ControlServer: Sendable {
    /// Where to listen.
    package enum Address: Sendable {
        case tcp(host: String, port: Int)
        /// Whoever may open it is an administrator: the file system decides.
        case socket(path: String)
    }

    private static let largestBody = 4 << 20

    private let routes: [ControlRoute]
    private let gate: ControlGate
    private let logger: Logger
    var limits = ConnectionGuard.Limits()
    /// The page for addresses that there are not; `nil` where there are no pages.
    var missing: (@Sendable (ControlRequest) -> ControlReply)?
    /// A refusal as a page, for people; `nil` where there are none.
    var refused: (@Sendable (ControlGate.Refusal, ControlRequest) -> ControlReply)?

    /// - Parameter gate: asked before any route is.
    package init(routes: [ControlRoute], gate: ControlGate, logger: Logger) {
        self.routes = routes
        self.gate = gate
        self.logger = logger
    }

    /// A service that listens until it is shut down.
    ///
    /// - Parameter onListening: told the port once it listens, and nothing for a socket.
    package func service(
        at address: Address, onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
    ) -> any Service {
        let isLocal = if case .socket = address { true } else { false }
        let bind: BindAddress =
            switch address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .socket(let path): .unixDomainSocket(path: path)
            }
        let (limits, count) = (limits, ConnectionGuard.Count())
        return Application(
            router: router(isLocal: isLocal),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [GuardPlacement(limits, count)], idleTimeout: .seconds(75))),
            // The guard closes those that are too many; this keeps a crowd from being accepted before it can.
            configuration: .init(
                address: bind, serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections + 2)),
            onServerRunning: { await onListening($0.localAddress?.port) },
            logger: logger)
    }

    private func router(isLocal: Bool) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        // Asked after no route was found, too. Our own routes answer whatever happens.
        router.add(
            middleware: Nowhere { request, context in
                await respond(to: request, context, nowhere(request), isLocal: isLocal)
            })
        for route in routes {
            let path = RouterPath(stringLiteral: Self.pattern(route.path))
            router.on(path, method: route.method == .get ? .get : .post) { request, context in
                await respond(to: request, context, route, isLocal: isLocal)
            }
        }
        return router
    }

    /// What stands for an address that there is not. Strangers learn nothing there: they are asked for a token first.
    private func nowhere(_ request: Request) -> ControlRoute {
        let isForPeople = Self.wantsPage(request)
        let (path, isReading) = (request.uri.path, request.method == .get)
        return ControlRoute(isReading ? .get : .post, path, role: .viewer) { [missing] asked in
            if isForPeople, isReading, let missing { return missing(asked) }
            throw ReleaseError(.notFound, "there is nothing at \(request.method) '\(path.prefix(200))'")
        }
    }

    /// `/a/:b` as Hummingbird writes it: `/a/{b}`.
    private static func pattern(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }

    private func respond(
        to request: Request, _ context: ControlContext, _ route: ControlRoute, isLocal: Bool
    ) async -> Response {
        let visitor = ControlGate.Visitor(
            host: request.head.authority, origin: request.headers[.origin],
            authorization: request.headers[.authorization], cookies: request.headers[.cookie],
            contentType: request.headers[.contentType], isLocal: isLocal, target: request.uri.string,
            isRefresh: request.headers[.slipwayRefresh] != nil || route.path == ConsoleRoutes.eventsPath)
        let credential = gate.credential(of: visitor)
        let known = credential.session ?? ControlGate.session(in: visitor)
        let session = known ?? ControlGate.newSession()
        var asked = ControlRequest(
            parameters: Dictionary(context.parameters.map { (String($0.key), String($0.value)) }) { $1 },
            query: Dictionary(request.uri.queryParameters.map { (String($0.key), String($0.value)) }) { $1 },
            body: [], identity: .anonymous, bearer: credential.bearer, session: session,
            isRefresh: visitor.isRefresh, accept: request.headers[.accept], signedIn: credential.session,
            target: visitor.target, source: context.source, isSecure: visitor.origin?.hasPrefix("https://") ?? false)
        var reply: ControlReply
        context.tell(.hasHeader)
        defer { context.tell(.isAnswered) }
        do {
            asked.identity = try gate.admit(visitor, to: route)
            asked.body = try await Self.body(of: request)
            context.tell(.hasBody)
            try gate.check(asked.body, of: visitor, for: route)
            reply = try await route.handler(asked)
        } catch let error as ControlGate.Refusal {
            asked.identity = error.identity ?? .anonymous
            reply = refusal(error, asked, isForPeople: route.isPage && Self.wantsPage(request))
        } catch is NIOTooManyBytesError {
            reply = Self.tooLarge
        } catch {
            reply = .problem(error)
            if reply.status >= 500 { logger.error("control request failed", metadata: ["error": "\(error)"]) }
        }
        if known == nil, !isLocal { reply.cookies.append(ControlGate.cookie(visitor: session)) }
        // Streams outlive the look at who is asking: it is taken again with every word.
        var quiet = visitor
        quiet.isRefresh = true
        return response(reply) { [quiet] in (try? gate.admit(quiet, to: route)) != nil }
    }

    private func refusal(
        _ refusal: ControlGate.Refusal, _ request: ControlRequest, isForPeople: Bool
    ) -> ControlReply {
        if isForPeople, let refused { return refused(refusal, request) }
        return .json(
            .object([("status", .integer(refusal.status)), ("error", .string(refusal.message))]),
            status: refusal.status)
    }

    private static func wantsPage(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("text/html") ?? false
    }

    /// - Throws: `NIOTooManyBytesError` over the limit, a refusal for a body that does not come as it was announced.
    private static func body(of request: Request) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: largestBody).readableBytesView)
        } catch let error as NIOTooManyBytesError {
            throw error
        } catch {
            throw ControlGate.Refusal(status: 400, message: "the request's body is malformed or ends too early")
        }
    }

    private static let tooLarge = ControlReply.json(
        .object([("status", 413), ("error", "the body is larger than the \(largestBody) bytes that are accepted")]),
        status: 413)

    private func response(_ reply: ControlReply, isLetIn: @escaping @Sendable () -> Bool) -> Response {
        var headers: HTTPFields = [
            .contentType: reply.contentType, .contentSecurityPolicy: reply.policy ?? Self.policy,
            .xContentTypeOptions: "nosniff",
            .referrerPolicy: "same-origin", .cacheControl: "no-store",
        ]
        if let location = reply.location { headers[.location] = location }
        if reply.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        for cookie in reply.cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        if let seconds = reply.retryAfter { headers[.retryAfter] = String(seconds) }
        return Response(status: .init(code: reply.status), headers: headers, body: body(reply, isLetIn))
    }

    private func body(_ reply: ControlReply, _ isLetIn: @escaping @Sendable () -> Bool) -> ResponseBody {
        guard let events = reply.events else { return .init(byteBuffer: ByteBuffer(bytes: reply.body)) }
        return ResponseBody { writer in
            for await event in events {
                guard isLetIn() else { break }
                try await writer.write(ByteBuffer(string: event))
            }
            try await writer.finish(nil)
        }
    }

    /// Nothing from elsewhere, nothing inline.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
}

/// Answers what no route does.
private struct Nowhere: RouterMiddleware {
    let answer: @Sendable (Request, ControlContext) async -> Response

    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return await answer(request, context)
        }
    }
}

/// A request's context that knows the connection it came over.
private struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The client's address; of IPv6 the network, which one client has all of.
    var source: String {
        guard let address = channel.remoteAddress, let text = address.ipAddress else { return "" }
        guard case .v6(let network) = address, !text.hasPrefix("::ffff:") else { return text }
        // Of sockaddr_in6: the address begins after eight bytes.
        return withUnsafeBytes(of: network.address) { bytes in
            bytes[8..<16].map { String($0, radix: 16) }.joined(separator: ".")
        }
    }

    /// Tells the guard how far the request has come.
    func tell(_ stage: ConnectionGuard.Stage) { channel.triggerUserOutboundEvent(stage, promise: nil) }
}

extension HTTPField.Name {
    fileprivate static let slipwayRefresh = HTTPField.Name(parsed: "x-slipway-refresh") ?? .accept
    fileprivate static let referrerPolicy = HTTPField.Name(parsed: "referrer-policy") ?? .referer
}
