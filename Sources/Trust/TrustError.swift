/// What is wrong with a digest, a token, an address or the origin of a request.
package struct TrustError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case malformed, refused, io }
        private let value: Value

        /// A text that does not follow its grammar.
        package static let malformed = Code(value: .malformed)
        /// Understood, and not allowed.
        package static let refused = Code(value: .refused)
        /// A file could not be read.
        package static let io = Code(value: .io)
    }

    package var code: Code
    /// What happened, where, and what was expected. Never holds a secret.
    package var message: String
    /// What the person can do about it.
    package var help: String?

    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

extension TrustError: CustomStringConvertible {
    package var description: String { message }
}
