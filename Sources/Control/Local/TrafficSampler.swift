import Monitor
import Release
import Serve
import ServiceLifecycle
import Synchronization

/// Reads the data plane's counters once a second and keeps a minute of them, for the console and `status`.
final class TrafficSampler: Service {
    /// Two models of one endpoint may have versions of the same number.
    struct Version: Hashable {
        var model: String
        var number: String
    }

    /// An endpoint's versions, as far as they count.
    struct Versions {
        /// Those that answer or did within the last minute, and when they were last seen to, in seconds.
        var recent: [Version: Double] = [:]
        /// What the others have done: nothing more comes to it, and it counts on in the endpoint's total.
        var gone: [Version: TrafficSample] = [:]
        var sumOfGone: TrafficSample?
        var windows: [Version: RateWindow] = [:]
        /// Of all of them together.
        var window = RateWindow()
        /// Everything since the start, as the last look found it.
        var latest: TrafficSample?
    }

    /// Seconds after which a version that answers no more is looked at no more.
    private static let rest = 60.0

    private let platform: LocalPlatform
    private let metrics: ServeMetrics
    private let ticker: Ticker
    private let endpoints = Mutex<[String: Versions]>([:])
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
    func summary(of endpoint: String, version: VersionReference? = nil) -> TrafficSummary? {
        endpoints.withLock { endpoints in
            guard let known = endpoints[endpoint] else { return nil }
            guard let version else { return known.window.summary() }
            return known.windows[Version(model: version.model, number: String(version.number))]?.summary()
        }
    }

    /// Requests answered since the start.
    func total(of endpoint: String) -> Int { latest(of: endpoint)?.requests ?? 0 }

    /// Everything since the start, as the last look found it; `nil` before one.
    func latest(of endpoint: String) -> TrafficSample? { endpoints.withLock { $0[endpoint]?.latest } }

    /// Takes a sample now.
    func sample() async {
        let answering = await platform.answering()
        let time = Self.seconds(ContinuousClock.now - began)
        for (name, running) in answering {
            let present = running.servables.values.map { Version(model: $0.model, number: $0.version) }
            let counted = endpoints.withLock { $0[name.text, default: Versions()].note(present, at: time) }
            let samples = counted.map {
                ($0, metrics.arm(endpoint: name.text, model: $0.model, version: $0.number).sample(at: time))
            }
            endpoints.withLock { $0[name.text]?.add(samples, at: time, rest: Self.rest) }
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

extension TrafficSampler.Versions {
    /// Notes who answers.
    ///
    /// - Returns: the versions to look at.
    mutating func note(
        _ present: [TrafficSampler.Version], at time: Double
    ) -> [TrafficSampler.Version] {
        for version in present {
            recent[version] = time
            // It is back, and counts on itself.
            if gone.removeValue(forKey: version) != nil { sumOfGone = Self.sum(gone.values) }
        }
        return Array(recent.keys)
    }

    /// Adds each version's totals, and their sum as the endpoint's.
    mutating func add(
        _ samples: [(version: TrafficSampler.Version, sample: TrafficSample)], at time: Double, rest: Double
    ) {
        for (version, sample) in samples {
            windows[version, default: RateWindow()].add(sample)
        }
        if var sum = Self.sum(samples.map(\.sample) + [sumOfGone].compactMap(\.self)) {
            sum.time = time
            latest = sum
            window.add(sum)
        }
        for (version, sample) in samples where time - (recent[version] ?? time) > rest {
            (recent[version], windows[version], gone[version]) = (nil, nil, sample)
            sumOfGone = Self.sum(gone.values)
        }
    }

    private static func sum(_ samples: some Sequence<TrafficSample>) -> TrafficSample? {
        samples.reduce(nil) { sum, sample in
            guard var sum else { return sample }
            sum.requests += sample.requests
            sum.errors += sample.errors
            sum.latency = sum.latency.merging(sample.latency) ?? sum.latency
            return sum
        }
    }
}
