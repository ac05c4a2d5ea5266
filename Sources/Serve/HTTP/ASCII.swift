/// Comparing header text without allocating.
enum ASCII {
    /// Whether `text` is `lowercase` but for the case of its letters.
    @inline(__always)
    static func equals(_ text: String, _ lowercase: StaticString) -> Bool {
        guard text.utf8.count == lowercase.utf8CodeUnitCount else { return false }
        // A string's own iteration takes dozens of instructions a byte.
        return text.utf8.withContiguousStorageIfAvailable { equalsInLength($0, lowercase) }
            ?? equals(text.utf8, lowercase)
    }

    private static func equalsInLength(_ bytes: UnsafeBufferPointer<UInt8>, _ lowercase: StaticString) -> Bool {
        for index in bytes.indices where lowered(bytes[index]) != lowercase.utf8Start[index] { return false }
        return true
    }

    /// Whether the bytes are `lowercase` but for the case of their letters.
    @inline(__always)
    static func equals(_ bytes: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where lowered(bytes[index]) != lowercase.utf8Start[index] { return false }
        return true
    }

    /// Whether the bytes are `lowercase` but for the case of their letters.
    static func equals(_ text: some Sequence<UInt8>, _ lowercase: StaticString) -> Bool {
        var index = 0
        for byte in text {
            guard index < lowercase.utf8CodeUnitCount, lowered(byte) == lowercase.utf8Start[index] else {
                return false
            }
            index += 1
        }
        return index == lowercase.utf8CodeUnitCount
    }

    @inline(__always)
    static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether a byte may be in a method or a header's name. Source: RFC 9110 section 5.6.2.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        byte < 0x80 && tokens.utf8Start[Int(byte)] == UInt8(ascii: "1")
    }

    /// For each character of ASCII, whether it is one of a token: thirty-two in a row.
    private static let tokens: StaticString = """
        00000000000000000000000000000000\
        01011111001101101111111111000000\
        01111111111111111111111111100011\
        11111111111111111111111111101010
        """

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Decimal digits only, at least one; `nil` for anything else and for what `Int` cannot hold.
    static func digits(_ text: some Sequence<UInt8>) -> Int? {
        var value: Int?
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, tooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, over) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !tooLarge, !over else { return nil }
            value = sum
        }
        return value
    }

    /// Whether a comma-separated list has `lowercase` among its elements.
    static func list(_ text: String, contains lowercase: StaticString) -> Bool {
        if equals(text, lowercase) { return true }
        return text.utf8.split(separator: UInt8(ascii: ",")).contains { element in
            equals(trimmed(element), lowercase)
        }
    }

    /// Without blanks and tabs around.
    static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }
}
