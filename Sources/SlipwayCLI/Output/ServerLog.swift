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
        Self.outlet.withLock { lost in
            if lost > 0 {
                guard
                    Self.emit(
                        line("log lines were dropped, because nobody read them", .warning, [("lines", "\(lost)")]))
                else {
                    lost &+= 1
                    return
                }
                lost = 0
            }
            if !Self.emit(line("\(event.message)", event.level, fields.map { ($0.key, "\($0.value)") })) { lost = 1 }
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

    /// Lines that found no room since one was written. Held while a line is written, which never waits.
    private static let outlet = Mutex(0)

    /// A pipe that can be written to has room for so many bytes at least.
    private static let room = Int(PIPE_BUF)

    /// Writes a line where that does not make the caller wait.
    ///
    /// - Returns: whether it was written.
    private static func emit(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            var target = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
            guard poll(&target, 1, 0) == 1, target.revents & Int16(POLLOUT) != 0 else { return false }
            let count = rest.prefix(room).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
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
