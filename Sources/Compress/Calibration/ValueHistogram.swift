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

    /// Numbers that are looked at and counted while they are near.
    private static let chunk = 4096

    /// Looks at numbers, and counts them.
    ///
    /// - Parameter counts: false where only the least and the greatest are asked for.
    /// - Returns: the least and the greatest of them; `nil` when one is not finite, and then nothing more can be said.
    package mutating func add(
        _ values: UnsafeBufferPointer<Float>, counts: Bool = true
    ) -> (least: Float, greatest: Float)? {
        guard !values.isEmpty else { return (0, 0) }
        if !counts || total == 0 {
            let extremes = VectorKernels.extremes(values)
            guard extremes.isFinite else { return nil }
            if total == 0 { begin(extremes.least, extremes.greatest) }
            guard counts else { return noted((extremes.least, extremes.greatest), values.count) }
        }
        let found = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.bins * VectorKernels.lanes) {
            lanes in
            lanes.initialize(repeating: 0)
            let found = countChunks(values, lanes)
            empty(lanes)
            return found
        }
        return found.map { noted($0, values.count) }
    }

    private mutating func countChunks(
        _ values: UnsafeBufferPointer<Float>, _ lanes: UnsafeMutableBufferPointer<UInt32>
    ) -> (least: Float, greatest: Float)? {
        var found = (least: values[0], greatest: values[0])
        for start in stride(from: 0, to: values.count, by: Self.chunk) {
            let part = UnsafeBufferPointer(rebasing: values[start..<min(start + Self.chunk, values.count)])
            let extremes = VectorKernels.extremes(part)
            guard extremes.isFinite else { return nil }
            found = (min(found.least, extremes.least), max(found.greatest, extremes.greatest))
            if extremes.least < low || extremes.greatest > high {
                empty(lanes)
                widen(extremes.least, extremes.greatest)
            }
            VectorKernels.count(part, from: low, inverse: 1 / width, into: lanes)
        }
        return found
    }

    private mutating func noted(_ extremes: (least: Float, greatest: Float), _ count: Int) -> (Float, Float) {
        least = total == 0 ? extremes.least : min(least, extremes.least)
        greatest = total == 0 ? extremes.greatest : max(greatest, extremes.greatest)
        total += count
        return extremes
    }

    /// Takes over what was counted side by side.
    private mutating func empty(_ lanes: UnsafeMutableBufferPointer<UInt32>) {
        for lane in 0..<VectorKernels.lanes {
            for bin in 0..<Self.bins {
                counts[bin] += UInt64(lanes[lane * Self.bins + bin])
                lanes[lane * Self.bins + bin] = 0
            }
        }
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
