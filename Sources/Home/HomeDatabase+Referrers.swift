import GRDB

/// Something known about a version, attached to its digest.
package struct ReferrerRow: Hashable, Sendable {
    package let id: Int
    package let digest: String
    /// What it tells: `accuracy`, `provenance`, …
    package let kind: String
    /// Which of its kind: the name of an evaluation set, …
    package let name: String
    /// JSON text.
    package let payload: String
    package let createdAt: Timestamp
}

extension HomeReading {
    /// What is known about a digest, newest first.
    ///
    /// - Parameters:
    ///   - kind: only this kind; `nil` for all.
    ///   - name: only this name; `nil` for all.
    ///   - limit: at most 1000.
    package func referrers(
        of digest: String, kind: String? = nil, name: String? = nil, limit: Int = 1000
    ) throws -> [ReferrerRow] {
        try all(
            ReferrerRow.page, [digest, kind, kind, name, name, bounded(limit)], ReferrerRow.init(row:))
    }
}

extension ReferrerRow {
    /// What is known about a digest: digest, kind twice, name twice, how many.
    static let page = """
        SELECT * FROM referrers WHERE digest = ? AND (? IS NULL OR kind = ?) AND (? IS NULL OR name = ?)
        ORDER BY id DESC LIMIT ?
        """
}

extension Transaction {
    /// Attaches a document to a digest. Earlier ones of the same kind and name stay.
    ///
    /// - Parameter createdAt: when it was written, for one that comes from elsewhere; `nil` for now.
    @discardableResult
    package func attachReferrer(
        to digest: String, kind: String, name: String, payload: String, createdAt: Timestamp? = nil
    ) throws -> ReferrerRow {
        try execute(
            "INSERT INTO referrers (digest, kind, name, payload, created_at) VALUES (?, ?, ?, ?, ?)",
            [digest, kind, name, payload, createdAt ?? now])
        return ReferrerRow(
            id: Int(connection.database.lastInsertedRowID), digest: digest, kind: kind, name: name, payload: payload,
            createdAt: createdAt ?? now)
    }

    /// Takes a document away; does nothing when it is gone already.
    package func removeReferrer(id: Int) throws {
        try execute("DELETE FROM referrers WHERE id = ?", [id])
    }
}

extension ReferrerRow {
    init(row: Row) throws {
        self.init(
            id: try row.integer("id"), digest: try row.text("digest"), kind: try row.text("kind"),
            name: try row.text("name"), payload: try row.text("payload"), createdAt: try row.timestamp("created_at"))
    }
}
