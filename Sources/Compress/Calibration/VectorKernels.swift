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
    static let lanes = 2

    /// Counts numbers into bins of equal width, 16 bytes of them at a time.
    ///
    /// - Parameters:
    ///   - low: where the first bin begins; what is less counts to it.
    ///   - inverse: bins for each unit.
    ///   - lanes: `lanes` times as many counters as bins. There are fewer than 2^23 bins; what is beyond the last counts to it.
    static func count(
        _ values: UnsafeBufferPointer<Float>, from low: Float, inverse: Float,
        into lanes: UnsafeMutableBufferPointer<UInt32>
    ) {
        let bins = lanes.count / Self.lanes
        guard let base = values.baseAddress, let lane = lanes.baseAddress, bins > 0 else { return }
        let raw = UnsafeRawPointer(base)
        let whole = values.count - values.count % 8
        // What is added to 2^23 shows in the last bits as a whole number, rounded.
        let magic = SIMD8<Float>(repeating: 0x1p23)
        let (zero, last) = (SIMD8<Float>(), SIMD8<Float>(repeating: Float(bins - 1)))
        let (start, scale) = (SIMD8<Float>(repeating: low), SIMD8<Float>(repeating: inverse))
        for place in stride(from: 0, to: whole, by: 8) {
            let wide = raw.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self)
            var bin = (wide - start) * scale - 0.5
            bin.replace(with: zero, where: bin .< zero)
            bin.replace(with: last, where: bin .> last)
            let index = unsafeBitCast(bin + magic, to: SIMD8<UInt32>.self) & 0x7f_ffff
            // Two to a word: taking words out of a vector is what counting costs.
            let pairs = unsafeBitCast(index, to: SIMD4<UInt64>.self)
            for pair in 0..<4 {
                lane[Int(truncatingIfNeeded: pairs[pair] & 0xffff_ffff)] &+= 1
                lane[bins &+ Int(truncatingIfNeeded: pairs[pair] >> 32)] &+= 1
            }
        }
        for place in whole..<values.count {
            let bin = min(max((values[place] - low) * inverse - 0.5, 0), Float(bins - 1))
            lane[Int((bin + 0x1p23).bitPattern & 0x7f_ffff)] &+= 1
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
