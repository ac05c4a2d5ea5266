/// How often a tensor's numbers lie where, over any number of samples, in constant memory.
///
/// 2048 bins of equal width. What lies outside widens the range by doubling it, pairs of bins becoming one: nothing is
/// looked at twice, and nothing that was counted is forgotten.
package struct ValueHistogram: Sendable {
    package static let bins = 2048

    /// Where the first bin begins. 0 is always at the edge of a bin or the end of the range when all numbers have one sign.
    package private(set) var low: Float = 0
    /// What one bin is wide; 0 before the first number.
    package private(set) var width: Float = 0
    package private(set) var counts = [UInt64](repeating: 0, count: Self.bins)
    /// The least and the greatest number that came; 0 before.
    package private(set) var least: Float = 0
    package private(set) var greatest: Float = 0
    package private(set) var total = 0

    package init() {}

    /// Counts numbers.
    ///
    /// - Returns: false when one of them is not finite; nothing is counted then.
    package mutating func add(_ values: UnsafeBufferPointer<Float>) -> Bool {
        guard !values.isEmpty else { return true }
        let extremes = VectorKernels.extremes(values)
        guard extremes.isFinite else { return false }
        if total == 0 { begin(extremes.least, extremes.greatest) }
        least = total == 0 ? extremes.least : min(least, extremes.least)
        greatest = total == 0 ? extremes.greatest : max(greatest, extremes.greatest)
        widen(extremes.least, extremes.greatest)
        VectorKernels.count(values, from: low, inverse: 1 / width, into: &counts)
        total += values.count
        return true
    }

    /// Where the last bin ends.
    package var high: Float { low + width * Float(Self.bins) }

    private mutating func begin(_ least: Float, _ greatest: Float) {
        low = min(least, 0)
        let high = max(greatest, 0)
        // Halves, because the range of all floats has no width in floats. No number but 0: any width will do.
        width = max((high / 2 - low / 2) / Float(Self.bins / 2), 0x1p-100)
    }

    private mutating func widen(_ least: Float, _ greatest: Float) {
        while least < low, width < 0x1p110 {
            merge(upwards: true)
            low -= width * Float(Self.bins / 2)
        }
        while greatest > high, width < 0x1p110 { merge(upwards: false) }
    }

    /// Makes one bin of two, in one half of the range; the other is empty then.
    private mutating func merge(upwards: Bool) {
        let half = Self.bins / 2
        let merged = (0..<half).map { counts[2 * $0] + counts[2 * $0 + 1] }
        let empty = [UInt64](repeating: 0, count: half)
        counts = upwards ? empty + merged : merged + empty
        width *= 2
    }

    /// The middle of a bin.
    package func centre(_ bin: Int) -> Double { Double(low) + (Double(bin) + 0.5) * Double(width) }

    /// The bins in which something is: their middles, and how much.
    var occupied: (centres: [Double], weights: [Double]) {
        var centres: [Double] = []
        var weights: [Double] = []
        for bin in counts.indices where counts[bin] > 0 {
            centres.append(centre(bin))
            weights.append(Double(counts[bin]))
        }
        return (centres, weights)
    }
}
