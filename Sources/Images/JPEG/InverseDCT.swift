/// The inverse cosine transform of a block, in whole numbers: the same as libjpeg's accurate one.
///
/// Source: C. Loeffler, A. Ligtenberg, G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989,
/// with the constants and roundings of libjpeg's `jidctint.c`: 13 bits of fraction, 2 more between the passes.
enum InverseDCT {
    private static let fraction: Int32 = 13
    private static let between: Int32 = 2

    /// Writes 8 rows of 8 samples, `stride` apart.
    ///
    /// - Parameters:
    ///   - block: 64 coefficients, row by row.
    ///   - table: what each is multiplied by.
    static func transform(
        _ block: UnsafePointer<Int16>, _ table: UnsafePointer<Int32>, into output: UnsafeMutablePointer<UInt8>,
        stride: Int
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 64) { work in
            guard let work = work.baseAddress else { return }
            for column in 0..<8 { pass(block + column, table + column, into: work + column) }
            for row in 0..<8 { pass(work + row * 8, into: output + row * stride) }
        }
    }

    /// A block of which only the first coefficient is there.
    static func fill(_ value: Int32, into output: UnsafeMutablePointer<UInt8>, stride: Int) {
        let sample = byte((value &* 4 &+ 16) >> 5)
        for row in 0..<8 { (output + row * stride).update(repeating: sample, count: 8) }
    }

    @inline(__always)
    private static func byte(_ value: Int32) -> UInt8 { UInt8(truncatingIfNeeded: max(0, min(255, value &+ 128))) }

    /// The even half: z2 and z3 are turned, the others added.
    @inline(__always)
    private static func even(
        _ c0: Int32, _ c2: Int32, _ c4: Int32, _ c6: Int32
    ) -> (Int32, Int32, Int32, Int32) {
        let z1 = (c2 &+ c6) &* 4433
        let tmp2 = z1 &- c6 &* 15137
        let tmp3 = z1 &+ c2 &* 6270
        let tmp0 = (c0 &+ c4) << fraction
        let tmp1 = (c0 &- c4) << fraction
        return (tmp0 &+ tmp3, tmp1 &+ tmp2, tmp1 &- tmp2, tmp0 &- tmp3)
    }

    @inline(__always)
    private static func odd(
        _ c1: Int32, _ c3: Int32, _ c5: Int32, _ c7: Int32
    ) -> (Int32, Int32, Int32, Int32) {
        let z5 = (c7 &+ c3 &+ c5 &+ c1) &* 9633
        let z1 = (c7 &+ c1) &* -7373
        let z2 = (c5 &+ c3) &* -20995
        let z3 = (c7 &+ c3) &* -16069 &+ z5
        let z4 = (c5 &+ c1) &* -3196 &+ z5
        return (
            c7 &* 2446 &+ z1 &+ z3, c5 &* 16819 &+ z2 &+ z4, c3 &* 25172 &+ z2 &+ z3, c1 &* 12299 &+ z1 &+ z4
        )
    }

    /// A column, from coefficients to numbers with two bits of fraction.
    @inline(__always)
    private static func pass(
        _ block: UnsafePointer<Int16>, _ table: UnsafePointer<Int32>, into work: UnsafeMutablePointer<Int32>
    ) {
        let c0 = Int32(block[0]) &* table[0]
        if block[8] | block[16] | block[24] | block[32] | block[40] | block[48] | block[56] == 0 {
            for row in 0..<8 { work[row * 8] = c0 << between }
            return
        }
        let e = even(c0, Int32(block[16]) &* table[16], Int32(block[32]) &* table[32], Int32(block[48]) &* table[48])
        let o = odd(
            Int32(block[8]) &* table[8], Int32(block[24]) &* table[24], Int32(block[40]) &* table[40],
            Int32(block[56]) &* table[56])
        let shift = fraction - between
        let half: Int32 = 1 << (shift - 1)
        work[0] = (e.0 &+ o.3 &+ half) >> shift
        work[56] = (e.0 &- o.3 &+ half) >> shift
        work[8] = (e.1 &+ o.2 &+ half) >> shift
        work[48] = (e.1 &- o.2 &+ half) >> shift
        work[16] = (e.2 &+ o.1 &+ half) >> shift
        work[40] = (e.2 &- o.1 &+ half) >> shift
        work[24] = (e.3 &+ o.0 &+ half) >> shift
        work[32] = (e.3 &- o.0 &+ half) >> shift
    }

    /// A row, from there to samples.
    @inline(__always)
    private static func pass(_ work: UnsafePointer<Int32>, into output: UnsafeMutablePointer<UInt8>) {
        let e = even(work[0], work[2], work[4], work[6])
        let o = odd(work[1], work[3], work[5], work[7])
        let shift = fraction + between + 3
        let half: Int32 = 1 << (shift - 1)
        output[0] = byte((e.0 &+ o.3 &+ half) >> shift)
        output[7] = byte((e.0 &- o.3 &+ half) >> shift)
        output[1] = byte((e.1 &+ o.2 &+ half) >> shift)
        output[6] = byte((e.1 &- o.2 &+ half) >> shift)
        output[2] = byte((e.2 &+ o.1 &+ half) >> shift)
        output[5] = byte((e.2 &- o.1 &+ half) >> shift)
        output[3] = byte((e.3 &+ o.0 &+ half) >> shift)
        output[4] = byte((e.3 &- o.0 &+ half) >> shift)
    }
}
