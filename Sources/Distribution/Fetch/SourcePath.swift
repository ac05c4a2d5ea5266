import Trust

/// Where a file of a source is put, beneath a folder of ours: plain names only.
struct SourcePath: Hashable, Sendable {
    let text: String

    static let mostParts = 12
    private static let longestPart = 200

    /// Reads the name of an object as a relative path.
    ///
    /// - Returns: `nil` for one that cannot safely be one: empty parts, `.` and `..`, control characters, backslashes, too
    ///   long or too deep.
    init?(key: some StringProtocol) {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= Self.mostParts, parts.allSatisfy({ Self.isPlain($0) }) else { return nil }
        text = String(key)
    }

    /// What a file is called that an address names: letters, digits, `.`, `_` and `-` of its last part.
    init(lastPartOf address: WebAddress) {
        let path = address.target.prefix { $0 != "?" }
        let part = path.split(separator: "/").last.map(String.init) ?? ""
        let decoded = Self.percentDecoded(part) ?? part
        // What was a slash in disguise is no folder.
        let last = decoded.split(separator: "/").last.map(String.init) ?? ""
        let safe = last.unicodeScalars.map { Self.isSafe($0) ? Character($0) : "-" }
        let name = String(String(safe).drop { $0 == "." || $0 == "-" }.prefix(100))
        text = name.isEmpty ? "model" : name
    }

    /// Decodes `%XX`. - Returns: `nil` for what is no such text, or no UTF-8.
    static func percentDecoded(_ text: String, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isPlain(_ part: Substring.SubSequence) -> Bool {
        guard !part.isEmpty, part != ".", part != "..", part.utf8.count <= longestPart else { return false }
        return part.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0 != "\\" }
    }

    private static func isPlain(_ part: some StringProtocol) -> Bool { isPlain(Substring(part)) }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }
}
