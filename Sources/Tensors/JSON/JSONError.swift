/// What is wrong with a JSON text, and where. The message describes kinds and counts and never repeats the payload.
package struct JSONError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case malformed, duplicateKey, tooDeep, wrongKind, outOfRange, wrongCount, unsupportedType, noMemory
        }
        private let value: Value

        /// The text breaks the grammar, or is not UTF-8. Choose `wrongKind` when it is JSON, but not what was asked for.
        package static let malformed = Code(value: .malformed)
        /// An object has two members of the same name.
        package static let duplicateKey = Code(value: .duplicateKey)
        /// Arrays and objects nested deeper than `JSONScanner.maximumDepth`.
        package static let tooDeep = Code(value: .tooDeep)
        /// A value of another kind than the reader asked for.
        package static let wrongKind = Code(value: .wrongKind)
        /// A number that the type asked for cannot hold: too large, or with a fraction where whole numbers are wanted.
        package static let outOfRange = Code(value: .outOfRange)
        /// Tensor data with another number of elements, or other nesting, than the shape has.
        package static let wrongCount = Code(value: .wrongCount)
        /// An element type that JSON data cannot carry.
        package static let unsupportedType = Code(value: .unsupportedType)
        /// Memory for the elements was refused.
        package static let noMemory = Code(value: .noMemory)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// What was expected and what was found, for people.
    package var message: String
    /// Bytes from the beginning of the text.
    package var offset: Int

    /// An error at byte `offset` of the text.
    package init(_ code: Code, _ message: String, offset: Int) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    /// The same error with the place inside a larger whole named first, as in `element 7: …`.
    package func located(in place: String) -> JSONError {
        JSONError(code, "\(place): \(message)", offset: offset)
    }
}

extension JSONError: CustomStringConvertible {
    /// The message and the place.
    package var description: String { "\(message) (at byte \(offset))" }
}
