/// What is wrong with a file of another server's house, and where.
package struct HouseError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case malformed, unsupported, tooLarge, missing }
        private let value: Value

        /// The text breaks its format's rules, or says what cannot be.
        package static let malformed = Code(value: .malformed)
        /// Within the rules, but it would be answered differently here.
        package static let unsupported = Code(value: .unsupported)
        /// Within the rules but over a limit of ours.
        package static let tooLarge = Code(value: .tooLarge)
        /// A file or folder that belongs there is not.
        package static let missing = Code(value: .missing)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// The place, what was expected and what was found, for people.
    package var message: String
    /// What to do about it, when that is known.
    package var help: String?

    /// An error of this kind.
    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }

    /// The same error with a file's name first.
    package func about(_ file: String) -> HouseError { HouseError(code, "\(file.shown): \(message)", help: help) }
}

extension HouseError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

extension String {
    /// At most 80 characters, control and formatting scalars as `?`: names in files are strangers'.
    package var shown: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            guard result.count < 80 else { return String(result) + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result.append("?")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// The same between single quotes.
    package var quoted: String { "'\(shown)'" }
}
