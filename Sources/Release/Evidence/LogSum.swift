import Glibc

/// Evidence is kept as logarithms: products over a long rollout leave the range of a `Double`.
enum LogSum {
    /// The logarithm of the weighted mean of e to the power of each value; minus infinity without values.
    static func mean(_ values: [(weight: Double, log: Double)]) -> Double {
        let largest = values.map(\.log).max() ?? -.infinity
        let weight = values.reduce(0) { $0 + $1.weight }
        guard largest.isFinite, weight > 0 else { return largest }
        return largest + log(values.reduce(0) { $0 + $1.weight * exp($1.log - largest) } / weight)
    }

    /// The same with equal weights.
    static func mean(_ values: [Double]) -> Double { mean(values.map { (1, $0) }) }
}
