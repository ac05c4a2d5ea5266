/// Says of some rows that the others need not be looked at.
package enum EarlyEvidence {
    /// Rows below which nothing is said.
    package static let leastRows = 32

    /// What is lost at least, as far as some rows tell: three standard deviations below what they say.
    ///
    /// Where a share `d` of classes changes and the original is right in a share `a`, at least `d - (1 - a)` of rows become
    /// wrong and at most `1 - a` become right: at least `d - 2 (1 - a)` is lost.
    ///
    /// - Parameters:
    ///   - accuracy: of the original; `nil` where agreement with it is what counts.
    /// - Returns: `nil` for too few rows.
    package static func leastDrop(changed: Int, of rows: Int, accuracy: Double?) -> Double? {
        guard rows >= leastRows, changed >= 0, changed <= rows else { return nil }
        let share = Double(changed) / Double(rows)
        let deviation = (share * (1 - share) / Double(rows)).squareRoot()
        return share - 3 * deviation - 2 * (1 - (accuracy ?? 1))
    }
}
