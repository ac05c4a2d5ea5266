/// What is wrong with a seal, a key or something encrypted.
package struct SealError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case malformed, unsupported, mismatch, key, required, older, undecipherable, file }
        private let value: Value

        /// Bytes that are no seal, or no encrypted archive.
        package static let malformed = Code(value: .malformed)
        /// Well formed, and of a kind that is not taken here: shards, certificates, other hashes.
        package static let unsupported = Code(value: .unsupported)
        /// The signature does not hold, or what was signed is not what is here.
        package static let mismatch = Code(value: .mismatch)
        /// A key file that cannot or must not be used.
        package static let key = Code(value: .key)
        /// A policy asks for a seal, and there is none that holds.
        package static let required = Code(value: .required)
        /// Correctly sealed, and older than what is in service.
        package static let older = Code(value: .older)
        /// Encrypted for somebody else, or altered since. One code for every reason, so that nobody can probe which.
        package static let undecipherable = Code(value: .undecipherable)
        /// A file or folder cannot be read or written.
        package static let file = Code(value: .file)
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

extension SealError: CustomStringConvertible {
    package var description: String { message }
}
