/// Scoring of a file that did not come to its end.
package struct ScoringError: Error, Hashable, Sendable {
    /// What kind of failure. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case input, output, unfit, rejected, interrupted, journal }
        private let value: Value

        /// The rows cannot be read as rows at all.
        package static let input = Code(value: .input)
        /// The output cannot be written, or not in this form.
        package static let output = Code(value: .output)
        /// The rows are none that the version takes.
        package static let unfit = Code(value: .unfit)
        /// More rows were rejected than may be.
        package static let rejected = Code(value: .rejected)
        /// Somebody asked for the end; what was done is kept.
        package static let interrupted = Code(value: .interrupted)
        /// An unfinished run lies there that is not this one.
        package static let journal = Code(value: .journal)
    }

    /// The kind of failure, to act on.
    package var code: Code
    /// What happened, for people.
    package var message: String
    /// What to do about it, when that is known.
    package var help: String?

    /// A failure of this kind.
    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

extension ScoringError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
