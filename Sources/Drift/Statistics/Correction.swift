/// What many p values at once are worth.
package enum Correction {
    /// Benjamini and Hochberg's adjusted values: rejecting those at most q keeps the share of false rejections at q.
    ///
    /// Source: SciPy, `stats.false_discovery_control`.
    package static func benjaminiHochberg(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var adjusted = values
        var smallest = 1.0
        for (rank, index) in order.enumerated().reversed() {
            smallest = min(smallest, values[index] * Double(values.count) / Double(rank + 1))
            adjusted[index] = smallest
        }
        return adjusted
    }

    /// Holm's adjusted values: rejecting those at most α keeps the probability of any false rejection at α.
    ///
    /// Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    package static func holm(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var adjusted = values
        var largest = 0.0
        for (rank, index) in order.enumerated() {
            largest = max(largest, min(1, values[index] * Double(values.count - rank)))
            adjusted[index] = largest
        }
        return adjusted
    }
}
