/// An error as the command line prints it, and the exit code it ends with.
struct Failure: Error {
    /// Exit codes (`design.md` 5).
    enum Exit: Int32 {
        case failed = 1
        case notFound = 3
        case denied = 4
        case conflict = 5
        case unavailable = 6
        case verificationFailed = 7
        case rolledBack = 8
        case late = 9
        case usage = 64
        case locked = 75
    }

    /// `SW` and four digits; the thousands tell the room it comes from.
    var code: Int
    var exit: Exit
    var message: String
    var causes: [String] = []
    var help: String?

    init(_ code: Int, _ exit: Exit, _ message: String, causes: [String] = [], help: String? = nil) {
        self.code = code
        self.exit = exit
        self.message = message
        self.causes = causes
        self.help = help
    }

    var codeText: String { "SW\(code)" }

    /// ```
    /// error[SW6101]: …
    ///   cause: …
    ///    help: …
    /// ```
    var rendered: String {
        var lines = ["\(Paint.red("error[\(codeText)]")): \(InertText.text(message))"]
        lines += causes.map { "  cause: \(InertText.text($0))" }
        if let help { lines.append("   help: \(InertText.text(help))") }
        return lines.joined(separator: "\n")
    }

    /// Where to read on, for a person at a terminal whom the error itself gives no advice.
    var furtherReading: String? {
        guard Terminal.isTerminal, help == nil, ErrorCatalog.page(codeText) != nil else { return nil }
        return "    see: slipway explain \(codeText)"
    }
}
