/// Why columns cannot be prepared for a model.
package struct ColumnError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case invalidDeclaration, invalidValue, tooLarge, cannotStudy }
        private let value: Value

        /// A declaration that means nothing, or does not fit the model's input.
        package static let invalidDeclaration = Code(value: .invalidDeclaration)
        /// A cell that the declaration has no number for: an unknown category, a missing value.
        package static let invalidValue = Code(value: .invalidValue)
        /// More rows than one run may have.
        package static let tooLarge = Code(value: .tooLarge)
        /// A table of examples from which nothing follows.
        package static let cannotStudy = Code(value: .cannotStudy)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// Where it is, what was expected and what was found, for people.
    package var message: String

    /// A fault of this kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ColumnError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

extension String {
    /// In quotation marks, cut to what a message should have, without characters that a terminal obeys.
    var named: String {
        let shown = String(String.UnicodeScalarView(unicodeScalars.prefix(60).map { $0.value < 0x20 ? "?" : $0 }))
        return "'\(shown)\(unicodeScalars.count > 60 ? "…" : "")'"
    }
}
