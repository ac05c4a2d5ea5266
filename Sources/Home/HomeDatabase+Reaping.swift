import GRDB

/// What garbage collection decides about removed versions.
package struct Reaping: Hashable, Sendable {
    /// Versions that are given up: they cannot be restored from now on.
    package let reaped: [VersionRow]
    /// The manifest digests of all other versions, whose blobs stay. Each once, in order.
    package let kept: [String]
}

extension Transaction {
    /// Gives up the versions that were removed before a moment and that no endpoint needs.
    ///
    /// What was known about them goes too, unless another version that stays has the same digest.
    package func reap(removedBefore moment: Timestamp) throws -> Reaping {
        let condition = """
            deleted_at IS NOT NULL AND reaped_at IS NULL AND deleted_at < ?
            AND manifest_digest NOT IN (SELECT digest FROM (\(Self.digestsInUse)))
            """
        let reaped = try all(
            "SELECT * FROM versions WHERE \(condition) ORDER BY model, number", [moment], VersionRow.init(row:))
        if !reaped.isEmpty {
            try execute("UPDATE versions SET reaped_at = ? WHERE \(condition)", [now, moment])
            try execute(
                """
                DELETE FROM referrers WHERE digest NOT IN (SELECT manifest_digest FROM versions WHERE reaped_at IS NULL)
                """)
        }
        return Reaping(reaped: reaped, kept: try keptDigests())
    }
}

extension HomeReading {
    /// The manifest digests of all versions that are there or can be restored. Each once, in order.
    package func keptDigests() throws -> [String] {
        try all("SELECT DISTINCT manifest_digest FROM versions WHERE reaped_at IS NULL ORDER BY manifest_digest") {
            try $0.text("manifest_digest")
        }
    }

    /// Versions of every model, removed ones too but without those given up, a page at a time.
    ///
    /// - Parameter after: the last version of the page before.
    package func keptVersions(
        after: (model: String, number: Int)? = nil, limit: Int = 1000
    ) throws -> [VersionRow] {
        try all(
            """
            SELECT * FROM versions WHERE (model, number) > (?, ?) AND reaped_at IS NULL ORDER BY model, number LIMIT ?
            """, [after?.model ?? "", after?.number ?? 0, bounded(limit)], VersionRow.init(row:))
    }

    /// Documents attached to any digest, oldest first, a page at a time.
    ///
    /// - Parameter after: the last identifier of the page before.
    package func allReferrers(after: Int = 0, limit: Int = 1000) throws -> [ReferrerRow] {
        try all(
            "SELECT * FROM referrers WHERE id > ? ORDER BY id LIMIT ?", [after, bounded(limit)],
            ReferrerRow.init(row:))
    }

    /// The payloads of a digest's documents that contain a text, all of them.
    package func referrerPayloads(of digest: String, containing text: String) throws -> [String] {
        try all("SELECT payload FROM referrers WHERE digest = ? AND instr(payload, ?) ORDER BY id", [digest, text]) {
            try $0.text("payload")
        }
    }
}
