import GRDB
import Tensors

/// What became of a version at an endpoint, written so that a crash of the process cannot lose it.
package struct MarkRow: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Being loaded and warmed. A process that dies now died of this version.
        case entering
        /// Has served.
        case healthy
        /// Not to be loaded again before a person says so.
        case quarantined
    }

    package let digest: String
    package let endpoint: String
    package let state: State
    package let reason: String
    package let at: Timestamp
}

extension HomeReading {
    /// The mark of a version at an endpoint.
    package func mark(ofDigest digest: String, at endpoint: String) throws -> MarkRow? {
        try first("SELECT * FROM marks WHERE digest = ? AND endpoint = ?", [digest, endpoint], MarkRow.init(row:))
    }

    /// All marks, or those of one state, newest first.
    package func marks(_ state: MarkRow.State? = nil) throws -> [MarkRow] {
        try all(
            "SELECT * FROM marks WHERE ? IS NULL OR state = ? ORDER BY at DESC, digest, endpoint",
            [state?.rawValue, state?.rawValue], MarkRow.init(row:))
    }
}

extension Transaction {
    /// Sets the mark of a version at an endpoint.
    package func setMark(
        _ state: MarkRow.State, ofDigest digest: String, at endpoint: String, reason: String = ""
    ) throws {
        if state == .quarantined {
            tell(
                "version.quarantined", "endpoints/\(endpoint)",
                [("digest", .string(digest)), ("reason", .string(reason))])
        }
        try execute(
            """
            INSERT INTO marks (digest, endpoint, state, reason, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (digest, endpoint) DO UPDATE
            SET state = excluded.state, reason = excluded.reason, at = excluded.at
            """, [digest, endpoint, state.rawValue, reason, now])
    }

    /// Takes a mark away, such as a quarantine that a person lifts.
    package func clearMark(ofDigest digest: String, at endpoint: String) throws {
        try execute("DELETE FROM marks WHERE digest = ? AND endpoint = ?", [digest, endpoint])
    }

    /// Quarantines every version that was entering. Called by a server that starts, before it loads anything.
    ///
    /// - Returns: the marks as they are now.
    @discardableResult
    package func quarantineEntering(reason: String) throws -> [MarkRow] {
        let entering = try marks(.entering)
        for mark in entering { try setMark(.quarantined, ofDigest: mark.digest, at: mark.endpoint, reason: reason) }
        return entering.map {
            MarkRow(digest: $0.digest, endpoint: $0.endpoint, state: .quarantined, reason: reason, at: now)
        }
    }
}

extension MarkRow {
    fileprivate init(row: Row) throws {
        let text = try row.text("state")
        guard let state = State(rawValue: text) else { throw HomeError(.damaged, "a mark has the state '\(text)'") }
        self.init(
            digest: try row.text("digest"), endpoint: try row.text("endpoint"), state: state,
            reason: try row.text("reason"), at: try row.timestamp("at"))
    }
}
