/// What is wrong with the state directory or its database.
package struct HomeError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case invalid, notFound, conflict, locked, newerSchema, damaged, full, io }
        private let value: Value

        /// A path or value that cannot be what it is given as.
        package static let invalid = Code(value: .invalid)
        /// What was asked for is not recorded.
        package static let notFound = Code(value: .notFound)
        /// What was to be written is already there, or something else points at it.
        package static let conflict = Code(value: .conflict)
        /// Another process holds what is needed; `ownerPID` names it where it is known.
        package static let locked = Code(value: .locked)
        /// The home was written by a later Slipway.
        package static let newerSchema = Code(value: .newerSchema)
        /// The database contradicts itself or is not one.
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
    /// The process that holds the lock, for `Code.locked`.
    package var ownerPID: Int32?

    package init(_ code: Code, _ message: String, help: String? = nil, ownerPID: Int32? = nil) {
        self.code = code
        self.message = message
        self.help = help
        self.ownerPID = ownerPID
    }
}

extension HomeError: CustomStringConvertible {
    package var description: String { message }
}
