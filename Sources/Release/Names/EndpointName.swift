/// What clients call. Lowercase letters, digits, `-`, `_` and `.`; 1 to 63 of them; the first a letter or digit.
///
/// The grammar is closed so that a name is also a path segment, a file name and a metric label without escaping.
package struct EndpointName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// - Throws: `ReleaseError.Code.invalid` naming the first character that does not fit.
    package init(_ text: String) throws(ReleaseError) {
        try NameGrammar.check(text, of: "endpoint")
        self.text = text
    }

    package var description: String { text }

    package static func < (left: EndpointName, right: EndpointName) -> Bool { left.text < right.text }
}
