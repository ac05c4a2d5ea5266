import Monitor
import NIOCore
import Synchronization

/// What all connections of a run share: what to send, and where to write down what came of it.
final class LoadRecorder: Sendable {
    struct Sample: Sendable {
        let bytes: ByteBuffer
        let expectation: LoadSample.Expectation
    }

    let samples: [Sample]
    let configuration: LoadConfiguration
    let tickets = TicketCounter()
    private let startTime = Atomic<UInt64>(0)
    private let tally: Mutex<LoadTally>
    private let latencies = Histogram(edges: LoadRecorder.latencyEdges)

    /// Steps of 4 % from 5 µs to over 100 s: fine enough to tell two servers apart.
    private static let latencyEdges = (0..<430).map { 5e-6 * power(1.04, $0) }

    init(samples: [LoadSample], configuration: LoadConfiguration) {
        self.samples = samples.map { Sample(bytes: ByteBuffer(bytes: $0.bytes), expectation: $0.expectation) }
        self.configuration = configuration
        tally = Mutex(LoadTally(lanes: configuration.connections))
    }

    /// When the run began, in nanoseconds of the monotonic clock.
    var start: UInt64 { startTime.load(ordering: .acquiring) }

    /// Begins the run now.
    func begin() { startTime.store(Self.now, ordering: .releasing) }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// The sample that request `index` sends: all in turn.
    func sample(_ index: Int) -> Sample { samples[index % samples.count] }

    func send(isLate: Bool) {
        tally.withLock { $0.send(isLate: isLate) }
    }

    /// - Parameter due: When the latency began, by the monotonic clock.
    func answer(_ index: Int, lane: Int, due: UInt64, now: UInt64, _ verdict: ReplyJudge.Verdict) {
        let latency = now - min(due, now)
        latencies.record(nanoseconds: latency)
        tally.withLock { $0.answer(index, lane: lane, at: now - start, latency: latency, verdict) }
    }

    func fail(_ index: Int, now: UInt64, _ failure: LoadFailure, _ reason: String) {
        tally.withLock { $0.fail(index, at: now - start, failure, reason) }
    }

    func reconnect() {
        tally.withLock { $0.reconnect() }
    }

    func leaveUnsent(_ count: Int) {
        tally.withLock { $0.leaveUnsent(count) }
    }

    func report(isOver: Bool) -> LoadReport {
        let now = Self.now
        let tally = tally.withLock { $0 }
        let snapshot = latencies.snapshot()
        let spread = zip(snapshot.edges + [.infinity], snapshot.counts).compactMap { edge, count in
            count == 0 ? nil : LoadReport.Bucket(upTo: edge, count: Int(clamping: count))
        }
        return LoadReport(
            tally, latency: latency(tally, snapshot), spread: spread,
            elapsed: isOver ? tally.lastOutcome : now - start)
    }

    private func latency(_ tally: LoadTally, _ snapshot: HistogramSnapshot) -> LoadReport.Latency? {
        let maximum = Double(tally.longest) / 1e9
        let quantiles = [0.5, 0.9, 0.95, 0.99, 0.999].compactMap(snapshot.quantile).map { min($0, maximum) }
        guard quantiles.count == 5, let mean = snapshot.mean else { return nil }
        return LoadReport.Latency(
            p50: quantiles[0], p90: quantiles[1], p95: quantiles[2], p99: quantiles[3], p999: quantiles[4],
            maximum: maximum, mean: mean)
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}
