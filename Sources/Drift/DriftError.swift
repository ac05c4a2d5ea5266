/// What can be wrong with a stored profile.
package struct DriftError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of fault it is.
    package enum Code: Hashable, Sendable {
        /// The bytes are no profile, or a damaged one.
        case damaged
        /// Two profiles do not describe the same features.
        case mismatch
    }

    /// What kind of fault it is.
    package let code: Code
    /// Where, what was expected and what was found.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
