import ArgumentParser
import Home
import Registry
import Release

/// How long a removed version can be restored.
struct UndoWindowOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long a removed version can be restored: 90m, 12h or 7d (default: SLIPWAY_UNDO_WINDOW, else 7d).",
            valueName: "time"))
    var undoWindow: String?

    func validate() throws { if let undoWindow, Self.parse(undoWindow) == nil { throw Self.refusal(undoWindow) } }

    /// What holds: the option, the environment, 7 days.
    func milliseconds() throws -> Int64 {
        guard let text = undoWindow ?? Terminal.environment("SLIPWAY_UNDO_WINDOW") else {
            return ModelRegistry.undoWindow
        }
        guard let milliseconds = Self.parse(text) else { throw Self.refusal(text) }
        return milliseconds
    }

    /// When a version that was removed then is given up.
    func end(_ removed: Timestamp) throws -> Timestamp { removed.adding(milliseconds: try milliseconds()) }

    /// A time such as `12h`, or `0`; at most 10,000 days.
    static func parse(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        return TimeSpan.milliseconds(in: text).flatMap { $0 <= 864_000_000_000 ? Int64($0) : nil }
    }

    private static func refusal(_ text: String) -> ValidationError {
        ValidationError("the undo window is a time such as 90m, 12h or 7d, found '\(text.prefix(40))'")
    }
}
