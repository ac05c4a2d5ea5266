/// Takes back what was done to rows before they were packed.
///
/// Source: W3C, Portable Network Graphics, 9.2.
enum PNGFilter {
    /// Restores a row in place.
    ///
    /// - Parameters:
    ///   - previous: the row above, as long; zeros for the first.
    ///   - step: bytes of a pixel, at least 1.
    /// - Throws: `ImageError.Code.malformed` for an unknown filter.
    static func restore(
        _ filter: UInt8, _ row: UnsafeMutableBufferPointer<UInt8>, _ previous: UnsafeBufferPointer<UInt8>, step: Int
    ) throws(ImageError) {
        let count = row.count
        precondition(previous.count == count && step > 0)
        switch filter {
        case 0: break
        case 1: for x in min(step, count)..<count { row[x] &+= row[x &- step] }
        case 2: for x in 0..<count { row[x] &+= previous[x] }
        case 3:
            for x in 0..<min(step, count) { row[x] &+= previous[x] >> 1 }
            for x in min(step, count)..<count {
                row[x] &+= UInt8(truncatingIfNeeded: (UInt16(row[x &- step]) &+ UInt16(previous[x])) >> 1)
            }
        case 4:
            for x in 0..<min(step, count) { row[x] &+= previous[x] }
            for x in min(step, count)..<count {
                row[x] &+= predictor(row[x &- step], previous[x], previous[x &- step])
            }
        default: throw ImageError(.malformed, "a row of the PNG image has the unknown filter \(filter)")
        }
    }

    /// A. W. Paeth's predictor: whichever of three neighbours is nearest to left + above - upper left.
    @inline(__always)
    private static func predictor(_ left: UInt8, _ above: UInt8, _ corner: UInt8) -> UInt8 {
        let (a, b, c) = (Int16(left), Int16(above), Int16(corner))
        let pa = abs(b &- c)
        let pb = abs(a &- c)
        let pc = abs(a &+ b &- c &- c)
        if pa <= pb, pa <= pc { return left }
        return pb <= pc ? above : corner
    }
}
