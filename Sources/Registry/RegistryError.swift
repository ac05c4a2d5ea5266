/// What is wrong with a name, a package or a stored version.
package struct RegistryError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case invalid, notFound, ambiguous, conflict, damaged, tooLarge, full, backup, io }
        private let value: Value

        /// A text or package that breaks a rule.
        package static let invalid = Code(value: .invalid)
        /// A well-formed name of nothing.
        package static let notFound = Code(value: .notFound)
        /// A name that could mean several things; the help lists them.
        package static let ambiguous = Code(value: .ambiguous)
        /// The state is not the one that the change expects, or something still needs what is to go.
        package static let conflict = Code(value: .conflict)
        /// Stored bytes are not the ones that were stored.
        package static let damaged = Code(value: .damaged)
        /// Within the rules but over a limit of ours.
        package static let tooLarge = Code(value: .tooLarge)
        /// No space is left on the disk.
        package static let full = Code(value: .full)
        /// A backup that is not as it was made, or that this program does not understand.
        package static let backup = Code(value: .backup)
        /// The operating system refused a file operation.
        package static let io = Code(value: .io)
    }

    package var code: Code
    /// What happened, where, and what was expected.
    package var message: String
    /// What the person can do about it.
    package var help: String?

    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

extension RegistryError: CustomStringConvertible {
    package var description: String { message }
}
