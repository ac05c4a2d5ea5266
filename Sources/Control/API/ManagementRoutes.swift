import Home
import Monitor
import Registry
import Release
import Tensors
import Trust

/// The management API: what the command line and other programs call. Everything is JSON.
struct ManagementRoutes: Sendable {
    let overview: Overview
    let deployments: Deployments
    let reconciler: Reconciler
    let metrics: @Sendable (MetricsFormat) -> [UInt8]
    /// What is known about drift of an endpoint; `nil` where it is not watched.
    var drift: (@Sendable (String) async -> JSONValue)?

    /// What versions that are asked the same have answered.
    var comparisons: ComparisonBoard?

    /// How an endpoint's versions stand with drift, in a word each; `nil` where it is not watched.
    var driftStates: (@Sendable (String) async -> [DriftState])?

    /// Who looks after rollouts; `nil` where there are none.
    var driver: RolloutDriver?

    /// Who looks after alerts; `nil` where nobody is told of them.
    var alerts: AlertWatcher?

    var all: [ControlRoute] {
        own + rollouts + AlertRoutes(database: deployments.registry.database, watcher: alerts).all
            + RegistryRoutes(registry: deployments.registry).all
    }

    private var own: [ControlRoute] {
        [
            ControlRoute(.get, "/metrics", role: .anonymous) { request in
                let format = MetricsFormat(accept: request.accept)
                return ControlReply(status: 200, contentType: format.contentType, body: metrics(format))
            },
            ControlRoute(.get, "/healthz", role: .anonymous) { _ in .json(.object([("live", true)])) },
            ControlRoute(.get, "/api/v1/status", role: .viewer) { _ in .json(try await overview.json()) },
            ControlRoute(.get, "/api/v1/events", role: .viewer) { request in
                let limit = min(max(request.query["limit"].flatMap { Int($0) } ?? 100, 1), 1000)
                let events = deployments.registry.database.events.newest(limit, after: request.query["after"])
                return .json(.object([("events", .array(events.map(\.json)))]))
            },
            ControlRoute(.get, "/api/v1/endpoints/:endpoint/history", role: .viewer) { request in
                let endpoint = try EndpointName(request.parameter("endpoint"))
                guard request.query["limit"] != nil || request.query["after"] != nil else {
                    return .json(.array(try deployments.history(of: endpoint).entries.reversed().map(HistoryText.json)))
                }
                let query = try PageQuery(request)
                let page = try deployments.revisions(of: endpoint, before: query.number(), limit: query.limit)
                return .json(PageQuery.json(page.items.map(HistoryText.json), next: page.next.map(JSONValue.integer)))
            },
            ControlRoute(.get, "/api/v1/endpoints/:endpoint/drift", role: .viewer) { request in
                let endpoint = try EndpointName(request.parameter("endpoint"))
                guard let drift else {
                    throw ReleaseError(
                        .notFound, "this server does not watch traffic for drift",
                        help: "start it without --drift-window off")
                }
                return .json(await drift(endpoint.text))
            },
            ControlRoute(.get, "/api/v1/endpoints/:endpoint/comparison", role: .viewer) { request in
                let endpoint = try EndpointName(request.parameter("endpoint"))
                guard let comparisons else { throw ReleaseError(.notFound, "this server compares no answers") }
                return .json(comparisons.json(endpoint))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/reconcile", role: .deployer, kind: .api) { request in
                let endpoint = try EndpointName(request.parameter("endpoint"))
                let body = try JSONValue.parse(request.body)
                return .json(try await reconcile(endpoint, revision: body["revision"]?.intValue))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/deploy", role: .deployer, kind: .api) { request in
                let body = try JSONValue.parse(request.body)
                let allowsOlder = body["allowOlder"]?.boolValue ?? false
                let candidate = try deployments.candidate(try Reference(body["version"]?.stringValue ?? ""))
                if let rollout = body["rollout"] {
                    let policy = try RolloutPolicy(json: rollout)
                    return .json(
                        try await carryOut(
                            try Deployments.request(candidate, policy), request, allowsOlder: allowsOlder,
                            rollout: policy))
                }
                if let share = body["canary"]?.stringValue {
                    return .json(
                        try await carryOut(
                            .canary(candidate, share: try Share(share)), request, allowsOlder: allowsOlder))
                }
                return .json(try await carryOut(.deploy(candidate), request, allowsOlder: allowsOlder))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/promote", role: .deployer, kind: .api) { request in
                .json(try await carryOut(.promote, request))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/rollback", role: .deployer, kind: .api) { request in
                let body = try JSONValue.parse(request.body)
                return .json(try await carryOut(.rollback(to: body["to"]?.intValue), request))
            },
            ControlRoute(.post, "/api/v1/endpoints/:endpoint/undeploy", role: .deployer, kind: .api) { request in
                .json(try await carryOut(.undeploy, request))
            },
        ]
    }

    /// Writes a revision and carries it out.
    func carryOut(
        _ wish: ReleaseRequest, _ request: ControlRequest, allowsOlder: Bool = false, rollout: RolloutPolicy? = nil
    ) async throws -> JSONValue {
        let endpoint = try EndpointName(request.parameter("endpoint"))
        let (_, revision) = try deployments.submit(
            wish, for: endpoint, author: request.identity.name, allowsOlder: allowsOlder, rollout: rollout)
        return try await reconcile(endpoint, revision: revision?.number)
    }

    /// Brings an endpoint in line and tells how it went.
    private func reconcile(_ endpoint: EndpointName, revision: Int?) async throws -> JSONValue {
        await reconciler.reconcile(endpoint)
        await driver?.wakeUp()
        let history = try deployments.recentHistory(of: endpoint)
        guard let number = revision ?? history.current?.number, let entry = history.entry(number) else {
            throw ReleaseError(.notFound, "'\(endpoint)' has no such revision")
        }
        guard case .object(var members) = HistoryText.json(entry) else { return .null }
        if let report = await reconciler.report(of: number, endpoint: endpoint) {
            members.append(.init(key: "report", value: report.json))
        }
        return .object(members)
    }
}

extension PassageReport {
    var json: JSONValue {
        .object([
            ("loaded", .array(loaded.map { .string($0.description) })),
            ("unloaded", .array(unloaded.map { .string($0.description) })),
            ("secondsToSwap", secondsToSwap.map(JSONValue.number) ?? .null), ("seconds", .number(seconds)),
        ])
    }
}
