/// The name of a model: 1 to 63 lower-case letters and digits, with single `.`, `_`, `__` or hyphens between them.
///
/// That is what a component of an OCI repository name may be (OCI Distribution Specification 1.1, "Pulling
/// manifests"), so that every model can be pushed under its own name.
package struct ModelName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Throws: `RegistryError.Code.invalid`, with a name that would do where one is near.
    package init(_ text: String) throws(RegistryError) {
        guard Grammar.isName(text) else {
            throw RegistryError(
                .invalid, "'\(text.prefix(80))' is not a model name: \(Grammar.rule)",
                help: Grammar.suggestion(for: text))
        }
        description = text
    }

    package static func < (left: ModelName, right: ModelName) -> Bool { left.description < right.description }
}

/// The name of an alias: written like a model name, with at least one letter, and not starting with `sha256`.
package struct AliasName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// What a bare model name falls back to.
    package static let production = AliasName(unchecked: "prod")

    /// - Throws: `RegistryError.Code.invalid`.
    package init(_ text: String) throws(RegistryError) {
        guard Grammar.isName(text) else {
            throw RegistryError(
                .invalid, "'\(text.prefix(80))' is not an alias: \(Grammar.rule)", help: Grammar.suggestion(for: text))
        }
        guard text.contains(where: \.isLetter), !text.hasPrefix("sha256") else {
            throw RegistryError(
                .invalid, "'\(text)' is not an alias: it looks like a version number or a digest",
                help: "choose a word such as 'prod'")
        }
        description = text
    }

    private init(unchecked text: String) { description = text }

    package static func < (left: AliasName, right: AliasName) -> Bool { left.description < right.description }
}

/// The number of a version within its model: from 1 up, never used twice.
package struct VersionNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: Int

    /// - Throws: `RegistryError.Code.invalid` for anything but a decimal number from 1 up, without sign or zeros ahead.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        let isDecimal = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, !text.hasPrefix("0"), text.utf8.count <= 15, let value = Int(text) else {
            throw RegistryError(
                .invalid, "'\(text.prefix(80))' is not a version number: expected a whole number from 1 up")
        }
        self.value = value
    }

    /// - Throws: `RegistryError.Code.invalid` for numbers below 1.
    package init(_ value: Int) throws(RegistryError) {
        guard value >= 1 else {
            throw RegistryError(.invalid, "\(value) is not a version number: expected a whole number from 1 up")
        }
        self.value = value
    }

    package var description: String { String(value) }

    package static func < (left: VersionNumber, right: VersionNumber) -> Bool { left.value < right.value }
}

/// The characters of names.
private enum Grammar {
    static let rule =
        "expected 1 to 63 lower-case letters and digits, with '.', '_' or '-' only between them and not side by side"

    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last, isWord(first),
            isWord(last)
        else { return false }
        let separators = bytes.split(whereSeparator: isWord)
        return separators.allSatisfy { run in
            run.elementsEqual(".".utf8) || run.elementsEqual("_".utf8) || run.elementsEqual("__".utf8)
                || run.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    /// The text with its capitals lowered and every other character made a hyphen, if that is a name.
    static func suggestion(for text: String) -> String? {
        let mapped = text.prefix(63).lowercased().utf8.map { isWord($0) ? $0 : UInt8(ascii: "-") }
        let words = mapped.split(separator: UInt8(ascii: "-")).map { String(decoding: $0, as: UTF8.self) }
        let candidate = words.joined(separator: "-")
        return isName(candidate) && candidate != text ? "did you mean '\(candidate)'?" : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
