import Synchronization

/// A distribution of durations over fixed buckets.
///
/// Histograms with the same edges can be merged over arms, replicas and time. Recording finds its bucket in the
/// duration's power of two and adds to two atomics: no lock, no allocation. Safe from any thread.
///
/// `@unchecked Sendable`: `buckets` is set once and only its atomics change.
package final class Histogram: @unchecked Sendable {
    /// The upper edge of every bucket but the last, in seconds, ascending. A value on an edge belongs below it.
    package let edges: [Double]

    private let index: BucketIndex
    private let buckets: UnsafeMutablePointer<Atomic<UInt64>>
    private let nanoseconds = Atomic<UInt64>(0)
    /// The newest exemplar of each bucket; empty until there is one.
    private let exemplars = Mutex<[Exemplar?]>([])

    /// - Parameter edges: upper edges in seconds. Put in order, rounded to nanoseconds and freed of duplicates;
    ///   those that are not finite and positive, or beyond 2^53 nanoseconds (104 days), are left out.
    package init(edges: [Double] = Histogram.latencyEdges()) {
        let whole = Set(edges.compactMap(Self.nanoseconds)).sorted()
        self.edges = whole.map { Double($0) / 1e9 }
        index = BucketIndex(edges: whole)
        buckets = .allocate(capacity: whole.count + 1)
        for bucket in 0...whole.count {
            (buckets + bucket).initialize(to: Atomic(0))
        }
    }

    deinit {
        buckets.deinitialize(count: edges.count + 1)
        buckets.deallocate()
    }

    /// Counts one duration.
    package func record(nanoseconds duration: UInt64) {
        buckets[index.bucket(of: duration)].wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(duration, ordering: .relaxed)
    }

    /// Keeps a value that was recorded as the example of its bucket. Waits for nobody: where another is being kept or read,
    /// this one is let go.
    package func exemplify(_ exemplar: Exemplar) {
        let bucket = index.bucket(of: exemplar.nanoseconds)
        exemplars.withLockIfAvailable { kept in
            if kept.isEmpty { kept = Array(repeating: nil, count: edges.count + 1) }
            kept[bucket] = exemplar
        }
    }

    /// The newest exemplar of each bucket; empty where there never was one.
    package var examples: [Exemplar?] { exemplars.withLock { $0 } }

    /// The counts so far. A value recorded meanwhile may be in `counts` and not yet in `sum`; `count` always equals
    /// the sum of `counts`.
    package func snapshot() -> HistogramSnapshot {
        let counts = (0...edges.count).map { buckets[$0].load(ordering: .relaxed) }
        return HistogramSnapshot(
            edges: edges, counts: counts, sum: Double(nanoseconds.load(ordering: .relaxed)) / 1e9)
    }

    /// An edge in whole nanoseconds, the unit in which values are compared with it.
    private static func nanoseconds(_ seconds: Double) -> UInt64? {
        let scaled = (seconds * 1e9).rounded()
        guard scaled >= 1, scaled <= 0x1p53 else { return nil }
        return UInt64(scaled)
    }
}

extension Histogram {
    /// Edges for latencies: 1, 1.5, 2.5, 4 and 6.5 in each decade from 10 µs up to 60 s, and one on each objective.
    ///
    /// Neighbours differ by a factor of at most 1.67, which bounds the error of a quantile. The grid is fixed, so that
    /// histograms can be merged; an objective gets an edge of its own, so that the share of requests within it is
    /// counted, not estimated.
    ///
    /// - Parameter objectives: latency objectives in seconds.
    package static func latencyEdges(objectives: [Double] = []) -> [Double] {
        var edges: [Double] = []
        var decade: UInt64 = 10_000
        for _ in 0..<7 {
            edges += [10, 15, 25, 40, 65].map { Double(decade / 10 * $0) / 1e9 }
            decade *= 10
        }
        let grid = edges.filter { $0 < 60 } + [60]
        return Set(grid + objectives.filter { $0.isFinite && $0 > 0 }).sorted()
    }
}

/// Finds a value's bucket in the few edges that share its power of two.
private struct BucketIndex {
    /// Ascending.
    private let edges: [UInt64]
    /// For each bit width 0...64, the first edge that a value of this width can be at or below.
    private let starts: [Int]

    init(edges: [UInt64]) {
        self.edges = edges
        starts = (0...64).map { width in
            let smallest: UInt64 = width == 0 ? 0 : 1 << UInt64(width - 1)
            return edges.firstIndex { $0 >= smallest } ?? edges.count
        }
    }

    /// The first bucket whose upper edge is at or above `value`; `edges.count` when there is none.
    func bucket(of value: UInt64) -> Int {
        let width = UInt64.bitWidth - value.leadingZeroBitCount
        var low = starts[width]
        var high = width < 64 ? starts[width + 1] : edges.count
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
