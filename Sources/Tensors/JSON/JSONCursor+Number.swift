extension JSONCursor {
    /// Reads a number by the grammar of RFC 8259, section 6. Allocates nothing.
    @inline(__always)
    mutating func scanNumber() throws(JSONError) -> DecimalNumber {
        let start = position
        var digits = DigitRun(position: start)
        let isNegative = digits.next(in: bytes) == UInt8(ascii: "-")
        if isNegative { digits.position += 1 }
        guard let first = digits.next(in: bytes), DigitRun.isDigit(first) else {
            throw numberFault(at: digits.position)
        }
        if first == UInt8(ascii: "0") {
            digits.position += 1
            if let next = digits.next(in: bytes), DigitRun.isDigit(next) { throw leadingZero(at: start) }
        } else {
            digits.scan(bytes, perDigit: 0)
        }
        var isPlainInteger = true
        if digits.next(in: bytes) == UInt8(ascii: ".") {
            isPlainInteger = false
            digits.position += 1
            let before = digits.position
            digits.scan(bytes, perDigit: -1)
            guard digits.position > before else { throw numberFault(at: before) }
        }
        var writtenExponent = 0
        if let letter = digits.next(in: bytes), letter | 0x20 == UInt8(ascii: "e") {
            isPlainInteger = false
            position = digits.position + 1
            writtenExponent = try scanExponent()
            digits.position = position
        }
        position = digits.position
        return DecimalNumber(
            isNegative: isNegative, mantissa: digits.mantissa, exponent: digits.exponent + writtenExponent,
            isTruncated: digits.isTruncated, isPlainInteger: isPlainInteger, writtenExponent: writtenExponent,
            text: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    /// Reads what follows the `e`. Saturates where only 0 and infinity are left.
    private mutating func scanExponent() throws(JSONError) -> Int {
        let isNegative = current == UInt8(ascii: "-")
        if isNegative || current == UInt8(ascii: "+") { position += 1 }
        guard let first = current, DigitRun.isDigit(first) else { throw numberFault(at: position) }
        var exponent = 0
        while let byte = current, DigitRun.isDigit(byte) {
            if exponent < 1_000_000_000_000 { exponent = exponent * 10 + Int(byte & 15) }
            position += 1
        }
        return isNegative ? -exponent : exponent
    }

    @inline(never)
    private func numberFault(at position: Int) -> JSONError {
        var cursor = self
        let isAtStart = cursor.position == position
        cursor.position = position
        return cursor.unexpected(expected: isAtStart ? "a number" : "a digit")
    }

    @inline(never)
    private func leadingZero(at start: Int) -> JSONError {
        JSONError(.malformed, "a number begins with an unneeded 0", offset: start)
    }
}

/// Digits gathered so far: `mantissa · 10^exponent`. A value of its own, so that it lives in registers while scanning.
private struct DigitRun {
    var position: Int
    var mantissa: UInt64 = 0
    var exponent = 0
    /// Whether digits other than zero came after the mantissa was full.
    var isTruncated = false

    init(position: Int) {
        self.position = position
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    @inline(__always)
    func next(in bytes: UnsafeRawBufferPointer) -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private static let powers: [UInt64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

    /// Takes digits while there are any; `perDigit` is 0 before the point and -1 after it.
    ///
    /// Up to eight at a time: however many of the next eight bytes are digits become one number without a branch.
    @inline(__always)
    mutating func scan(_ bytes: UnsafeRawBufferPointer, perDigit: Int) {
        while bytes.count &- position >= 8, mantissa < 100_000_000_000 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let count = Self.leadingDigits(word)
            mantissa = Self.powers.withUnsafeBufferPointer { mantissa &* $0[count] } &+ Self.value(word, digits: count)
            exponent &+= count &* perDigit
            position &+= count
            if count < 8 { return }
        }
        while let byte = next(in: bytes), Self.isDigit(byte) {
            if mantissa < DecimalNumber.mantissaLimit {
                mantissa = mantissa &* 10 &+ UInt64(byte & 15)
                exponent &+= perDigit
            } else {
                isTruncated = isTruncated || byte != UInt8(ascii: "0")
                exponent &+= 1 &+ perDigit
            }
            position &+= 1
        }
    }

    /// How many of a word's bytes are digits before one is not, from the lowest.
    @inline(__always)
    private static func leadingDigits(_ word: UInt64) -> Int {
        let others = ((word &+ 0x4646_4646_4646_4646) | (word &- 0x3030_3030_3030_3030)) & 0x8080_8080_8080_8080
        return others.trailingZeroBitCount &>> 3
    }

    /// The number that the lowest `count` bytes of a word, all digits, spell.
    @inline(__always)
    private static func value(_ word: UInt64, digits count: Int) -> UInt64 {
        var word = word << (64 &- count &* 8)
        word = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
        word = ((word & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        return ((word & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
    }
}
