import Client
import Logging
import Release
import Tensors

/// A rollout's evidence from Prometheus's queries: what all replicas behind one address counted, not this process alone.
///
/// What it cannot see, `LocalRolloutSource` can: answers that are no numbers, single clients, and whether a request named its
/// version. Evidence comes as often as Prometheus scrapes.
actor PrometheusRolloutSource: RolloutSource {
    private struct Watch {
        let limits: [Double]
        var base: PrometheusTotals?
        /// The share, and since when it is that: milliseconds since 1970-01-01 UTC.
        var share: Int?
        var since = 0
        var askedAt = 0
    }

    private let client: HTTPClient
    private let platform: LocalPlatform
    private let logger: Logger
    private var watches: [EndpointName: Watch] = [:]
    private var complaint: String?

    /// Milliseconds between two questions.
    private static let interval = 500
    /// Requests from which quantiles of latency can be told.
    private static let fewest = 200

    init(_ server: ServerAddress, platform: LocalPlatform, logger: Logger) {
        var limits = HTTPClient.Limits()
        limits.requestTimeout = .seconds(10)
        limits.replyBytes = 16 << 20
        client = HTTPClient(server, limits: limits)
        self.platform = platform
        self.logger = logger
    }

    func baseline(of subject: RolloutSubject, _ policy: RolloutPolicy) async -> RolloutBaseline {
        guard let totals = await totals(subject) else { return RolloutBaseline() }
        let version = subject.stable.version
        let counts = totals.tally(version, limits: [])
        var slow: [Double] = []
        if policy.watchesLatency, counts.requests >= Self.fewest {
            slow = [0.5, 0.9, 0.99].compactMap { share in
                totals.quantile(share, version).flatMap { totals.edge(from: policy.slow($0), version) }
            }
        }
        return RolloutBaseline(
            requests: counts.requests, errors: counts.errors, requestsPerSecond: await rate(subject) ?? 0,
            slow: slow.count == 3 ? slow : [])
    }

    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy, _ baseline: RolloutBaseline) async {
        watches[subject.endpoint] = Watch(limits: baseline.slow)
    }

    func observe(_ subject: RolloutSubject, at time: Int) async -> RolloutObservation? {
        guard let share = await platform.share(of: subject) else { return nil }
        let nothing = RolloutObservation(time: time, share: share, stable: ArmTally(), canary: ArmTally())
        guard var watch = watches[subject.endpoint] else { return nothing }
        if watch.share != share { (watch.share, watch.since, watch.base) = (share, time, nil) }
        // The clock may have been set back.
        watch.since = min(watch.since, time)
        guard Lapse.isOver(Self.interval, since: watch.askedAt, at: time) else {
            watches[subject.endpoint] = watch
            return nothing
        }
        watch.askedAt = time
        watches[subject.endpoint] = watch
        // Before a scrape that came after the share did, requests of two shares would be mixed: they are left out.
        guard let totals = await totals(subject), totals.scrapedAt > watch.since else { return nothing }
        watches[subject.endpoint]?.base = totals.following(watch.base)
        guard let base = watch.base, let difference = totals.since(base) else { return nothing }
        func tally(_ arm: Arm) -> ArmTally {
            let counts = difference.tally(arm.version, limits: watch.limits)
            return ArmTally(requests: counts.requests, failures: [counts.errors, 0] + counts.slow)
        }
        return RolloutObservation(
            time: time, share: share, stable: tally(subject.stable), canary: tally(subject.candidate))
    }

    func close(_ subject: RolloutSubject) async { watches[subject.endpoint] = nil }
}

// MARK: - Asking

extension PrometheusRolloutSource {
    /// All counters of both versions; `nil`, and said once, when Prometheus does not answer.
    private func totals(_ subject: RolloutSubject) async -> PrometheusTotals? {
        let selector = Self.selector(subject)
        let counts = "slipway_requests_total{\(selector)}"
        do throws(ClientError) {
            // The time first: counters that come a moment later are never older than it says.
            guard let time = Self.number(try await ask("min(timestamp(\(counts)))")) else { return nil }
            let result = try await ask(
                "\(counts) or slipway_request_duration_seconds_bucket{\(selector),stage=\"total\"}")
            var totals = try PrometheusTotals(result: result)
            totals.scrapedAt = Int(min(max(0, time * 1000), 1e15))
            complaint = nil
            return totals
        } catch {
            if complaint != error.message {
                complaint = error.message
                logger.error("Prometheus gives no evidence", metadata: ["reason": "\(error.message)"])
            }
            return nil
        }
    }

    private func rate(_ subject: RolloutSubject) async -> Double? {
        let query = "sum(rate(slipway_requests_total{endpoint=\"\(subject.endpoint)\"}[1m]))"
        return (try? await ask(query)).flatMap(Self.number)
    }

    private static func selector(_ subject: RolloutSubject) -> String {
        let versions = [subject.stable, subject.candidate].map(\.version)
        let (models, numbers) = (Set(versions.map(\.model)).sorted(), Set(versions.map(\.number)).sorted())
        let (model, number) = (models.joined(separator: "|"), numbers.map(String.init).joined(separator: "|"))
        return "endpoint=\"\(subject.endpoint)\",model=~\"\(model)\",version=~\"\(number)\""
    }

    /// The value of a query's only result.
    private static func number(_ result: [JSONValue]) -> Double? {
        result.first?["value"]?.arrayValue?.last?.stringValue.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The result of an instant query. Source: Prometheus, "HTTP API", Instant queries.
    private func ask(_ query: String) async throws(ClientError) -> [JSONValue] {
        let text = query.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        let reply = try await client.request("GET", "/api/v1/query?query=\(text)")
        guard reply.status == 200, let json = try? JSONValue.parse(reply.body),
            let result = json["data"]?["result"]?.arrayValue
        else {
            throw ClientError(.malformedReply, "\(client.server) answered a query with \(reply.status) and no result")
        }
        return result
    }
}
