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

    /// Reads a number of up to seven digits and a point that a comma or bracket follows, or does nothing.
    ///
    /// Fewer than 2^24 tens and a power of ten are exact as `Float`s, so that their quotient is the nearest to the number
    /// (Clinger 1990). Most numbers that people send are as short as that, and take a third of the time so.
    @inline(__always)
    mutating func scanShortFloat() -> Float? {
        guard bytes.count &- position >= 8 else { return nil }
        var word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let length = Self.bytesBeforeEnd(word)
        guard length > 0, length < 8 else { return nil }
        let hasZero = UInt8(truncatingIfNeeded: word) == UInt8(ascii: "0")
        var (mantissa, point): (UInt32, Int) = (0, length)
        for index in 0..<length {
            let digit = UInt8(truncatingIfNeeded: word) &- UInt8(ascii: "0")
            word >>= 8
            if digit < 10 {
                mantissa = mantissa &* 10 &+ UInt32(digit)
            } else if digit == UInt8(ascii: ".") &- UInt8(ascii: "0"), point == length, index > 0 {
                point = index
            } else {
                return nil
            }
        }
        // Nothing after a point, or digits after a leading zero, is for the other reader to refuse.
        guard point != length &- 1 || length == 1, !hasZero || point == 1 else { return nil }
        position &+= length
        guard point < length else { return Float(mantissa) }
        return Float(mantissa) / Self.shortPowers.withUnsafeBufferPointer { $0[length &- point &- 1] }
    }

    private static let shortPowers: [Float] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    /// How many of a word's bytes come before a comma or a closing bracket; 8 when none does.
    ///
    /// Source: Anderson, "Bit Twiddling Hacks", a word with a byte of zero: the lowest flag is right.
    @inline(__always)
    private static func bytesBeforeEnd(_ word: UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (comma, bracket) = (word ^ (ones &* 0x2C), word ^ (ones &* 0x5D))
        let flags = ((comma &- ones) & ~comma) | ((bracket &- ones) & ~bracket)
        return (flags & (ones &* 0x80)).trailingZeroBitCount &>> 3
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
