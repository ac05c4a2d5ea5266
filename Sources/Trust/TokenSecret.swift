/// A token as its bearer knows it: 256 random bits. Shown once, when it is made; what is kept is `hash`.
///
/// Its text is `slw_` and 43 characters of base64url (RFC 4648 section 5, without padding). Printing the value
/// gives no more than the prefix.
package struct TokenSecret: Sendable {
    /// The secret itself.
    package let text: String

    /// What every token's text starts with, so that people and scanners recognise one.
    package static let prefix = "slw_"
    /// Characters of a token's text.
    package static let length = 4 + 43

    /// Makes a new one from the system's random source.
    package static func generate() -> TokenSecret {
        TokenSecret(unchecked: prefix + Base64URL.encoded(randomBytes(32)))
    }

    /// Reads a token's text; `nil` for anything that is not one.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length, text.hasPrefix(Self.prefix),
            let bytes = Base64URL.decoded(text.dropFirst(Self.prefix.count)), bytes.count == 32
        else { return nil }
        self.init(unchecked: text)
    }

    private init(unchecked text: String) { self.text = text }

    /// Whether a token's text stands anywhere in `text`.
    package static func stands(in text: String) -> Bool {
        var rest = Substring(text)
        while let start = rest.firstRange(of: prefix) {
            rest = rest[start.upperBound...]
            if TokenSecret(prefix + rest.prefix(length - prefix.count)) != nil { return true }
        }
        return false
    }

    /// What is kept of it: the SHA-256 of the text. 256 random bits need neither salt nor stretching.
    package var hash: Digest { Digest(of: Array(text.utf8)) }
}

extension TokenSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.prefix + "…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Bytes from the system's random source.
func randomBytes(_ count: Int) -> [UInt8] {
    var source = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) }
}
