import GRDB

/// A version's way to its traffic, as it is recorded.
package struct RolloutRow: Hashable, Sendable {
    package let number: Int
    package let endpoint: String
    /// The revision that began it.
    package let revision: Int
    /// The revision that ending it goes back to.
    package let base: Int
    /// The digest of the version that is rolled out.
    package let digest: String
    /// JSON text: what was declared.
    package let policy: String
    /// JSON text: what is known; `nil` before it began.
    package let state: String?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// `nil` while it is under way.
    package let endedAt: Timestamp?
}

extension HomeReading {
    /// What is under way, by endpoint.
    package func activeRollouts() throws -> [RolloutRow] {
        try all("SELECT * FROM rollouts WHERE ended_at IS NULL ORDER BY endpoint", [], RolloutRow.init(row:))
    }

    /// What is under way at an endpoint, or was last.
    package func latestRollout(of endpoint: String) throws -> RolloutRow? {
        try first(
            "SELECT * FROM rollouts WHERE endpoint = ? ORDER BY number DESC LIMIT 1", [endpoint], RolloutRow.init(row:))
    }

    /// What is under way at an endpoint.
    package func activeRollout(of endpoint: String) throws -> RolloutRow? {
        try first(
            "SELECT * FROM rollouts WHERE endpoint = ? AND ended_at IS NULL", [endpoint], RolloutRow.init(row:))
    }
}

extension Transaction {
    /// Records a rollout that begins with a revision. One at a time is under way at an endpoint.
    package func beginRollout(
        at endpoint: String, revision: Int, base: Int, digest: String, policy: String
    ) throws {
        try execute(
            """
            INSERT INTO rollouts (endpoint, revision, base, digest, policy, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, [endpoint, revision, base, digest, policy, now, now])
    }

    /// Records what is known of a rollout.
    ///
    /// - Throws: `HomeError.Code.notFound` without such a rollout, or when it is over.
    package func setRollout(_ number: Int, state: String, isOver: Bool) throws {
        let changed = try execute(
            "UPDATE rollouts SET state = ?, updated_at = ?, ended_at = ? WHERE number = ? AND ended_at IS NULL",
            [state, now, isOver ? now : nil, number])
        guard changed == 1 else { throw HomeError(.notFound, "there is no rollout \(number) under way") }
    }

    /// Records that a rollout is over, whatever is known of it.
    package func endRollout(_ number: Int) throws {
        try execute(
            "UPDATE rollouts SET updated_at = ?, ended_at = ? WHERE number = ? AND ended_at IS NULL",
            [now, now, number])
    }
}

extension RolloutRow {
    fileprivate init(row: Row) throws {
        self.init(
            number: try row.integer("number"), endpoint: try row.text("endpoint"),
            revision: try row.integer("revision"), base: try row.integer("base"), digest: try row.text("digest"),
            policy: try row.text("policy"), state: try row.optionalText("state"),
            createdAt: try row.timestamp("created_at"), updatedAt: try row.timestamp("updated_at"),
            endedAt: try row.optionalTimestamp("ended_at"))
    }
}
