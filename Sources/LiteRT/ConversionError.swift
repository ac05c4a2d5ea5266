/// Why a model has no LiteRT form.
package struct ConversionError: Error, Hashable, Sendable {
    /// What kind of reason it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case unsupported, tooLarge, invalid }
        private let value: Value

        /// Nodes that LiteRT has no counterpart for; every one is in `problems`.
        package static let unsupported = Code(value: .unsupported)
        /// More bytes than the format can hold.
        package static let tooLarge = Code(value: .tooLarge)
        /// What was asked does not fit the model, such as a batch for a model with a fixed one.
        package static let invalid = Code(value: .invalid)
    }

    package var code: Code
    package var message: String
    package var help: String?
    /// One line for each node: which, why not, and what to do.
    package var problems: [String] = []

    init(_ code: Code, _ message: String, help: String? = nil) {
        self.code = code
        self.message = message
        self.help = help
    }
}

/// Why one node cannot be converted; the caller says which.
struct LoweringFault: Error {
    let reason: String
    let remedy: String?

    init(_ reason: String, remedy: String? = nil) {
        self.reason = reason
        self.remedy = remedy
    }
}
