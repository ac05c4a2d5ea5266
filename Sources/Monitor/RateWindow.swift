/// Totals of an arm or endpoint at one moment, as its counters show them.
package struct TrafficSample: Hashable, Sendable {
    /// Seconds on a clock that does not go back.
    package var time: Double
    package var requests: Int
    package var errors: Int
    package var latency: HistogramSnapshot

    package init(time: Double, requests: Int, errors: Int, latency: HistogramSnapshot) {
        self.time = time
        self.requests = requests
        self.errors = errors
        self.latency = latency
    }
}

/// What happened between two samples.
package struct TrafficSummary: Hashable, Sendable {
    /// The seconds it covers.
    package var seconds: Double
    package var requests: Int
    package var errors: Int
    package var latency: HistogramSnapshot

    package var requestsPerSecond: Double { Double(requests) / seconds }
    /// Errors as a share of requests; `nil` without requests.
    package var errorRatio: Double? { requests > 0 ? Double(errors) / Double(requests) : nil }
    /// Seconds; `nil` without requests.
    package var p50: Double? { latency.quantile(0.5) }
    /// Seconds; `nil` without requests.
    package var p99: Double? { latency.quantile(0.99) }
}

/// Rates over the last minute, from totals that are sampled now and then.
///
/// A value without a clock: samples carry their time. Holds at most some `2 * span / resolution` samples.
package struct RateWindow: Sendable {
    private let span: Double
    private let resolution: Double
    /// Ascending in time; all but the first lie within `span` of the last.
    private var samples: [TrafficSample] = []

    /// - Parameters:
    ///   - span: the seconds to look back.
    ///   - resolution: samples closer together than this many seconds replace each other.
    package init(span: Double = 60, resolution: Double = 1) {
        self.span = span
        self.resolution = resolution
    }

    /// Adds the totals of a moment. Totals that have fallen, a clock that went back or other bucket edges mean that
    /// the counters were replaced: what came before is forgotten.
    package mutating func add(_ sample: TrafficSample) {
        if let last = samples.last, Self.difference(from: last, to: sample) == nil { samples = [] }
        if samples.count >= 2, sample.time - samples[samples.count - 2].time < resolution { samples.removeLast() }
        samples.append(sample)
        while samples.count >= 3, sample.time - samples[1].time >= span { samples.removeFirst() }
    }

    /// The last `span` seconds; less when the window is young, and `nil` until two samples are apart in time.
    package func summary() -> TrafficSummary? {
        guard let first = samples.first, let last = samples.last, last.time > first.time else { return nil }
        return Self.difference(from: first, to: last)
    }

    private static func difference(from earlier: TrafficSample, to later: TrafficSample) -> TrafficSummary? {
        guard later.time >= earlier.time, later.requests >= earlier.requests, later.errors >= earlier.errors,
            let latency = later.latency.subtracting(earlier.latency)
        else { return nil }
        return TrafficSummary(
            seconds: later.time - earlier.time, requests: later.requests - earlier.requests,
            errors: later.errors - earlier.errors, latency: latency)
    }
}
