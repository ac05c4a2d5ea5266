/// What is wrong with a tensor, a shape or an array file.
package struct TensorError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case invalidShape, unsupportedType, sizeMismatch, malformedFile, tooLarge, outOfRange, notFound, io
        }
        private let value: Value

        /// Dimensions that cannot exist: negative, overflowing, or of too high a rank.
        package static let invalidShape = Code(value: .invalidShape)
        /// An element type this operation cannot handle.
        package static let unsupportedType = Code(value: .unsupportedType)
        /// Shape and data disagree about the number of elements or bytes.
        package static let sizeMismatch = Code(value: .sizeMismatch)
        /// A file that breaks its format's rules.
        package static let malformedFile = Code(value: .malformedFile)
        /// Within the format's rules but over a limit of ours.
        package static let tooLarge = Code(value: .tooLarge)
        /// A number that its element type cannot hold.
        package static let outOfRange = Code(value: .outOfRange)
        /// No array or column of that name.
        package static let notFound = Code(value: .notFound)
        /// The file could not be read or written.
        package static let io = Code(value: .io)
    }

    /// The kind of fault, to act on.
    package var code: Code
    /// The place, what was expected and what was found, for people.
    package var message: String

    /// An error of this kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TensorError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
