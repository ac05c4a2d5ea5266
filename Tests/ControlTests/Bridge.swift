import Client
import Monitor
import Registry
import Release
import Tensors
import Trust

@testable import Control

/// The control plane's routes over a harbour, without a listener.
struct Bridge: Sendable {
    let harbour: Harbour
    let gate: ControlGate
    let management: ManagementRoutes
    private(set) var console: ConsoleRoutes

    /// - Parameter dataPlane: where the try-it form asks; by default nobody answers there.
    init(
        _ harbour: Harbour, authenticator: any Authenticator = OpenAccess(),
        dataPlane: ServerAddress = .tcp(host: "127.0.0.1", port: 1), sessions: SessionDesk = SessionDesk(),
        attempts: AttemptLimiter = AttemptLimiter()
    ) throws {
        self.harbour = harbour
        gate = ControlGate(
            origin: RequestOrigin(bound: "127.0.0.1", names: ["ships.example"]), authenticator: authenticator,
            sessions: sessions, attempts: attempts)
        let sampler = TrafficSampler(platform: harbour.platform, metrics: harbour.serveMetrics)
        let overview = Overview(
            deployments: harbour.deployments, platform: harbour.platform, sampler: sampler,
            server: ServerFacts(version: "1.2.3", dataPlane: "127.0.0.1:8080", control: "127.0.0.1:8090", process: 7))
        management = ManagementRoutes(
            overview: overview, deployments: harbour.deployments,
            reconciler: Reconciler(
                deployments: harbour.deployments, platform: harbour.platform, logger: Harbour.logger),
            metrics: { [metrics = harbour.metrics] in metrics.exposition($0) })
        console = ConsoleRoutes(
            overview: overview, management: management, pages: try Pages(), gate: gate,
            trial: Trial(registry: harbour.registry, server: dataPlane, address: "http://127.0.0.1:8080"))
        if let tokens = authenticator as? TokenAuthenticator {
            console.tokensChanged = { try tokens.reload { try harbour.registry.database.grants() } }
        }
    }

    var routes: [ControlRoute] { management.all + console.all }

    /// Calls a route's handler as if the gate had let the request in.
    func call(
        _ method: ControlRoute.Method, _ path: String, parameters: [String: String] = [:],
        query: [String: String] = [:],
        body: String = ""
    ) async throws -> ControlReply {
        guard let route = routes.first(where: { $0.method == method && $0.path == path }) else {
            return .text("no route", type: "", status: 599)
        }
        return try await route.handler(
            ControlRequest(
                parameters: parameters, query: query, body: Array(body.utf8), identity: .local, bearer: nil,
                session: "session", isRefresh: false))
    }
}

extension ControlReply {
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue.parse(body) }
}
