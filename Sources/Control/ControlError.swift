/// What the control plane cannot do.
package struct ControlError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case notRunning, failed, damaged, refused, portInUse, badCertificate }
        private let value: Value

        /// No server runs on this home.
        package static let notRunning = Code(value: .notRunning)
        /// A revision could not be carried out; what ran before runs on.
        package static let failed = Code(value: .failed)
        /// Recorded state contradicts itself.
        package static let damaged = Code(value: .damaged)
        /// The address policy forbids it.
        package static let refused = Code(value: .refused)
        /// Another program listens there.
        package static let portInUse = Code(value: .portInUse)
        /// The certificate or its key cannot be served.
        package static let badCertificate = Code(value: .badCertificate)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// What happened, for people.
    package var message: String
    /// What to do about it, when that is known.
    package var help: String?

    /// A fault of this kind.
    package init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

extension ControlError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
