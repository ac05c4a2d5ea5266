/// Statistics of two samples of numbers.
package enum OrderedTests {
    /// A statistic and how probable one so large is when nothing has changed.
    package struct Outcome: Hashable, Sendable {
        /// The largest distance between the two distribution functions.
        package var statistic: Double
        /// With both samples' sizes in it.
        package var p: Double
    }

    /// Kolmogorov and Smirnov's test with its asymptotic p, for n·m / (n + m) values.
    ///
    /// Of sketches, the p is that of the smallest distance that the sketches' errors allow: it is never too small on
    /// their account. With ties it is too large rather than too small.
    ///
    /// Source: SciPy, `stats.ks_2samp` and `special.kolmogorov`.
    package static func kolmogorovSmirnov(_ left: WeightedSample, _ right: WeightedSample) -> Outcome {
        guard left.total > 0, right.total > 0 else { return Outcome(statistic: 0, p: 1) }
        var largest = 0.0
        walk(left, right) { a, b, _ in largest = max(largest, (a - b).magnitude) }
        let sure = max(0, largest - left.error - right.error)
        let size = left.total * right.total / (left.total + right.total)
        return Outcome(statistic: largest, p: Distributions.kolmogorovTail(size.squareRoot() * sure))
    }

    /// Wasserstein's first distance: the area between the two distribution functions, in the values' own unit.
    ///
    /// Source: SciPy, `stats.wasserstein_distance`.
    package static func wasserstein(_ left: WeightedSample, _ right: WeightedSample) -> Double {
        guard left.total > 0, right.total > 0 else { return 0 }
        var area = 0.0
        walk(left, right) { a, b, step in area += (a - b).magnitude * step }
        return area
    }

    /// Calls `body` for each value of either sample with both distribution functions there, and how far it is to the
    /// next value.
    private static func walk(
        _ left: WeightedSample, _ right: WeightedSample, _ body: (Double, Double, Double) -> Void
    ) {
        var (i, j) = (0, 0)
        var (below, under) = (0.0, 0.0)
        while i < left.values.count || j < right.values.count {
            let value = min(
                i < left.values.count ? left.values[i] : .infinity,
                j < right.values.count ? right.values[j] : .infinity)
            while i < left.values.count, left.values[i] <= value {
                below += left.weights[i]
                i += 1
            }
            while j < right.values.count, right.values[j] <= value {
                under += right.weights[j]
                j += 1
            }
            let next = min(
                i < left.values.count ? left.values[i] : .infinity,
                j < right.values.count ? right.values[j] : .infinity)
            body(below / left.total, under / right.total, next.isFinite ? next - value : 0)
        }
    }
}
