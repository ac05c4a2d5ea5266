/// Why the data plane cannot do what its owner asked.
package struct ServeError: Error, Hashable, Sendable {
    /// What kind of failure. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case cannotListen, badCertificate }
        private let value: Value

        /// The address is taken, not ours, or not permitted.
        package static let cannotListen = Code(value: .cannotListen)
        /// The certificate or its key cannot be served.
        package static let badCertificate = Code(value: .badCertificate)
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ServeError: CustomStringConvertible {
    package var description: String { message }
}
