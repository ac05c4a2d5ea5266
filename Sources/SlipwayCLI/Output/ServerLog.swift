import Glibc
import Home
import Logging
import Synchronization
import Tensors

/// Log lines on standard error: for people on a terminal, JSON elsewhere. A reader that stands still or goes away never
/// stops the server: what cannot be written is dropped, and how much that was is said when there is room again.
struct ServerLog: LogHandler {
    let form: LogForm
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(form: LogForm) { self.form = form }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        Self.outlet.withLock { outlet in
            outlet.write(line("\(event.message)", event.level, fields.map { ($0.key, "\($0.value)") })) { lost in
                line("log lines were dropped, because nobody read them", .warning, [("lines", "\(lost)")])
            }
        }
    }

    private func line(_ message: String, _ level: Logger.Level, _ fields: [(key: String, value: String)]) -> [UInt8] {
        let time = Timestamp.now().description
        switch form {
        case .text:
            let words = fields.map { " \($0.key)=\($0.value)" }.joined()
            let text = InertText.line("\(message)\(words)")
            return Array("\(time.dropFirst(11).dropLast(1)) \(Self.short(level)) \(text)\n".utf8)
        case .json:
            let members: [(String, JSONValue)] =
                [("time", .string(time)), ("level", .string(level.rawValue)), ("message", .string(message))]
                + fields.map { ($0.key, .string($0.value)) }
            return JSONValue.object(members).encoded() + [UInt8(ascii: "\n")]
        }
    }

    /// Held while a line is written, which never waits.
    private static let outlet = Mutex(LogOutlet(STDERR_FILENO))

    private static func short(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "·"
        case .info, .notice: "i"
        case .warning: "!"
        case .error, .critical: "✕"
        }
    }
}
