extension JSONCursor {
    /// Reads a number by the grammar of RFC 8259, section 6. Allocates nothing.
    @inline(__always)
    mutating func scanNumber() throws(JSONError) -> DecimalNumber {
        var number = DecimalNumber()
        let start = position
        if current == UInt8(ascii: "-") {
            number.isNegative = true
            position += 1
        }
        guard let first = current, isDigit(first) else { throw unexpected(expected: "a number") }
        if first == UInt8(ascii: "0") {
            position += 1
            if let next = current, isDigit(next) {
                throw JSONError(.malformed, "a number begins with an unneeded 0", offset: start)
            }
        } else {
            scanDigits(into: &number, perDigit: 0)
        }
        if current == UInt8(ascii: ".") {
            position += 1
            number.isPlainInteger = false
            guard let digit = current, isDigit(digit) else { throw unexpected(expected: "a digit after the point") }
            scanDigits(into: &number, perDigit: -1)
        }
        if let letter = current, letter | 0x20 == UInt8(ascii: "e") { try scanExponent(into: &number) }
        number.text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        return number
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Takes digits while there are any; `perDigit` is 0 before the point and -1 after it.
    @inline(__always)
    private mutating func scanDigits(into number: inout DecimalNumber, perDigit: Int) {
        while bytes.count - position >= 8, number.mantissa < 100_000_000_000, let eight = eightDigits {
            number.mantissa = number.mantissa * 100_000_000 + eight
            number.exponent += 8 * perDigit
            position += 8
        }
        while let byte = current, isDigit(byte) {
            if number.mantissa < DecimalNumber.mantissaLimit {
                number.mantissa = number.mantissa * 10 + UInt64(byte & 15)
                number.exponent += perDigit
            } else {
                number.isTruncated = number.isTruncated || byte != UInt8(ascii: "0")
                number.exponent += 1 + perDigit
            }
            position += 1
        }
    }

    /// The next eight bytes as a number, when all are digits; at least eight bytes must be left.
    @inline(__always)
    private var eightDigits: UInt64? {
        var word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let high = (word &+ 0x4646_4646_4646_4646) | (word &- 0x3030_3030_3030_3030)
        guard high & 0x8080_8080_8080_8080 == 0 else { return nil }
        word = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
        word = ((word & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        return ((word & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
    }

    @inline(__always)
    private mutating func scanExponent(into number: inout DecimalNumber) throws(JSONError) {
        position += 1
        number.isPlainInteger = false
        let isNegative = current == UInt8(ascii: "-")
        if isNegative || current == UInt8(ascii: "+") { position += 1 }
        guard let first = current, isDigit(first) else { throw unexpected(expected: "a digit in the exponent") }
        var exponent = 0
        while let byte = current, isDigit(byte) {
            if exponent < 1_000_000_000_000 { exponent = exponent * 10 + Int(byte & 15) }
            position += 1
        }
        number.writtenExponent = isNegative ? -exponent : exponent
        number.exponent += number.writtenExponent
    }
}
