/// Base64 with `+` and `/`, padded. Source: RFC 4648 section 4; section 3.5 for the bits that must be zero.
enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [Int8] = {
        var values = [Int8](repeating: -1, count: 256)
        for (index, letter) in alphabet.enumerated() { values[Int(letter)] = Int8(index) }
        return values
    }()

    static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var (bits, held) = (0 as UInt32, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet[Int(bits >> UInt32(held)) & 63])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << UInt32(6 - held)) & 63]) }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` for other characters, a length that is no multiple of four, or left-over bits that are not zero.
    static func decoded(_ text: String) -> [UInt8]? {
        var letters = Array(text.utf8)[...]
        guard letters.count % 4 == 0 else { return nil }
        for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters.removeLast() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3 + 2)
        var (bits, held) = (0 as UInt32, 0)
        for letter in letters {
            let value = values[Int(letter)]
            guard value >= 0 else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xffff
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        guard held < 6, bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
        return bytes
    }
}
