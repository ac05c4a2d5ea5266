/// What is wrong with an HDF5 file, or what of the format is not read here.
package struct HDF5Error: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Kind { case malformed, unsupported, tooLarge }
        private let kind: Kind

        /// The bytes contradict the format or each other.
        package static let malformed = Code(kind: .malformed)
        /// A part of the format that is not read here.
        package static let unsupported = Code(kind: .unsupported)
        /// More than a limit allows.
        package static let tooLarge = Code(kind: .tooLarge)
    }

    /// What kind of fault it is.
    package var code: Code
    /// Where, what was expected, what was found.
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static func malformed(_ message: String) -> HDF5Error { HDF5Error(.malformed, message) }
    static func unsupported(_ message: String) -> HDF5Error { HDF5Error(.unsupported, message) }
}

extension HDF5Error: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}

extension HDF5Error {
    /// A fault that whoever reads the file finds in what it holds.
    package static func broken(_ message: String) -> HDF5Error { HDF5Error(.malformed, message) }
}
