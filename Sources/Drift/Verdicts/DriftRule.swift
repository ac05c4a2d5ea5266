/// When a difference is drift: significant, large, and there twice in a row.
package struct DriftRule: Hashable, Sendable {
    /// The share of false findings among a window's findings that is put up with.
    package var level = 0.01
    /// Wasserstein's distance, in standard deviations of the reference, from which numbers have moved much.
    package var largeShift = 0.1
    /// Jensen and Shannon's distance beyond chance from which categories have changed much.
    package var largeChange = 0.1
    /// The difference in the share of missing or out-of-range values that is much.
    package var largeShare = 0.05
    /// Rows that a window needs before it is judged.
    package var smallestWindow = 500
    /// Windows in a row in which a feature has to stand out.
    package var windows = 2

    package init() {}
}
