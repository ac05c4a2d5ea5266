import Alerts
import Home
import Logging
import Synchronization
import Tensors

/// What alerts know in the home: what fires and who was told, messages that are on their way, and the error budgets' hours.
///
/// That somebody is told and the message itself are written together, before the message leaves; it is crossed out when its
/// receiver has it. So a server that is killed neither tells twice what was taken nor forgets what was not.
final class AlertStore: Sendable {
    private static let stateKey = "alerts.state"
    private static let historyKey = "alerts.history"
    /// Messages that wait in the home, for all receivers together.
    private static let most = 512

    private struct State: Sendable {
        var book: JSONValue?
        var waiting: [AlertBook.Message]
    }

    private let database: HomeDatabase
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads what an earlier server left; what cannot be read is nothing.
    init(_ database: HomeDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
        let json = Self.setting(Self.stateKey, database)
        let waiting = (json?["waiting"]?.arrayValue ?? []).prefix(Self.most).compactMap {
            AlertBook.Message(kept: $0)
        }
        state = Mutex(State(book: json?["book"], waiting: waiting))
    }

    private static func setting(_ key: String, _ database: HomeDatabase) -> JSONValue? {
        guard let text = try? database.read({ try $0.setting(key) }) else { return nil }
        return try? JSONValue.parse(Array(text.utf8))
    }

    /// The book as it was left; `nil` at the first start.
    var book: JSONValue? { state.withLock { $0.book } }

    /// Messages that their receivers do not have yet, the oldest first.
    var waiting: [AlertBook.Message] { state.withLock { $0.waiting } }

    /// What was left of the error budgets' hours.
    var history: JSONValue? { Self.setting(Self.historyKey, database) }

    /// Keeps the book, and messages that leave now.
    func record(_ book: JSONValue, leaving messages: [AlertBook.Message]) {
        state.withLock { state in
            state.book = book
            state.waiting = (state.waiting + messages).suffix(Self.most)
            write(state)
        }
    }

    /// Crosses out a message: its receiver has it, or nobody tries any more.
    func settle(_ message: AlertBook.Message) {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(of: message) else { return }
            state.waiting.remove(at: index)
            write(state)
        }
    }

    func record(history: JSONValue) { write(Self.historyKey, history) }

    private func write(_ state: State) {
        let waiting = JSONValue.array(state.waiting.map(\.kept))
        write(Self.stateKey, .object([("book", state.book ?? .null), ("waiting", waiting)]))
    }

    private func write(_ key: String, _ json: JSONValue) {
        do {
            try database.write { try $0.setSetting(key, to: json.encodedString()) }
        } catch {
            logger.warning(
                "what alerts know is not kept: after a restart some may be told again", metadata: ["reason": "\(error)"]
            )
        }
    }
}
