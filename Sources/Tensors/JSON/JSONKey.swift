import Glibc

/// A member's key as it stands in the text.
///
/// Most keys are ASCII without escapes and are compared where they stand; only others become strings for that. Valid as
/// long as the text that the scanner reads.
package struct JSONKey {
    private let bytes: UnsafeRawBufferPointer
    private let token: JSONStringToken

    init(_ bytes: UnsafeRawBufferPointer, _ token: JSONStringToken) {
        self.bytes = bytes
        self.token = token
    }

    /// Whether the bytes between the quotes are the key, and no other bytes are the same text.
    private var isPlain: Bool { token.isASCII && !token.hasEscapes }

    /// The key, escapes replaced.
    package var text: String { JSONCursor(bytes, position: 0).text(of: token) }

    package func hasPrefix(_ prefix: StaticString) -> Bool {
        guard isPlain else { return text.hasPrefix("\(prefix)") }
        return token.range.count >= prefix.utf8CodeUnitCount && begins(with: prefix)
    }

    private func begins(with word: StaticString) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return memcmp(base + token.range.lowerBound, word.utf8Start, word.utf8CodeUnitCount) == 0
    }
}

extension JSONKey: Equatable {
    /// Equal as Swift compares strings: however they are spelled.
    package static func == (left: JSONKey, right: JSONKey) -> Bool {
        guard left.isPlain, right.isPlain else { return left.text == right.text }
        guard left.token.range.count == right.token.range.count, let base = left.bytes.baseAddress,
            let other = right.bytes.baseAddress
        else { return false }
        return memcmp(base + left.token.range.lowerBound, other + right.token.range.lowerBound, left.token.range.count)
            == 0
    }

    /// Lets a `switch` over a key have names as its cases.
    package static func ~= (name: StaticString, key: JSONKey) -> Bool {
        guard key.isPlain else { return key.text == "\(name)" }
        return key.token.range.count == name.utf8CodeUnitCount && key.begins(with: name)
    }
}
