/// Bits of a JPEG scan, from the highest down, up to the next marker. After that come zeros, which are counted.
///
/// Source: ITU-T T.81, F.2.2.5.
struct BitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Where reading goes on; at a marker's 0xFF once one was met.
    private(set) var position: Int
    /// The next bits, at the lower end.
    private var bits: UInt64 = 0
    private var available = 0
    /// Bits among those available that are not from the file.
    private var invented = 0

    /// The caller keeps `bytes` alive.
    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    private var count: Int { bytes.count }

    /// Whether bits were used that the file does not have.
    var isBeyondEnd: Bool { available < invented }

    /// Makes at least 32 bits available.
    @inline(__always)
    mutating func fill() {
        if available < 32 { refill() }
    }

    @inline(never)
    private mutating func refill() {
        while available <= 48 {
            if position < count {
                let byte = bytes[position]
                if byte != 0xFF {
                    bits = bits << 8 | UInt64(byte)
                    position &+= 1
                    available &+= 8
                    continue
                }
                if position &+ 1 < count, bytes[position &+ 1] == 0 {
                    bits = bits << 8 | 0xFF
                    position &+= 2
                    available &+= 8
                    continue
                }
            }
            bits <<= 8
            available &+= 8
            invented &+= 8
        }
    }

    /// The next `length` bits, not consumed. `fill` came before.
    @inline(__always)
    private func peek(_ length: Int) -> Int {
        Int(truncatingIfNeeded: bits >> UInt64(truncatingIfNeeded: available &- length)) & ((1 << length) &- 1)
    }

    /// The next `length` bits, at most 16.
    @inline(__always)
    mutating func take(_ length: Int) -> Int {
        fill()
        let value = peek(length)
        available &-= length
        return value
    }

    /// The next bit.
    @inline(__always)
    mutating func takeBit() -> Bool { take(1) != 0 }

    /// A number of `length` bits, at most 16, of which the lower half is negative (T.81, F.2.2.1, `EXTEND`).
    @inline(__always)
    mutating func takeSigned(_ length: Int) -> Int {
        guard length > 0 else { return 0 }
        let value = take(length)
        return value < 1 << (length &- 1) ? value &- (1 << length) &+ 1 : value
    }

    /// The next symbol.
    ///
    /// - Throws: `ImageError.Code.malformed` for bits that are no code.
    @inline(__always)
    mutating func symbol(_ table: HuffmanTable) throws(ImageError) -> Int {
        fill()
        let entry = table.quick[peek(HuffmanTable.quickBits)]
        if entry != 0 {
            available &-= Int(entry >> 8)
            return Int(entry & 255)
        }
        return try longSymbol(table)
    }

    @inline(never)
    private mutating func longSymbol(_ table: HuffmanTable) throws(ImageError) -> Int {
        let next = Int32(peek(16))
        var length = HuffmanTable.quickBits + 1
        while length <= 16, next >= table.limits[length] { length += 1 }
        guard length <= 16 else { throw ImageError(.malformed, "the JPEG image has bits that are no code") }
        let place = Int(next >> Int32(16 - length)) + Int(table.offsets[length])
        guard table.symbols.indices.contains(place) else {
            throw ImageError(.malformed, "the JPEG image has bits that are no code")
        }
        available -= length
        return Int(table.symbols[place])
    }

    /// Drops what is left before a marker, and reads past a restart marker with this number.
    ///
    /// - Throws: `ImageError.Code.malformed` when another one, or none, stands there.
    mutating func restart(_ number: Int) throws(ImageError) {
        bits = 0
        available = 0
        invented = 0
        // Fill bytes may stand before a marker.
        while position + 1 < count, bytes[position] == 0xFF, bytes[position + 1] == 0xFF { position += 1 }
        guard position + 1 < count, bytes[position] == 0xFF, Int(bytes[position + 1]) == 0xD0 + number else {
            throw ImageError(.malformed, "the JPEG image lacks restart marker \(number)")
        }
        position += 2
    }
}
