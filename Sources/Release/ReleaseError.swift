/// Why a release cannot be described, planned or carried out.
package struct ReleaseError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case invalid, malformed, notFound, conflict, stale, quarantined, failed }
        private let value: Value

        /// A name, number or state that a person wrote and that cannot be. Choose `malformed` for stored data.
        package static let invalid = Code(value: .invalid)
        /// Stored data that cannot be read back.
        package static let malformed = Code(value: .malformed)
        /// An endpoint or revision that does not exist, or that nothing can be restored to.
        package static let notFound = Code(value: .notFound)
        /// The request makes sense, but not in the endpoint's present state. Choose `stale` when that state is newer
        /// than the plan.
        package static let conflict = Code(value: .conflict)
        /// The plan was made for a state that has been replaced since.
        package static let stale = Code(value: .stale)
        /// A version that brought the server down while it was entering service.
        package static let quarantined = Code(value: .quarantined)
        /// The platform could not carry the release out; what ran before still runs.
        package static let failed = Code(value: .failed)
    }

    package var code: Code
    /// What was expected and what was found, and where.
    package var message: String
    /// What to do about it, when that is known.
    package var help: String?

    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

extension ReleaseError: CustomStringConvertible {
    package var description: String { help.map { "\(message); \($0)" } ?? message }
}
