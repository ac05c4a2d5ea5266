/// Finds the ends of lines and looks at every byte once, however the bytes are cut.
///
/// Lines end with CR LF and hold no other control character but tabs: a bare CR or LF is a line end to some and none to
/// others, which is how one request is taken for two. Source: RFC 9112 section 2.2; RFC 9110 section 5.5.
struct RequestLines {
    enum Fault: Error {
        /// A control character, or half of a line end.
        case control
        case tooLong
    }

    /// Where the line begins that is not complete yet, in the bytes that are not consumed.
    private(set) var start = 0
    /// Up to here there is no end of it.
    private var scanned = 0

    /// The next line without its end; `nil` when it is not complete.
    ///
    /// - Parameters:
    ///   - bytes: what is not consumed, from the same byte on as before.
    ///   - limit: bytes that the line may have.
    @inline(__always)
    mutating func next(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(Fault) -> Range<Int>? {
        let (last, overflow) = start.addingReportingOverflow(limit)
        // A carriage return may stand at `last`, and not beyond it.
        let end = overflow ? bytes.count : min(bytes.count, last + 1)
        scanned = Self.firstControl(bytes, scanned, end)
        while scanned < end {
            guard bytes[scanned] == 0x09 else { return try endOfLine(bytes) }
            scanned = Self.firstControl(bytes, scanned + 1, end)
        }
        guard end == bytes.count else { throw .tooLong }
        return nil
    }

    /// The line that ends where the scan has stopped.
    @inline(__always)
    private mutating func endOfLine(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> Range<Int>? {
        guard bytes[scanned] == 0x0D else { throw .control }
        guard scanned + 1 < bytes.count else { return nil }
        guard bytes[scanned + 1] == 0x0A else { throw .control }
        let line = start..<scanned
        scanned += 2
        start = scanned
        return line
    }

    /// Says that the first bytes have been consumed: places are counted from after them.
    mutating func consume(_ count: Int) {
        start -= count
        scanned -= count
    }

    /// The first control character from `index` on; `end` when there is none before it. Eight bytes at a time.
    @inline(__always)
    private static func firstControl(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ end: Int) -> Int {
        var index = index
        while index + 8 <= end {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // Source: Anderson, "Bit Twiddling Hacks": a word with a byte less than n, a word with a byte of zero.
            let below = (word &- (ones &* 0x20)) & ~word
            let delete = word ^ (ones &* 0x7F)
            let flags = (below | ((delete &- ones) & ~delete)) & (ones &* 0x80)
            // What a byte borrows is borrowed from those above it: the lowest flag is right.
            guard flags == 0 else { return index + (flags.trailingZeroBitCount &>> 3) }
            index += 8
        }
        while index < end, !isControl(bytes[index]) { index += 1 }
        return index
    }

    /// One in every byte.
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    @inline(__always)
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
}
