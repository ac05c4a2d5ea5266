/// What a histogram held at one moment; a value that can be merged, subtracted and asked for quantiles.
package struct HistogramSnapshot: Hashable, Sendable {
    /// Upper edges in seconds, ascending.
    package let edges: [Double]
    /// How many values fell into each bucket; one more than `edges`, the last for values beyond every edge.
    package let counts: [UInt64]
    /// The sum of all values, in seconds.
    package let sum: Double
    /// How many values there are.
    package let count: UInt64

    /// - Precondition: `counts.count == edges.count + 1`.
    package init(edges: [Double], counts: [UInt64], sum: Double) {
        precondition(counts.count == edges.count + 1, "a histogram has one bucket more than edges")
        self.edges = edges
        self.counts = counts
        self.sum = sum
        count = counts.reduce(0, &+)
    }

    /// No values over `edges`.
    package static func empty(edges: [Double]) -> HistogramSnapshot {
        HistogramSnapshot(edges: edges, counts: Array(repeating: 0, count: edges.count + 1), sum: 0)
    }

    /// The mean in seconds; `nil` without values.
    package var mean: Double? { count == 0 ? nil : sum / Double(count) }
}

// MARK: - Quantiles

extension HistogramSnapshot {
    /// An estimate, in seconds, of the value that a share `q` of all values do not exceed.
    ///
    /// Interpolated linearly within a bucket, as Prometheus's `histogram_quantile` does, so that the console and a
    /// dashboard agree. The true value lies in the same bucket: with `Histogram.latencyEdges` the estimate is wrong by
    /// a factor of at most 1.67 above 10 µs, and typically by less than a fifth. Beyond the last edge, that edge is
    /// returned: read it as "at least".
    ///
    /// - Parameter q: from 0 through 1; values outside are clamped.
    /// - Returns: `nil` without values or edges, or when `q` is not a number.
    package func quantile(_ q: Double) -> Double? {
        guard count > 0, let last = edges.last, !q.isNaN else { return nil }
        let rank = min(max(q, 0), 1) * Double(count)
        var below = 0.0
        for (bucket, inside) in counts.dropLast().enumerated() where inside > 0 {
            let reached = below + Double(inside)
            if reached >= rank {
                let lower = bucket == 0 ? 0 : edges[bucket - 1]
                return lower + (edges[bucket] - lower) * (rank - below) / Double(inside)
            }
            below = reached
        }
        return last
    }

    /// How many values are at most `seconds`.
    ///
    /// - Returns: `nil` unless `seconds` is one of `edges`: between edges the answer would be a guess.
    package func count(atMost seconds: Double) -> UInt64? {
        guard let edge = edges.firstIndex(of: seconds) else { return nil }
        return counts[...edge].reduce(0, &+)
    }
}

// MARK: - Arithmetic

extension HistogramSnapshot {
    /// The values of both.
    ///
    /// - Returns: `nil` when the edges differ.
    package func merging(_ other: HistogramSnapshot) -> HistogramSnapshot? {
        guard edges == other.edges else { return nil }
        return HistogramSnapshot(edges: edges, counts: zip(counts, other.counts).map { $0 &+ $1 }, sum: sum + other.sum)
    }

    /// The values recorded since `earlier`, a snapshot of the same histogram.
    ///
    /// - Returns: `nil` when the edges differ or a count has fallen: the histogram was replaced in between.
    package func subtracting(_ earlier: HistogramSnapshot) -> HistogramSnapshot? {
        guard edges == earlier.edges, zip(counts, earlier.counts).allSatisfy({ $0 >= $1 }) else { return nil }
        return HistogramSnapshot(
            edges: edges, counts: zip(counts, earlier.counts).map { $0 - $1 }, sum: max(0, sum - earlier.sum))
    }
}
