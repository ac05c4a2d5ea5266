/// Names of other servers made names of ours.
package enum HouseName {
    private static let longest = 63

    /// A model's name here: capitals lowered, what cannot stand in a name made a hyphen.
    ///
    /// - Returns: `nil` when nothing is left.
    package static func model(_ text: String) -> String? {
        var result: [UInt8] = []
        var separator: [UInt8] = []
        for byte in text.lowercased().utf8 {
            if isWord(byte) {
                if !result.isEmpty { result += Self.single(separator) }
                separator = []
                result.append(byte)
            } else {
                separator.append(byte)
            }
        }
        let name = String(decoding: result.prefix(longest), as: UTF8.self)
        let trimmed = String(name.reversed().drop { !isWord($0.asciiValue ?? 0) }.reversed())
        return trimmed.isEmpty ? nil : trimmed
    }

    /// What may stand between words: `.`, `_`, `__` or hyphens.
    private static func single(_ separator: [UInt8]) -> [UInt8] {
        switch separator {
        case [], Array(".".utf8), Array("_".utf8), Array("__".utf8): separator
        default: separator.allSatisfy { $0 == UInt8(ascii: "-") } ? separator : Array("-".utf8)
        }
    }

    /// A step's name: letters, digits, `_` and `-`.
    package static func step(_ text: String) -> String {
        let bytes = text.utf8.prefix(48).map { byte in
            isWord(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-") ? byte : UInt8(ascii: "-")
        }
        return bytes.isEmpty ? "step" : String(decoding: bytes, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
