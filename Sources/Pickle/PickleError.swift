/// What is wrong with a pickle, or with what was expected in it.
package struct PickleError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case malformed, unsupported, tooLarge, io }
        private let value: Value

        /// The bytes break the format's rules, or end early.
        package static let malformed = Code(value: .malformed)
        /// Within the rules, but something that is not read here.
        package static let unsupported = Code(value: .unsupported)
        /// Within the rules but over a limit of ours.
        package static let tooLarge = Code(value: .tooLarge)
        /// The file could not be read.
        package static let io = Code(value: .io)
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
}

extension PickleError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

extension String {
    /// At most 80 characters between single quotes, safe for a terminal and a log line: names in files are strangers'.
    package var quotedName: String {
        var result = ""
        for (place, scalar) in unicodeScalars.enumerated() {
            guard place < 80 else { return "'\(result)…'" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return "'\(result)'"
    }
}
