/// Base64 with `+` and `/`. Source: RFC 4648 section 4.
package enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends what `text` stands for. Padding may be left out; nothing else may.
    ///
    /// - Returns: `false`, and what was appended is not defined, when it is not base64.
    static func decode(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        var rest = text[...]
        if text.count % 4 == 0 {
            for _ in 0..<2 where rest.last == UInt8(ascii: "=") { rest.removeLast() }
        }
        output.reserveCapacity(output.count + rest.count / 4 * 3 + 2)
        var (bits, count) = (UInt32(0), 0)
        for byte in rest {
            guard let value = value(of: byte) else { return false }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // One letter alone is no byte, and what a last letter has beyond whole bytes is zero.
        return count < 6 && bits & ((1 << UInt32(count)) - 1) == 0
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// Appends `bytes` as text, padded.
    static func encode(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
        var (bits, count) = (UInt32(0), 0)
        func letter(_ value: UInt32) -> UInt8 { alphabet.utf8Start[Int(value & 63)] }
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                output.append(letter(bits >> UInt32(count)))
            }
        }
        if count > 0 { output.append(letter(bits << UInt32(6 - count))) }
        output.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (3 - bytes.count % 3) % 3))
    }

    /// `bytes` as text, padded.
    package static func encoded(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        encode(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// What a padded text stands for: one spelling for the same bytes, so that what is signed can be compared.
    ///
    /// - Returns: `nil` for other characters, missing padding, or left-over bits that are not zero (RFC 4648, 3.5).
    package static func decoded(_ text: String) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        let isWhole = Array(text.utf8).withUnsafeBytes { decode($0, into: &bytes) }
        return isWhole ? bytes : nil
    }
}
