/// Loops over many numbers, sixteen at a time. They allocate nothing but what is said, and read memory of any alignment.
enum VectorKernels {
    private typealias Wide = SIMD16<Float>
    private static let width = 16

    /// The least and the greatest number, and whether all are finite.
    static func extremes(_ values: UnsafeBufferPointer<Float>) -> (least: Float, greatest: Float, isFinite: Bool) {
        guard let base = values.baseAddress, !values.isEmpty else { return (0, 0, true) }
        let raw = UnsafeRawPointer(base)
        let whole = values.count - values.count % width
        var (low, high) = (Wide(repeating: values[0]), Wide(repeating: values[0]))
        // Nothing times 0 is NaN but what is not finite.
        var probe = Wide()
        for place in stride(from: 0, to: whole, by: width) {
            let wide = raw.loadUnaligned(fromByteOffset: place &* 4, as: Wide.self)
            low.replace(with: wide, where: wide .< low)
            high.replace(with: wide, where: wide .> high)
            probe += wide * 0
        }
        var (least, greatest, sum) = (low.min(), high.max(), probe.sum())
        for place in whole..<values.count {
            least = Swift.min(least, values[place])
            greatest = Swift.max(greatest, values[place])
            sum += values[place] * 0
        }
        return (least, greatest, sum == 0)
    }

    /// Bins of one histogram side by side, so that equal numbers in a row, the zeros behind a Relu, do not wait for each other.
    private static let lanes = 4

    /// Counts numbers into bins of equal width.
    ///
    /// - Parameters:
    ///   - low: where the first bin begins; what is less counts to it.
    ///   - inverse: bins for each unit.
    ///   - counts: one for each bin; fewer than 2^23 of them. What is beyond the last counts to it.
    static func count(
        _ values: UnsafeBufferPointer<Float>, from low: Float, inverse: Float, into counts: inout [UInt64]
    ) {
        let bins = counts.count
        guard let base = values.baseAddress, bins > 0 else { return }
        let raw = UnsafeRawPointer(base)
        let whole = values.count - values.count % width
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: bins * lanes) { lane in
            lane.initialize(repeating: 0)
            // What is added to 2^23 shows in the last bits as a whole number, rounded.
            let magic = Wide(repeating: 0x1p23)
            let (zero, last) = (Wide(), Wide(repeating: Float(bins - 1)))
            let (start, scale) = (Wide(repeating: low), Wide(repeating: inverse))
            for place in stride(from: 0, to: whole, by: width) {
                let wide = raw.loadUnaligned(fromByteOffset: place &* 4, as: Wide.self)
                var bin = (wide - start) * scale - 0.5
                bin.replace(with: zero, where: bin .< zero)
                bin.replace(with: last, where: bin .> last)
                let index = unsafeBitCast(bin + magic, to: SIMD16<UInt32>.self) & 0x7f_ffff
                for number in 0..<width {
                    lane[(number & (lanes - 1)) &* bins &+ Int(truncatingIfNeeded: index[number])] &+= 1
                }
            }
            for place in whole..<values.count {
                let bin = min(max((values[place] - low) * inverse - 0.5, 0), Float(bins - 1))
                lane[Int((bin + 0x1p23).bitPattern & 0x7f_ffff)] &+= 1
            }
            for bin in 0..<bins {
                var sum = UInt64(0)
                for number in 0..<lanes { sum += UInt64(lane[number * bins + bin]) }
                counts[bin] += sum
            }
        }
    }

    /// The sum of numbers; those of sixteen columns in single precision.
    static func sum(_ values: UnsafeBufferPointer<Float>) -> Double {
        guard let base = values.baseAddress else { return 0 }
        let raw = UnsafeRawPointer(base)
        let whole = values.count - values.count % width
        var wide = Wide()
        for place in stride(from: 0, to: whole, by: width) {
            wide += raw.loadUnaligned(fromByteOffset: place &* 4, as: Wide.self)
        }
        var total = Double(wide.sum())
        for place in whole..<values.count { total += Double(values[place]) }
        return total
    }
}
