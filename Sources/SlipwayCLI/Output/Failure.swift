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
        var lines = ["\(Paint.red("error[\(codeText)]")): \(Self.inert(message))"]
        lines += causes.map { "  cause: \(Self.inert($0))" }
        if let help { lines.append("   help: \(Self.inert(help))") }
        return lines.joined(separator: "\n")
    }

    /// Words that repeat what a stranger wrote do not act on the terminal: control characters are written as numbers.
    private static func inert(_ text: String) -> String {
        let acts: Set<Unicode.GeneralCategory> = [.control, .format]
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar != "\n", scalar != "\t", acts.contains(scalar.properties.generalCategory) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// Where to read on, for a person at a terminal whom the error itself gives no advice.
    var furtherReading: String? {
        guard Terminal.isTerminal, help == nil, ErrorCatalog.page(codeText) != nil else { return nil }
        return "    see: slipway explain \(codeText)"
    }
}
