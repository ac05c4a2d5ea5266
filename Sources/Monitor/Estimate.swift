/// A mean and how far it can be trusted.
package struct Estimate: Hashable, Sendable {
    package let mean: Double
    /// The ends of the interval in which the true mean lies 95 times in 100, were the samples independent.
    package let low: Double
    package let high: Double
    /// How many samples there were.
    package let count: Int

    /// Student's interval. Of one sample or none nothing is known: the interval is endless.
    package init(_ samples: [Double]) {
        count = samples.count
        guard count > 0 else {
            (mean, low, high) = (0, -.infinity, .infinity)
            return
        }
        let mean = samples.reduce(0, +) / Double(count)
        self.mean = mean
        guard count > 1 else {
            (low, high) = (-.infinity, .infinity)
            return
        }
        let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let half = Self.student(count - 1) * (squares / Double(count - 1) / Double(count)).squareRoot()
        (low, high) = (mean - half, mean + half)
    }

    /// What is known already.
    package init(mean: Double, low: Double, high: Double, count: Int) {
        (self.mean, self.low, self.high, self.count) = (mean, low, high, count)
    }

    /// The same of a falling function of the value, such as a rate of a time: the ends change places.
    package func inverted(_ transform: (Double) -> Double) -> Estimate {
        let fast = low > 0 ? transform(low) : .infinity
        return Estimate(
            mean: transform(mean), low: high.isFinite ? transform(high) : 0, high: fast, count: count)
    }

    /// The 97.5 % quantile of Student's distribution, to three digits.
    private static func student(_ freedom: Int) -> Double {
        let table = [
            12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
            2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
        ]
        guard freedom > table.count else { return table[max(0, freedom - 1)] }
        // Cornish and Fisher's first terms; exact to 1e-3 from 30 degrees on.
        let z = 1.959964
        return z + (z * z * z + z) / (4 * Double(freedom))
    }
}
