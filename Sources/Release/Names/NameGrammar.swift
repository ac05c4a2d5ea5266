/// The one grammar of names that people choose.
enum NameGrammar {
    static let maximumLength = 63

    /// - Parameter subject: what the name is of, for the message.
    static func check(_ text: String, of subject: String) throws(ReleaseError) {
        let bytes = text.utf8
        guard !bytes.isEmpty else { throw ReleaseError(.invalid, "the \(subject) name is empty", help: help) }
        guard bytes.count <= maximumLength else {
            throw ReleaseError(
                .invalid, "the \(subject) name has at most \(maximumLength) bytes, found \(bytes.count)",
                help: help)
        }
        if let wrong = text.unicodeScalars.first(where: { !allows($0) }) {
            throw ReleaseError(
                .invalid, "the \(subject) name cannot contain '\(wrong.escaped(asASCII: true))'",
                help: help)
        }
        if let first = text.unicodeScalars.first, !isLetterOrDigit(first) {
            throw ReleaseError(.invalid, "the \(subject) name cannot begin with '\(first)'", help: help)
        }
    }

    private static let help = "use lowercase letters, digits, '-', '_' and '.', beginning with a letter or digit"

    private static func allows(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || scalar == "-" || scalar == "_" || scalar == "."
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}
