/// A library whose files are rebuilt as graphs.
package protocol ForeignLibrary: Sendable {
    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    static var safeWay: String { get }
}

/// Why a file of another library does not become a graph. Each such room has its own name for it: `TorchError`.
package struct ForeignError<Library: ForeignLibrary>: ForeignRefusal, Hashable {
    /// What was found, and where.
    package var message: String
    /// One line each: every part that is not rebuilt.
    package var causes: [String]
    /// How to go on.
    package var help: String
    /// Whether a limit was in the way.
    package var isLimit = false

    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    package static var safeWay: String { Library.safeWay }

    /// A refusal.
    package init(_ message: String, causes: [String] = [], help: String = Library.safeWay) {
        self.message = message
        self.causes = causes
        self.help = help
    }
}

/// What every refusal of a foreign file tells, whichever library's it is.
package protocol ForeignRefusal: Error, CustomStringConvertible {
    /// What was found, and where.
    var message: String { get }
    /// One line each: every part that is not rebuilt.
    var causes: [String] { get }
    /// How to go on.
    var help: String { get }
    /// Whether a limit was in the way.
    var isLimit: Bool { get }
}

extension ForeignRefusal {
    /// The message.
    package var description: String { message }
}
