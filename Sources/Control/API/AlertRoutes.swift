import Alerts
import Home
import Registry
import Release
import Tensors
import Trust

/// The management API's part about alerts.
struct AlertRoutes: Sendable {
    let database: HomeDatabase
    /// `nil` where the server was given no settings.
    let watcher: AlertWatcher?

    var all: [ControlRoute] {
        [
            ControlRoute(.get, "/api/v1/alerts", role: .viewer) { _ in
                let silences = JSONValue.array(try AlertSilences.read(database).map(\.json))
                guard case .object(let members)? = await watcher?.json() else {
                    return .json(.object([("watched", false), ("silences", silences)]))
                }
                return .json(
                    .object([("watched", true)] + members.map { ($0.key, $0.value) } + [("silences", silences)]))
            },
            ControlRoute(.post, "/api/v1/alerts/test", role: .deployer, kind: .api) { request in
                let body = try JSONValue.parse(request.body)
                guard let watcher else {
                    throw ReleaseError(
                        .notFound, "this server watches no alerts", help: "start it with --alerts FILE")
                }
                return .json(try await watcher.test(body["receiver"]?.stringValue))
            },
        ]
    }
}
