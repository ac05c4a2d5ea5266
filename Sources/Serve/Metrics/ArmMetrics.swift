package import Monitor
import Synchronization

/// What is counted for one version under one endpoint.
package final class ArmMetrics: Sendable {
    private let key: ArmKey
    private let registry: MetricsRegistry
    private let successes: Counter
    private let others: Mutex<[Int: Counter]>
    /// Requests answered with 5xx.
    private let failed = Counter()
    private let answered = Counter()
    private let stages: StageHistograms
    private let inline: Counter
    private let threaded: Counter
    private let shared: Counter
    /// Rows of requests that were answered well.
    private let rows = Counter()
    /// Nanoseconds of requests that were not.
    private let failedTime = Atomic<UInt64>(0)
    /// What a rollout looks at.
    package let evidence = EvidenceTap()
    /// When the last answer was given, on the monotonic clock.
    private let lastAnswer = Atomic<UInt64>(0)

    init(_ key: ArmKey, _ registry: MetricsRegistry, _ objectives: [Double]) {
        self.key = key
        self.registry = registry
        successes = Self.requests(key, registry, code: 200)
        // Who reads counters sees only growth: one that is born with the first failure hides it.
        others = Mutex(
            Dictionary(uniqueKeysWithValues: [500, 503, 504].map { ($0, Self.requests(key, registry, code: $0)) }))
        stages = StageHistograms(key, registry, objectives)
        inline = Self.runs(key, registry, mode: "inline")
        threaded = Self.runs(key, registry, mode: "threads")
        shared = registry.counter(
            "slipway_batched_requests_total", "Requests that shared a run with others.",
            key.labels)
    }

    /// Shows how many requests `servable`, which is published under this name, has in flight.
    func observe(_ servable: Servable) {
        registry.gauge(
            "slipway_requests_in_flight", "Requests that a version has not answered yet.", key.labels
        ) { [weak servable] in Double(servable?.requestsInFlight ?? 0) }
        servable.sequences?.report(key, registry)
        if let cache = servable.cache {
            cache.report(to: CacheMetrics(key, registry))
            CacheMetrics.observe(cache, key, registry)
        }
    }

    private static func requests(_ key: ArmKey, _ registry: MetricsRegistry, code: Int) -> Counter {
        registry.counter(
            "slipway_requests_total", "Inference requests answered, by status code.",
            key.labels + [Label("code", String(code))])
    }

    private static func runs(_ key: ArmKey, _ registry: MetricsRegistry, mode: String) -> Counter {
        registry.counter(
            "slipway_runs_total", "Runs of the graph, on the event loop (inline) or on the run threads.",
            key.labels + [Label("mode", mode)])
    }

    /// Requests answered, whatever the code.
    package var requests: Int { answered.value }
    /// Requests answered with anything but 200.
    package var failures: Int { max(0, answered.value - successes.value) }
    /// Requests answered with 5xx: the server's or the version's fault.
    package var errors: Int { failed.value }
    /// Whole requests, from the first byte read to the reply handed to the socket.
    package var latency: Histogram { stages.total }
    /// Runs of the graph alone.
    package var runTime: Histogram { stages.run }

    /// The totals now.
    ///
    /// - Parameter time: seconds on a clock that does not go back.
    package func sample(at time: Double) -> TrafficSample {
        TrafficSample(time: time, requests: requests, errors: errors, latency: latency.snapshot())
    }

    /// Counts a run on the event loop.
    func ranInline() { inline.add() }

    /// Counts what the run threads did for so many requests.
    ///
    /// - Parameter together: whether one run was enough for all.
    func ran(_ count: Int, together: Bool) {
        threaded.add(together ? 1 : count)
        if together { shared.add(count) }
    }

    /// Counts an answer and the stages that led to it.
    ///
    /// - Parameter rows: how many requests of a batch it was, by its first dimension.
    func record(_ status: HTTPStatus, _ times: StageTimes, rows count: Int) {
        answered.add()
        lastAnswer.store(times.answered, ordering: .relaxed)
        if status == .ok {
            successes.add()
            rows.add(count)
        } else {
            recordOther(status)
            failedTime.wrappingAdd(times.answered &- times.received, ordering: .relaxed)
        }
        stages.record(times)
    }

    /// Keeps an answer that is in somebody's trace as an example of those that took as long. It was recorded before.
    func exemplify(_ times: StageTimes, trace: (UInt64, UInt64)) {
        guard times.received != 0, times.answered >= times.received else { return }
        stages.total.exemplify(
            Exemplar(
                traceHigh: trace.0, traceLow: trace.1, nanoseconds: times.answered - times.received,
                time: MonotonicClock.epochMilliseconds(at: times.answered)))
    }

    /// The totals as Triton's clients know them.
    package var statistics: ModelStatistics {
        let (total, failed) = (stages.total.snapshot(), Int(clamping: failedTime.load(ordering: .relaxed)))
        let good = successes.value
        var statistics = ModelStatistics()
        let last = lastAnswer.load(ordering: .relaxed)
        if last > 0 { statistics.lastInference = MonotonicClock.epochMilliseconds(at: last) }
        statistics.inferences = rows.value
        statistics.executions = inline.value + threaded.value
        statistics.success = .init(count: good, nanoseconds: max(0, total.nanoseconds - failed))
        statistics.failure = .init(count: answered.value - good, nanoseconds: failed)
        statistics.queue = .init(stages.queue)
        statistics.input = .init(stages.decode)
        statistics.run = .init(stages.run)
        statistics.output = .init(stages.encode)
        return statistics
    }

    private func recordOther(_ status: HTTPStatus) {
        if status.rawValue >= 500 { failed.add() }
        others.withLock { counters in
            if let counter = counters[status.rawValue] { return counter }
            let counter = Self.requests(key, registry, code: status.rawValue)
            counters[status.rawValue] = counter
            return counter
        }.add()
    }
}

/// One histogram for each stage of a request.
private struct StageHistograms: Sendable {
    let receive: Histogram
    let decode: Histogram
    let queue: Histogram
    let run: Histogram
    let encode: Histogram
    let total: Histogram

    init(_ key: ArmKey, _ registry: MetricsRegistry, _ objectives: [Double]) {
        // One family has one set of edges, so that its stages can be laid over each other.
        let edges = Histogram.latencyEdges(objectives: objectives)
        func stage(_ name: String) -> Histogram {
            registry.histogram(
                "slipway_request_duration_seconds", "Time of inference requests, by stage.",
                key.labels + [Label("stage", name)], edges: edges)
        }
        receive = stage("receive")
        decode = stage("decode")
        queue = stage("queue")
        run = stage("run")
        encode = stage("encode")
        total = stage("total")
    }

    func record(_ times: StageTimes) {
        Self.record(receive, times.received, times.complete)
        Self.record(decode, times.complete, times.decoded)
        Self.record(queue, times.decoded, times.runBegan)
        Self.record(run, times.runBegan, times.runEnded)
        Self.record(encode, times.runEnded, times.answered)
        Self.record(total, times.received, times.answered)
    }

    @inline(__always)
    private static func record(_ histogram: Histogram, _ start: UInt64, _ end: UInt64) {
        if start != 0, end >= start { histogram.record(nanoseconds: end - start) }
    }
}

extension HistogramSnapshot {
    fileprivate var nanoseconds: Int { Int(sum * 1e9) }
}

extension ModelStatistics.Duration {
    init(_ histogram: Histogram) {
        let snapshot = histogram.snapshot()
        self.init(count: Int(clamping: snapshot.count), nanoseconds: snapshot.nanoseconds)
    }
}
