import Alerts
import Home
import Logging
import Monitor
import Registry
import Release
import Serve
import ServiceLifecycle
import Tensors

/// Looks at everything that alerts are about, again and again, and hands on what the book says.
actor AlertWatcher: Service {
    private let settings: AlertSettings
    private let facts: AlertFactFinder
    private let sender: AlertSender
    private let database: HomeDatabase
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let store: AlertStore
    private var rules: AlertRules
    private var book: AlertBook
    /// What was kept last: the book's stamp, and when the budgets' hours were.
    private var kept: (stamp: Int, history: Int)

    /// Milliseconds between two times that the error budgets' hours are kept.
    private static let historyEvery = 60_000

    init(
        _ settings: AlertSettings, facts: AlertFactFinder, sender: AlertSender, store: AlertStore,
        database: HomeDatabase, metrics: MetricsRegistry, logger: Logger
    ) {
        self.settings = settings
        self.facts = facts
        self.sender = sender
        self.database = database
        self.metrics = metrics
        self.logger = logger
        self.store = store
        rules = AlertRules(settings, history: store.history)
        let now = Int(Timestamp.now().milliseconds)
        let book = store.book.map { AlertBook(settings, json: $0, at: now) } ?? AlertBook(settings)
        self.book = book
        kept = (book.stamp, now)
    }

    func run() async throws {
        let ticker = Ticker(every: .milliseconds(settings.every))
        await cancelWhenGracefulShutdown {
            repeat { await self.look() } while await ticker.next()
        }
        store.record(history: rules.history)
    }

    private func look() async {
        let now = Int(Timestamp.now().milliseconds)
        guard let found = await facts.facts(at: now, recent: settings.recent) else { return }
        let silences = (try? AlertSilences.read(database)) ?? []
        let (messages, changes) = book.update(rules.look(at: found), silences: silences, at: now)
        for change in changes { tell(change) }
        metrics.gauge("slipway_alerts_firing", "Alerts that fire now.")
            .set(Double(book.current.count { $0.firedAt != nil }))
        keep(messages, now)
        for message in messages { sender.send(message) }
    }

    /// Keeps what has to outlast a restart, where it has changed.
    private func keep(_ messages: [AlertBook.Message], _ now: Int) {
        let stamp = book.stamp
        if stamp != kept.stamp || !messages.isEmpty { store.record(book.json, leaving: messages) }
        kept.stamp = stamp
        // Many budgets are kept less often: what is written stays little.
        let pause = max(Self.historyEvery, rules.historyCount * 3000)
        guard Lapse.isOver(pause, since: kept.history, at: now) else { return }
        kept.history = now
        store.record(history: rules.history)
    }

    private func tell(_ change: AlertBook.Change) {
        let (kind, alert) =
            switch change {
            case .fired(let alert): ("alert.fired", alert)
            case .resolved(let alert): ("alert.resolved", alert)
            }
        logger.notice("\(kind)", metadata: ["alert": "\(alert.key.text)", "summary": "\(alert.summary)"])
        database.events.append([
            HomeEvent(
                kind, alert.key.endpoint.isEmpty ? "server" : "endpoints/\(alert.key.endpoint)", at: .now(),
                [
                    ("alert", .string(alert.key.name)),
                    ("detail", alert.key.detail.isEmpty ? nil : .string(alert.key.detail)),
                    ("severity", .string(alert.severity.rawValue)), ("summary", .string(alert.summary)),
                ])
        ])
    }

    /// What `slipway alerts list` shows.
    func json() -> JSONValue {
        let alerts = book.current.map { entry in
            JSONValue.object([
                ("alert", .string(entry.alert.key.name)), ("endpoint", .string(entry.alert.key.endpoint)),
                ("detail", .string(entry.alert.key.detail)), ("severity", .string(entry.alert.severity.rawValue)),
                ("state", .string(entry.isSilenced ? "silenced" : entry.firedAt == nil ? "pending" : "firing")),
                ("since", .string(Timestamp(milliseconds: Int64(entry.since)).description)),
                ("summary", .string(entry.alert.summary)), ("remedy", .string(entry.alert.remedy)),
            ])
        }
        let receivers = settings.receivers.map { receiver in
            JSONValue.object([
                ("receiver", .string(receiver.name)),
                ("lastFailure", sender.failure(of: receiver.name).map(JSONValue.string) ?? .null),
            ])
        }
        return .object([("alerts", .array(alerts)), ("receivers", .array(receivers))])
    }

    /// Sends a message that says that it is a test, to one receiver or all, and says how that went.
    func test(_ receiver: String?) async throws -> JSONValue {
        let names = settings.receivers.map(\.name).filter { receiver == nil || $0 == receiver }
        guard !names.isEmpty else {
            throw ReleaseError(
                .notFound, "there is no receiver '\((receiver ?? "").prefix(64))'",
                help: "there are: \(settings.receivers.map(\.name).joined(separator: ", "))")
        }
        let now = Int(Timestamp.now().milliseconds)
        let alert = WatchedAlert(
            .init("SlipwayTest"), .ticket, "this is a test: nothing is wrong", remedy: "slipway alerts list")
        var results: [JSONValue] = []
        for name in names {
            let message = AlertBook.Message(
                receiver: name, endpoint: "", firing: [.init(alert: alert, since: now, firedAt: now)], over: [],
                time: now)
            let problem = await sender.attempt(message, to: name)
            results.append(
                .object([
                    ("receiver", .string(name)), ("sent", .bool(problem == nil)),
                    ("reason", problem.map(JSONValue.string) ?? .null),
                ]))
        }
        return .object([("results", .array(results))])
    }
}
