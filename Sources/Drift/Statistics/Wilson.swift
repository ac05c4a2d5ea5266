/// Where a share lies that was counted.
package enum Wilson {
    /// The score interval with 95 %; `nil` of nothing. Source: Wilson, 1927.
    package static func interval(_ count: Int, of all: Int) -> ClosedRange<Double>? {
        guard all > 0, (0...all).contains(count) else { return nil }
        let (z, n) = (1.959963984540054, Double(all))
        let share = Double(count) / n
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, middle - half)...min(1, middle + half)
    }
}
