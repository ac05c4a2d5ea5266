import Monitor
import Release
import Serve
import ServiceLifecycle
import Synchronization

/// Reads the data plane's counters once a second and keeps a minute of them, for the console and `status`.
final class TrafficSampler: Service {
    fileprivate struct Subject: Hashable {
        var endpoint: String
        var version: String?
    }

    fileprivate struct State {
        var windows: [Subject: RateWindow] = [:]
        var totals: [Subject: Int] = [:]
        /// By endpoint: everything since the start, as the last look found it.
        var latest: [String: TrafficSample] = [:]
        /// Every version that has answered since the start: its counters count on in the endpoint's total.
        var seen: [String: Set<Seen>] = [:]
    }

    fileprivate struct Seen: Hashable {
        var model: String
        var version: String
    }

    private let platform: LocalPlatform
    private let metrics: ServeMetrics
    private let ticker: Ticker
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    init(platform: LocalPlatform, metrics: ServeMetrics, ticker: Ticker = Ticker(every: .seconds(1))) {
        self.platform = platform
        self.metrics = metrics
        self.ticker = ticker
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat { await self.sample() } while await self.ticker.next()
        }
    }

    /// What an endpoint, or one of its versions, did in the last minute; `nil` before there are two samples.
    func summary(of endpoint: String, version: String? = nil) -> TrafficSummary? {
        state.withLock { $0.windows[Subject(endpoint: endpoint, version: version)]?.summary() }
    }

    /// Requests answered since the start.
    func total(of endpoint: String) -> Int {
        state.withLock { $0.totals[Subject(endpoint: endpoint, version: nil)] ?? 0 }
    }

    /// Everything since the start, as the last look found it; `nil` before one.
    func latest(of endpoint: String) -> TrafficSample? { state.withLock { $0.latest[endpoint] } }

    /// Takes a sample now.
    func sample() async {
        let answering = await platform.answering()
        let time = Self.seconds(ContinuousClock.now - began)
        for (name, running) in answering {
            let now = running.servables.values.map { Seen(model: $0.model, version: $0.version) }
            let all = state.withLock { state in
                state.seen[name.text, default: []].formUnion(now)
                return state.seen[name.text] ?? []
            }
            let samples = all.map {
                ($0.version, metrics.arm(endpoint: name.text, model: $0.model, version: $0.version).sample(at: time))
            }
            state.withLock { $0.add(samples, of: name.text, at: time) }
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

extension TrafficSampler.State {
    /// Adds each version's totals, and their sum as the endpoint's.
    fileprivate mutating func add(
        _ samples: [(version: String, sample: TrafficSample)], of endpoint: String, at time: Double
    ) {
        guard var sum = samples.first?.sample else { return }
        for (_, sample) in samples.dropFirst() {
            sum.requests += sample.requests
            sum.errors += sample.errors
            sum.latency = sum.latency.merging(sample.latency) ?? sum.latency
        }
        latest[endpoint] = sum
        for (version, sample) in samples + [(nil, sum)] as [(String?, TrafficSample)] {
            let subject = TrafficSampler.Subject(endpoint: endpoint, version: version)
            totals[subject] = sample.requests
            windows[subject, default: RateWindow()].add(sample)
        }
    }
}
