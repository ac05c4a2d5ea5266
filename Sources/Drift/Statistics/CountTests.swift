import Glibc

/// Statistics of two samples that were counted over the same bins.
///
/// All take two arrays of the same length whose elements are not negative.
package enum CountTests {
    /// What the chi-square test found.
    package struct ChiSquare: Hashable, Sendable {
        /// The sum of squared distances from what was expected, each over that.
        package var statistic: Double
        /// Bins that were left, less one.
        package var freedom: Int
        /// How probable a statistic so large is when nothing has changed.
        package var p: Double
    }

    /// The chi-square test of homogeneity. Bins in which fewer than `smallest` are expected of either sample are put
    /// together first; without that, the p would not hold.
    ///
    /// Source: SciPy, `stats.chi2_contingency(correction=False)`; Cochran's rule for the small bins.
    package static func chiSquare(_ left: [Double], _ right: [Double], smallest: Double = 5) -> ChiSquare {
        let (n, m) = (left.reduce(0, +), right.reduce(0, +))
        guard n > 0, m > 0 else { return ChiSquare(statistic: 0, freedom: 0, p: 1) }
        let bins = pooled(zip(left, right).filter { $0 + $1 > 0 }, needs: smallest * (n + m) / min(n, m))
        guard bins.count > 1 else { return ChiSquare(statistic: 0, freedom: 0, p: 1) }
        var statistic = 0.0
        for (a, b) in bins {
            let (wantedA, wantedB) = ((a + b) * n / (n + m), (a + b) * m / (n + m))
            statistic += (a - wantedA) * (a - wantedA) / wantedA + (b - wantedB) * (b - wantedB) / wantedB
        }
        let freedom = bins.count - 1
        return ChiSquare(
            statistic: statistic, freedom: freedom,
            p: Distributions.chiSquareTail(statistic, freedom: Double(freedom)))
    }

    /// - Parameter needs: what a bin must hold of both samples together.
    private static func pooled(_ bins: [(Double, Double)], needs: Double) -> [(Double, Double)] {
        var kept = bins.filter { $0.0 + $0.1 >= needs }
        let small = bins.filter { $0.0 + $0.1 < needs }
        guard !small.isEmpty else { return kept }
        let rest = small.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        if rest.0 + rest.1 >= needs {
            kept.append(rest)
        } else if let index = kept.indices.min(by: { kept[$0].0 + kept[$0].1 < kept[$1].0 + kept[$1].1 }) {
            kept[index] = (kept[index].0 + rest.0, kept[index].1 + rest.1)
        }
        return kept
    }

    /// The population stability index, and what it would be if nothing had changed.
    package struct StabilityIndex: Hashable, Sendable {
        /// Σ (a − b) · ln(a / b) over the bins' shares.
        package var value: Double
        /// Its mean when nothing has changed: (B − 1) · (1/n + 1/m).
        package var mean: Double
        /// Its standard deviation then: √(2 (B − 1)) · (1/n + 1/m).
        package var deviation: Double
        /// How probable a value so large is then: value / (1/n + 1/m) is nearly chi-square with B − 1 degrees.
        package var p: Double
    }

    /// Half a value is added to every bin, so that empty ones have a share.
    ///
    /// Source: Yurdakul and Naranjo, "Statistical properties of the population stability index" (2020).
    package static func stability(_ left: [Double], _ right: [Double]) -> StabilityIndex {
        let (n, m) = (left.reduce(0, +), right.reduce(0, +))
        let bins = Double(left.count)
        guard n > 0, m > 0, left.count > 1 else { return StabilityIndex(value: 0, mean: 0, deviation: 0, p: 1) }
        var value = 0.0
        for (a, b) in zip(left, right) {
            let (x, y) = ((a + 0.5) / (n + bins / 2), (b + 0.5) / (m + bins / 2))
            value += (x - y) * log(x / y)
        }
        let scale = 1 / n + 1 / m
        return StabilityIndex(
            value: value, mean: (bins - 1) * scale, deviation: (2 * (bins - 1)).squareRoot() * scale,
            p: Distributions.chiSquareTail(value / scale, freedom: bins - 1))
    }

    /// Jensen and Shannon's distance: 0 for equal shares, 1 for shares that have no bin in common.
    ///
    /// Source: SciPy, `spatial.distance.jensenshannon(base=2)`.
    package static func jensenShannon(_ left: [Double], _ right: [Double]) -> Double {
        let (n, m) = (left.reduce(0, +), right.reduce(0, +))
        guard n > 0, m > 0 else { return 0 }
        var sum = 0.0
        for (a, b) in zip(left, right) {
            let (x, y) = (a / n, b / m)
            let middle = (x + y) / 2
            if x > 0 { sum += x * log2(x / middle) }
            if y > 0 { sum += y * log2(y / middle) }
        }
        return max(0, sum / 2).squareRoot()
    }

    /// The distance less what samples of these sizes have when nothing has changed: the mean of its square is then
    /// nearly (B − 1) · (1/n + 1/m) / (8 ln 2).
    package static func jensenShannonBeyondChance(_ left: [Double], _ right: [Double]) -> Double {
        let (n, m) = (left.reduce(0, +), right.reduce(0, +))
        guard n > 0, m > 0 else { return 0 }
        let bins = Double(zip(left, right).count { $0 + $1 > 0 })
        let distance = jensenShannon(left, right)
        let chance = (bins - 1) * (1 / n + 1 / m) / (8 * log(2.0))
        return max(0, distance * distance - chance).squareRoot()
    }
}
