import Glibc

/// What stands in the way of making what a platform runs.
package struct PlatformError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case invalid, missing, conflict, damaged, full, io }
        private let value: Value

        /// A wish that cannot be met on this machine, or breaks a rule.
        package static let invalid = Code(value: .invalid)
        /// A file that has to go in is not on this machine.
        package static let missing = Code(value: .missing)
        /// Something else is in the place that was asked for.
        package static let conflict = Code(value: .conflict)
        /// A file changed while it was read, or is not what its name says.
        package static let damaged = Code(value: .damaged)
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

    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }

    /// The refusal of a system call, from `errno`.
    static func system(_ action: String, _ path: String, errno code: Int32 = Glibc.errno) -> PlatformError {
        let message = "cannot \(action) '\(path)': \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: return PlatformError(.full, message, help: "free some space and try again")
        case ENOENT: return PlatformError(.missing, message)
        default: return PlatformError(.io, message)
        }
    }
}

extension PlatformError: CustomStringConvertible {
    package var description: String { message }
}
