package import Alerts
package import Home
import Release
import Tensors

/// Silences as a home keeps them.
package enum AlertSilences {
    private static let key = "alerts.silences"
    private static let most = 100

    /// Those that are not over.
    package static func read(_ database: HomeDatabase) throws -> [AlertSilence] {
        try database.read { try silences($0.setting(key)) }
    }

    private static func silences(_ text: String?) -> [AlertSilence] {
        let now = Int(Timestamp.now().milliseconds)
        let list = text.flatMap { try? JSONValue.parse(Array($0.utf8)) }?.arrayValue ?? []
        return list.compactMap(AlertSilence.init).filter { $0.until > now }
    }

    /// - Throws: `ReleaseError` when there are too many.
    package static func add(_ silence: AlertSilence, to database: HomeDatabase) throws {
        try change(database) { silences in
            guard silences.count < most else {
                throw ReleaseError(.conflict, "there are \(most) silences already", help: "end some of them first")
            }
            silences.append(silence)
        }
    }

    /// - Throws: `ReleaseError.Code.notFound` without a silence of this id.
    package static func end(_ id: String, in database: HomeDatabase) throws {
        try change(database) { silences in
            guard silences.contains(where: { $0.id == id }) else {
                throw ReleaseError(
                    .notFound, "there is no silence '\(id.prefix(64))'", help: "see 'slipway alerts list'")
            }
            silences.removeAll { $0.id == id }
        }
    }

    private static func change(_ database: HomeDatabase, _ body: (inout [AlertSilence]) throws -> Void) throws {
        try database.write { transaction in
            var kept = silences(try transaction.setting(key))
            try body(&kept)
            try transaction.setSetting(key, to: JSONValue.array(kept.map(\.json)).encodedString())
        }
    }
}
