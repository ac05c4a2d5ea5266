import Glibc
import Home
import Logging
import Tensors

/// Log lines on standard error: for people on a terminal, JSON elsewhere. A reader that stands still or goes away never
/// stops the server: what cannot be written is dropped.
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
        let time = Timestamp.now().description
        var line: [UInt8]
        switch form {
        case .text:
            let words = fields.map { " \($0.key)=\($0.value)" }.joined()
            let text = InertText.line("\(event.message)\(words)")
            line = Array("\(time.dropFirst(11).dropLast(1)) \(Self.short(event.level)) \(text)\n".utf8)
        case .json:
            let members: [(String, JSONValue)] =
                [
                    ("time", .string(time)), ("level", .string(event.level.rawValue)),
                    ("message", .string("\(event.message)")),
                ]
                + fields.map { ($0.key, .string("\($0.value)")) }
            line = JSONValue.object(members).encoded() + [UInt8(ascii: "\n")]
        }
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func short(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "·"
        case .info, .notice: "i"
        case .warning: "!"
        case .error, .critical: "✕"
        }
    }
}
