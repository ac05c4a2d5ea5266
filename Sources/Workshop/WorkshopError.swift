/// A job on a version that did not succeed.
package struct WorkshopError: Error, Sendable {
    /// What kind of failure. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case unreadable, storage, rejected, crashed, limit, sandbox, mismatch, evaluation }
        private let value: Value

        /// The source cannot be read: missing, not a regular file, too large.
        package static let unreadable = Code(value: .unreadable)
        /// The home cannot take a file: its disk is full, or refuses.
        package static let storage = Code(value: .storage)
        /// Not a model, or an invalid one; the message lists what is wrong.
        package static let rejected = Code(value: .rejected)
        /// The limited child died of a signal while it worked on the file.
        package static let crashed = Code(value: .crashed)
        /// The limited child ran into its memory, processor or wall-clock limit.
        package static let limit = Code(value: .limit)
        /// The walls of the child could not be put up.
        package static let sandbox = Code(value: .sandbox)
        /// No engine runs the model, or they disagree about what it computes.
        package static let mismatch = Code(value: .mismatch)
        /// The evaluation set does not fit the model.
        package static let evaluation = Code(value: .evaluation)
    }

    /// The kind of failure, to act on.
    package var code: Code
    /// What happened, for people.
    package var message: String
    /// One line each: what was found where.
    package var causes: [String]
    /// What to do about it, when that is known.
    package var help: String?
    /// The row of the data, counted from 1, that is at fault; `nil` where it is not one row.
    package var row: Int?

    /// A failure of this kind.
    package init(_ code: Code, _ message: String, causes: [String] = [], help: String? = nil, row: Int? = nil) {
        self.code = code
        self.message = message
        self.causes = causes
        self.help = help
        self.row = row
    }
}

extension WorkshopError {
    /// The same error, saying which file it is about: the person may have given several.
    package func about(_ path: String) -> WorkshopError {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard !message.contains(name) else { return self }
        var named = self
        named.message = "'\(name)': \(message)"
        return named
    }
}

extension WorkshopError: CustomStringConvertible {
    /// The message and its causes on one line.
    package var description: String { ([message] + causes).joined(separator: "; ") }
}
