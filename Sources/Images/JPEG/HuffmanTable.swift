/// A Huffman code for look-up: short codes at one stroke, long ones by their lengths.
///
/// Source: ITU-T T.81, annex C and F.2.2.3.
///
/// `@unchecked Sendable`: the memory is written only while it is made.
final class HuffmanTable: @unchecked Sendable {
    /// Bits that are looked up at once.
    static let quickBits = 10

    /// For each of the next ten bits: the code's length above, its symbol below; 0 for longer codes.
    let quick: UnsafeMutablePointer<UInt16>
    /// For each length, one above its largest code, moved up to 16 bits; the last is beyond all.
    let limits: [Int32]
    /// For each length, what a code is moved by to become a place among the symbols.
    let offsets: [Int32]
    let symbols: [UInt8]

    /// - Parameter counts: how many codes of each length there are, from 1 to 16.
    /// - Throws: `ImageError.Code.malformed` for counts that are no code.
    init(counts: ArraySlice<UInt8>, symbols: [UInt8]) throws(ImageError) {
        try Self.check(counts)
        quick = .allocate(capacity: 1 << Self.quickBits)
        quick.initialize(repeating: 0, count: 1 << Self.quickBits)
        var limits = [Int32](repeating: 0, count: 18)
        var offsets = [Int32](repeating: 0, count: 18)
        var (code, place): (Int32, Int32) = (0, 0)
        self.symbols = symbols
        for (index, count) in counts.enumerated() {
            let length = index + 1
            offsets[length] = place - code
            for _ in 0..<count {
                if length <= Self.quickBits {
                    let shift = Self.quickBits - length
                    let entry = UInt16(length) << 8 | UInt16(symbols[Int(place)])
                    for fill in 0..<(1 << shift) { quick[Int(code) << shift | fill] = entry }
                }
                code += 1
                place += 1
            }
            limits[length] = code << (16 - length)
            code <<= 1
        }
        limits[17] = .max
        self.limits = limits
        self.offsets = offsets
    }

    deinit { quick.deallocate() }

    /// - Throws: `ImageError.Code.malformed` for more codes of a length than there can be.
    private static func check(_ counts: ArraySlice<UInt8>) throws(ImageError) {
        var code = 0
        for (index, count) in counts.enumerated() {
            code += Int(count)
            guard code <= 1 << (index + 1) else {
                throw ImageError(.malformed, "a Huffman table of the JPEG image is no code")
            }
            code <<= 1
        }
    }
}
