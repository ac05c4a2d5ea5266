import Home
import Monitor
import Registry
import Release
import Serve
import Tensors
import Trust

/// What is served now: the recorded state and the figures of the last minute, joined.
struct Overview: Sendable {
    let deployments: Deployments
    let platform: LocalPlatform
    let sampler: TrafficSampler
    let server: ServerFacts
    /// What the file says that declares what is served; `nil` without one.
    var declared: (@Sendable () async -> JSONValue)?
    /// What is known of the accuracy of an endpoint's versions, by digest.
    var accuracies: @Sendable (String) async -> [String: JSONValue] = { _ in [:] }

    /// One endpoint.
    struct Endpoint: Sendable {
        var name: EndpointName
        var history: EndpointHistory
        /// What runs; `nil` when nothing does.
        var running: Revision?
        var traffic: TrafficSummary?
        var total: Int
        /// Everything since the server's start; its time is since then.
        var sinceStart: TrafficSample?
        var inFlight: Int
        /// By version number: the last minute of each arm.
        var arms: [Arm]
        /// The version that answers requests far outside the reference of another one.
        var fallback: Fallback?

        /// The newest revision, whatever became of it.
        var newest: EndpointHistory.Entry? { history.entries.last }

        var state: State {
            guard let current = history.current else { return .down }
            if current.spec.isWithdrawn { return .withdrawn }
            guard let running else { return .loading }
            if running.number != current.number { return .changing }
            if newest?.outcome.isFailed == true { return .lastChangeFailed }
            if !arms.isEmpty, arms.allSatisfy({ !$0.isLoaded }) { return .unloaded }
            return .ready
        }
    }

    /// A version that waits for requests far outside, and their figures.
    struct Fallback: Sendable {
        var version: VersionReference
        var digest: String
        var traffic: TrafficSummary?
        /// In memory; otherwise its next request brings it there.
        var isLoaded: Bool
    }

    struct Arm: Sendable {
        var arm: Release.Arm
        var traffic: TrafficSummary?
        var accuracy: Double?
        /// As labels and confidence tell it; `nil` where neither is known.
        var quality: JSONValue?
        /// In memory; otherwise its next request brings it there.
        var isLoaded: Bool
    }

    enum State: String, Sendable {
        case ready, changing, loading, withdrawn, down, unloaded = "unloaded (idle)", lastChangeFailed =
            "ready, last change failed"
    }

    /// - Parameter names: only these; `nil` for all.
    func endpoints(_ names: [EndpointName]? = nil) async throws -> [Endpoint] {
        let answering = await platform.answering()
        var endpoints: [Endpoint] = []
        for name in try names ?? deployments.endpoints() {
            let history = try deployments.history(of: name)
            let running = answering[name]
            let qualities = await accuracies(name.text)
            endpoints.append(
                Endpoint(
                    name: name, history: history, running: running?.revision,
                    traffic: sampler.summary(of: name.text), total: sampler.total(of: name.text),
                    sinceStart: sampler.latest(of: name.text),
                    inFlight: running?.servables.values.reduce(0) { $0 + $1.requestsInFlight } ?? 0,
                    arms: try (running?.revision ?? history.current)?.spec.arms.map { arm in
                        Arm(
                            arm: arm, traffic: sampler.summary(of: name.text, version: arm.version),
                            accuracy: try accuracy(arm), quality: qualities[arm.digest],
                            isLoaded: running?.servables[arm.digest]?.isResident ?? false)
                    } ?? [],
                    fallback: (running?.revision ?? history.current)?.spec.fallback.map { version, digest in
                        Fallback(
                            version: version, digest: digest,
                            traffic: sampler.summary(of: name.text, version: version),
                            isLoaded: running?.servables[digest]?.isResident ?? false)
                    }))
        }
        return endpoints
    }

    func endpoint(_ name: EndpointName) async throws -> Endpoint? {
        guard try deployments.endpoints().contains(name) else { return nil }
        return try await endpoints([name]).first
    }

    private func accuracy(_ arm: Release.Arm) throws -> Double? {
        try deployments.registry.referrers(of: try Digest(arm.digest), kind: .evaluation, limit: 1)
            .first?.payload["accuracy"]?.doubleValue
    }

    func json() async throws -> JSONValue {
        .object([
            ("ready", .bool(await platform.isComplete)), ("server", server.json),
            ("endpoints", .array(try await endpoints().map(\.json))), ("list", await declared?() ?? .null),
        ])
    }
}

extension Overview.Endpoint {
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("endpoint", .string(name.text)), ("state", .string(state.rawValue)),
            ("revision", running.map { .integer($0.number) } ?? .null),
            ("traffic", .string(running.map { HistoryText.traffic($0.spec) } ?? "none")),
            ("requests", .integer(total)), ("inFlight", .integer(inFlight)), ("lastMinute", traffic?.json ?? .null),
            (
                "sinceStart",
                sinceStart.map { sample in
                    .object([
                        ("requests", .integer(sample.requests)), ("errors", .integer(sample.errors)),
                        ("seconds", .number(sample.time)),
                    ])
                } ?? .null
            ),
            (
                "arms",
                .array(
                    arms.map { arm in
                        .object([
                            ("version", .string(arm.arm.version.description)), ("role", .string(arm.arm.role.rawValue)),
                            ("weight", .integer(arm.arm.weight)), ("digest", .string(arm.arm.digest)),
                            ("loaded", .bool(arm.isLoaded)),
                            ("accuracy", arm.accuracy.map(JSONValue.number) ?? .null),
                            ("quality", arm.quality ?? .null),
                            ("lastMinute", arm.traffic?.json ?? .null),
                        ])
                    })
            ),
        ]
        if let fallback {
            members.append(
                (
                    "fallback",
                    .object([
                        ("version", .string(fallback.version.description)), ("digest", .string(fallback.digest)),
                        ("loaded", .bool(fallback.isLoaded)), ("lastMinute", fallback.traffic?.json ?? .null),
                    ])
                ))
        }
        if let entry = newest {
            members.append(("lastChange", HistoryText.json(entry)))
        }
        return .object(members)
    }
}

extension TrafficSummary {
    fileprivate var json: JSONValue {
        .object([
            ("requestsPerSecond", .number(requestsPerSecond)),
            ("errorRatio", errorRatio.map(JSONValue.number) ?? .null),
            ("p50", p50.map(JSONValue.number) ?? .null), ("p99", p99.map(JSONValue.number) ?? .null),
        ])
    }
}

/// What does not change while a server runs.
package struct ServerFacts: Sendable {
    /// The version of this program.
    package var version: String
    /// Where clients call, such as `127.0.0.1:8080`.
    package var dataPlane: String
    /// Whether they call with TLS.
    package var isSecure = false
    /// Where the control plane listens.
    package var control: String
    /// The process's number.
    package var process: Int
    let began: ContinuousClock.Instant

    /// The facts of a server that comes up now.
    package init(version: String, dataPlane: String, control: String, process: Int) {
        self.version = version
        self.dataPlane = dataPlane
        self.control = control
        self.process = process
        began = .now
    }

    /// Seconds since it came up.
    var uptime: Int { Int((ContinuousClock.now - began).components.seconds) }

    var json: JSONValue {
        .object([
            ("version", .string(version)), ("data", .string(dataPlane)), ("tls", .bool(isSecure)),
            ("control", .string(control)),
            ("pid", .integer(process)), ("uptimeSeconds", .integer(uptime)),
        ])
    }
}
