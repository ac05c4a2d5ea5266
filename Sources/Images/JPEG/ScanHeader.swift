/// Which components a scan carries, and which part of their coefficients.
///
/// Source: ITU-T T.81, B.2.3 and G.1.1.1.1.
struct ScanHeader {
    /// For each component its place in the frame, and its tables.
    var parts: [(component: Int, direct: Int, alternating: Int)]
    /// The first and the last coefficient, in zigzag order.
    var first: Int
    var last: Int
    /// Bits below which coefficients are left to later scans; the same before this scan, 0 for the first.
    var low: Int
    var high: Int

    /// - Throws: `ImageError.Code.malformed` for what no scan of the frame can be.
    init(_ bytes: UnsafeRawBufferPointer, _ frame: JPEGFrame) throws(ImageError) {
        let count = bytes.isEmpty ? 0 : Int(bytes[0])
        guard (1...frame.components.count).contains(count), bytes.count == 4 + 2 * count else {
            throw ImageError(.malformed, "a scan header of the JPEG image has a wrong length")
        }
        parts = []
        var blocks = 0
        for index in 0..<count {
            let (identifier, tables) = (bytes[1 + 2 * index], bytes[2 + 2 * index])
            guard let component = frame.components.firstIndex(where: { $0.identifier == identifier }),
                !parts.contains(where: { $0.component == component }), tables >> 4 < 4, tables & 15 < 4
            else { throw ImageError(.malformed, "a scan of the JPEG image names a component that is not there") }
            blocks += frame.components[component].across * frame.components[component].down
            parts.append((component, Int(tables >> 4), Int(tables & 15)))
        }
        guard count == 1 || blocks <= 10 else {
            throw ImageError(.malformed, "a scan of the JPEG image has more than 10 blocks in a unit")
        }
        first = Int(bytes[1 + 2 * count])
        last = Int(bytes[2 + 2 * count])
        high = Int(bytes[3 + 2 * count] >> 4)
        low = Int(bytes[3 + 2 * count] & 15)
        guard frame.isProgressive else {
            // Baseline scans carry everything, whatever they say.
            (first, last, high, low) = (0, 63, 0, 0)
            return
        }
        let isDirect = first == 0 && last == 0
        guard isDirect || (first > 0 && first <= last && last < 64 && count == 1), low <= 13,
            high == 0 || high == low + 1
        else { throw ImageError(.malformed, "a scan of the JPEG image has impossible coefficients") }
    }
}
