/// What is wrong with a registry, with what it answers, or with what was asked of it.
package struct DistributionError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case invalid, notFound, denied, conflict, unavailable, untrusted, refused, damaged, tooLarge, full, io
        }
        private let value: Value

        /// A text that breaks a rule, before anything was sent.
        package static let invalid = Code(value: .invalid)
        /// The registry has nothing of this name.
        package static let notFound = Code(value: .notFound)
        /// The registry wants other credentials, or more of them.
        package static let denied = Code(value: .denied)
        /// The tag names another version, or another process is at the same work.
        package static let conflict = Code(value: .conflict)
        /// The registry cannot be reached, is too slow, or is out of order.
        package static let unavailable = Code(value: .unavailable)
        /// The other side is not who it should be, or sends us where we do not go.
        package static let untrusted = Code(value: .untrusted)
        /// What came is well-formed bytes of a kind that is not taken.
        package static let refused = Code(value: .refused)
        /// What came is not what was promised.
        package static let damaged = Code(value: .damaged)
        /// Within the rules but over a limit of ours.
        package static let tooLarge = Code(value: .tooLarge)
        /// No space is left on the disk.
        package static let full = Code(value: .full)
        /// The operating system refused a file operation.
        package static let io = Code(value: .io)
    }

    package var code: Code
    /// What happened, where, and what was expected.
    package var message: String
    /// What the person can do about it.
    package var help: String?
    /// Whether the same may go well a moment later.
    var isTransient = false
    /// Whether there was nobody to speak to. Before the first answer of a registry that is a wrong name, not bad luck.
    var isUnreached = false
    /// How long the other side asks to be left alone.
    var retryAfter: Duration?

    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }

    /// Nobody answers at an address.
    static func unreached(_ place: String, _ reason: String) -> DistributionError {
        var error = transient("no connection to \(place): \(reason)")
        error.isUnreached = true
        error.help = "check the registry's name and port, and whether it runs"
        return error
    }

    /// A fault that may pass by itself.
    static func transient(_ message: String, retryAfter: Duration? = nil) -> DistributionError {
        var error = DistributionError(.unavailable, message)
        error.isTransient = true
        error.retryAfter = retryAfter
        return error
    }
}

extension DistributionError: CustomStringConvertible {
    package var description: String { message }
}
