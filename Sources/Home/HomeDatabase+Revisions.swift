import GRDB
import Tensors

/// What clients call, as it is recorded.
package struct EndpointRow: Hashable, Sendable {
    package let name: String
    /// The number of the revision in force; `nil` before the first one and after the endpoint was undeployed.
    package let active: Int?
    package let createdAt: Timestamp
    package let removedAt: Timestamp?
}

/// An immutable state of an endpoint; only its outcome is filled in later.
package struct RevisionRow: Hashable, Sendable {
    package let endpoint: String
    package let number: Int
    /// JSON text.
    package let spec: String
    /// What led to it: `deploy`, `promote`, `rollback`, …
    package let cause: String
    package let note: String
    package let createdAt: Timestamp
    /// How it ended; `nil` while that is open.
    package let outcome: String?
}

/// A revision that a version takes part in.
package struct VersionUse: Hashable, Sendable {
    package enum Standing: String, Hashable, Sendable {
        /// In force.
        case active
        /// Written after the one in force.
        case pending
        /// What a rollback would restore.
        case previous
    }

    package let endpoint: String
    package let revision: Int
    package let standing: Standing
}

extension HomeReading {
    /// Endpoints by name.
    package func endpoints(includingRemoved: Bool = false) throws -> [EndpointRow] {
        try all(
            "SELECT * FROM endpoints WHERE ? OR removed_at IS NULL ORDER BY name", [includingRemoved],
            EndpointRow.init(row:))
    }

    /// One endpoint, removed or not.
    package func endpoint(_ name: String) throws -> EndpointRow? {
        try first("SELECT * FROM endpoints WHERE name = ?", [name], EndpointRow.init(row:))
    }

    /// One revision of an endpoint.
    package func revision(_ number: Int, of endpoint: String) throws -> RevisionRow? {
        try first(
            "SELECT * FROM revisions WHERE endpoint = ? AND number = ?", [endpoint, number], RevisionRow.init(row:))
    }

    /// Revisions of an endpoint, newest first, a page at a time.
    ///
    /// - Parameter before: the last number of the page before.
    package func revisions(
        of endpoint: String, before: Int? = nil, limit: Int = 1000
    ) throws -> Page<RevisionRow, Int> {
        let limit = bounded(limit)
        let rows = try all(
            "SELECT * FROM revisions WHERE endpoint = ? AND number < ? ORDER BY number DESC LIMIT ?",
            [endpoint, before ?? Int.max, limit + 1], RevisionRow.init(row:))
        return Page(rows, limit: limit, cursor: \.number)
    }

    /// Where a version is needed: in revisions in force, written after them, or that a rollback could restore.
    package func uses(ofDigest digest: String) throws -> [VersionUse] {
        try all(
            """
            SELECT endpoint, number, standing FROM (\(Self.digestsInUse)) WHERE digest = ? ORDER BY endpoint, number
            """, [digest]
        ) { row in
            VersionUse(
                endpoint: try row.text("endpoint"), revision: try row.integer("number"),
                standing: VersionUse.Standing(rawValue: try row.text("standing")) ?? .pending)
        }
    }

    /// Every digest that a revision in force, after it, or back to where a rollback leads takes part in.
    ///
    /// A rollback leads at most to the newest revision before the one in force that has not failed, had one version, and
    /// had another one than now; revisions from there on are kept, and at least the one directly before.
    static var digestsInUse: String {
        """
        SELECT used.digest, used.endpoint, used.number, CASE
            WHEN used.number = live.active THEN 'active'
            WHEN live.active IS NULL OR used.number > live.active THEN 'pending'
            ELSE 'previous' END AS standing
        FROM revision_versions AS used JOIN (
            SELECT name, active, MIN(active - 1, IFNULL((
                SELECT MAX(earlier.number) FROM revisions AS earlier
                WHERE earlier.endpoint = name AND earlier.number < active
                    AND CASE WHEN json_valid(earlier.outcome) THEN earlier.outcome ->> 'kind' ELSE '' END != 'failed'
                    AND (SELECT COUNT(*) FROM revision_versions AS own
                        WHERE own.endpoint = name AND own.number = earlier.number) = 1
                    AND EXISTS (SELECT 1 FROM revision_versions AS own
                        WHERE own.endpoint = name AND own.number = earlier.number AND own.digest NOT IN (
                            SELECT digest FROM revision_versions WHERE endpoint = name AND number = active))
            ), active - 1)) AS oldest
            FROM endpoints WHERE removed_at IS NULL
        ) AS live ON live.name = used.endpoint
        WHERE live.oldest IS NULL OR used.number >= live.oldest
        """
    }
}

extension Transaction {
    /// Records the next revision of an endpoint, and the endpoint where it is new or was removed.
    ///
    /// The revision is not in force until `activate`.
    ///
    /// - Parameter digests: the versions that take part, which keeps them from being removed.
    @discardableResult
    package func appendRevision(
        of endpoint: String, spec: String, digests: [String], cause: String, note: String = ""
    ) throws -> RevisionRow {
        try execute(
            """
            INSERT INTO endpoints (name, created_at) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET removed_at = NULL
            """, [endpoint, now])
        let last = try first("SELECT MAX(number) AS last FROM revisions WHERE endpoint = ?", [endpoint]) {
            try $0.optionalInteger("last")
        }
        let number = (last.flatMap { $0 } ?? 0) + 1
        try execute(
            "INSERT INTO revisions (endpoint, number, spec, cause, note, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [endpoint, number, spec, cause, note, now])
        for digest in Set(digests) {
            try execute(
                "INSERT INTO revision_versions (endpoint, number, digest) VALUES (?, ?, ?)", [endpoint, number, digest])
        }
        tell(
            "revision.written", "endpoints/\(endpoint)",
            [
                ("revision", .integer(number)), ("cause", .string(cause)),
                ("digests", .array(Set(digests).sorted().map(JSONValue.string))),
                ("note", note.isEmpty ? nil : .string(note)),
            ])
        return RevisionRow(
            endpoint: endpoint, number: number, spec: spec, cause: cause, note: note, createdAt: now, outcome: nil)
    }

    /// Puts a revision in force.
    ///
    /// - Throws: `HomeError.Code.notFound` without such a revision.
    package func activate(_ number: Int, of endpoint: String) throws {
        guard let row = try revision(number, of: endpoint) else { throw noRevision(number, endpoint) }
        try execute("UPDATE endpoints SET active = ?, removed_at = NULL WHERE name = ?", [number, endpoint])
        tell(
            Self.kind(ofCause: row.cause), "endpoints/\(endpoint)",
            [("revision", .integer(number)), ("cause", .string(row.cause))])
    }

    /// Records how a revision ended.
    ///
    /// - Throws: `HomeError.Code.notFound` without such a revision.
    package func setOutcome(_ outcome: String, ofRevision number: Int, of endpoint: String) throws {
        let changed = try execute(
            "UPDATE revisions SET outcome = ? WHERE endpoint = ? AND number = ?", [outcome, endpoint, number])
        guard changed == 1 else { throw noRevision(number, endpoint) }
        let parsed = try? JSONValue.parse(Array(outcome.utf8))
        guard parsed?["kind"]?.stringValue == "failed" else { return }
        tell(
            "revision.failed", "endpoints/\(endpoint)",
            [("revision", .integer(number)), ("reason", parsed?["reason"])])
    }

    /// Takes an endpoint out of service. Its revisions stay as its history.
    ///
    /// - Throws: `HomeError.Code.notFound` without such an endpoint.
    package func removeEndpoint(_ name: String) throws {
        let changed = try execute(
            "UPDATE endpoints SET active = NULL, removed_at = ? WHERE name = ? AND removed_at IS NULL", [now, name])
        guard changed == 1 else { throw HomeError(.notFound, "there is no endpoint '\(name)'") }
    }

    /// What a revision in force means, by what led to it.
    private static func kind(ofCause cause: String) -> String {
        switch cause.split(separator: " ").first {
        case "promote": "endpoint.promoted"
        case "rollback": "endpoint.rolledback"
        case "undeploy": "endpoint.withdrawn"
        default: "endpoint.deployed"
        }
    }

    private func noRevision(_ number: Int, _ endpoint: String) -> HomeError {
        HomeError(
            .notFound, "endpoint '\(endpoint)' has no revision \(number)", help: "see 'slipway history \(endpoint)'")
    }
}

extension EndpointRow {
    fileprivate init(row: Row) throws {
        self.init(
            name: try row.text("name"), active: try row.optionalInteger("active"),
            createdAt: try row.timestamp("created_at"), removedAt: try row.optionalTimestamp("removed_at"))
    }
}

extension RevisionRow {
    fileprivate init(row: Row) throws {
        self.init(
            endpoint: try row.text("endpoint"), number: try row.integer("number"), spec: try row.text("spec"),
            cause: try row.text("cause"), note: try row.text("note"), createdAt: try row.timestamp("created_at"),
            outcome: try row.optionalText("outcome"))
    }
}
