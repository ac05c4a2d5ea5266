/// A string in the text: where its contents are, and whether they can be taken as they stand.
struct JSONStringToken {
    /// Between the quotes.
    var range: Range<Int>
    var hasEscapes: Bool
    /// Whether the text has no byte of a character beyond ASCII; escapes may still stand for one.
    var isASCII: Bool
}

extension JSONCursor {
    /// Reads a string and checks all of it: UTF-8, escapes, surrogate pairs, no control characters, no NUL.
    ///
    /// - Parameter isElement: whether it is an element of a tensor: those are bytes, and may have NULs among them.
    mutating func scanString(isElement: Bool = false) throws(JSONError) -> JSONStringToken {
        guard current == UInt8(ascii: "\"") else { throw unexpected(expected: "a string") }
        position += 1
        let start = position
        var hasEscapes = false
        var isASCII = true
        while true {
            skipPlainCharacters()
            guard position < bytes.count else { break }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return JSONStringToken(range: start..<(position - 1), hasEscapes: hasEscapes, isASCII: isASCII)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                let place = position
                if try scanEscape() == "\0", !isElement {
                    throw JSONError(
                        .malformed, "a string has the character U+0000, which is not accepted", offset: place)
                }
            } else if byte >= 0x80 {
                guard let length = UTF8Sequence.length(in: bytes, at: position) else {
                    throw JSONError(.malformed, "a string is not valid UTF-8", offset: position)
                }
                isASCII = false
                position += length
            } else if byte < 0x20 {
                throw JSONError(.malformed, "a string has a control character that is not escaped", offset: position)
            } else {
                position += 1
            }
        }
        throw JSONError(.malformed, "expected a closing quote, found the end of the text", offset: position)
    }

    /// Moves to the next quote, backslash, control character or byte beyond ASCII, eight bytes at a time; within seven
    /// bytes of the end it may stop before that.
    ///
    /// Source: the word-wise search for bytes in Anderson, "Bit Twiddling Hacks". The lowest byte found is exact.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        while bytes.count - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let isControl = (word &- ones &* 0x20) & ~word
            let found =
                (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | isControl | word) & tops
            guard found == 0 else {
                position += found.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    /// Reads one escape, the backslash at the position, and returns the scalar it stands for.
    private mutating func scanEscape() throws(JSONError) -> Unicode.Scalar {
        guard position + 1 < bytes.count else {
            throw JSONError(.malformed, "expected an escape, found the end of the text", offset: position)
        }
        let letter = bytes[position + 1]
        if letter == UInt8(ascii: "u") { return try scanUnicodeEscape() }
        guard let scalar = Self.scalar(escapedAs: letter) else {
            throw JSONError(.malformed, "expected one of \"\\/bfnrtu after a backslash", offset: position + 1)
        }
        position += 2
        return scalar
    }

    private static func scalar(escapedAs letter: UInt8) -> Unicode.Scalar? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    /// `\uXXXX`, or two of them that make a surrogate pair (RFC 8259, section 7).
    private mutating func scanUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try scanUnicodeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.malformed, "a string has half of a surrogate pair", offset: start) }
        let second = try scanUnicodeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONError(.malformed, "a string has half of a surrogate pair", offset: start) }
        return scalar
    }

    private mutating func scanUnicodeUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in (position + 2)..<(position + 6) {
            guard index < bytes.count, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw JSONError(.malformed, "expected four hexadecimal digits after \\u", offset: position)
            }
            unit = unit << 4 | UInt32(digit)
        }
        position += 6
        return unit
    }

    /// Appends the contents of a string that `scanString` has accepted, escapes replaced.
    func append(_ token: JSONStringToken, to output: inout [UInt8]) {
        guard token.hasEscapes else {
            output.append(contentsOf: bytes[token.range])
            return
        }
        var cursor = JSONCursor(bytes, position: token.range.lowerBound)
        while cursor.position < token.range.upperBound {
            let byte = bytes[cursor.position]
            if byte == UInt8(ascii: "\\"), let scalar = try? cursor.scanEscape() {
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else {
                output.append(byte)
                cursor.position += 1
            }
        }
    }

    /// The contents of a string that `scanString` has accepted.
    func text(of token: JSONStringToken) -> String {
        guard token.hasEscapes else { return String(decoding: bytes[token.range], as: UTF8.self) }
        var output: [UInt8] = []
        output.reserveCapacity(token.range.count)
        append(token, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}

/// Well-formed UTF-8 sequences (The Unicode Standard, table 3-7).
enum UTF8Sequence {
    /// Bytes of the well-formed sequence that begins at `index`, or `nil` when there is none.
    static func length(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
        func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            index + offset < bytes.count && range.contains(bytes[index + offset])
        }
        switch bytes[index] {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return continues(1) ? 2 : nil
        case 0xE0: return continues(1, 0xA0...0xBF) && continues(2) ? 3 : nil
        case 0xED: return continues(1, 0x80...0x9F) && continues(2) ? 3 : nil
        case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : nil
        case 0xF0: return continues(1, 0x90...0xBF) && continues(2) && continues(3) ? 4 : nil
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : nil
        case 0xF4: return continues(1, 0x80...0x8F) && continues(2) && continues(3) ? 4 : nil
        default: return nil
        }
    }

    /// Whether all of `bytes` is well-formed.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            guard let length = length(in: bytes, at: index) else { return false }
            index += length
        }
        return true
    }
}
