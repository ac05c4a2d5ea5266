import GRDB
import Tensors

/// A model, with what its list line shows.
package struct ModelRow: Hashable, Sendable {
    package let name: String
    package let createdAt: Timestamp
    /// Versions that are not removed.
    package let versionCount: Int
    /// The newest version that is not removed.
    package let newest: Int?
}

/// A version as it is recorded.
package struct VersionRow: Hashable, Sendable {
    package let model: String
    package let number: Int
    package let manifestDigest: String
    package let createdAt: Timestamp
    package let note: String
    /// A JSON object of strings.
    package let labels: String
    /// Where it came from, for people.
    package let source: String
    /// Bytes of all its blobs.
    package let size: Int
    package let deletedAt: Timestamp?
    /// When its blobs were given up; since then it cannot be restored.
    package let reapedAt: Timestamp?
}

/// Which versions of a model a list has.
package enum VersionStanding: Hashable, Sendable {
    /// Those that can be named.
    case present
    /// Those that were removed, restorable or not.
    case removed
    case all

    /// The versions that are meant, by the index that has them alone: the planner would go through the others too.
    var source: String {
        switch self {
        case .present: "versions INDEXED BY versions_in_use WHERE deleted_at IS NULL"
        case .removed: "versions INDEXED BY versions_removed WHERE deleted_at IS NOT NULL"
        case .all: "versions WHERE TRUE"
        }
    }

    /// A page of them: model, the number that they come before, and how many.
    var page: String { "SELECT * FROM \(source) AND model = ? AND number < ? ORDER BY number DESC LIMIT ?" }
}

extension ModelRow {
    /// A page of models: the name that they come after, and how many.
    static let page = """
        SELECT name, created_at,
            (SELECT COUNT(*) FROM versions WHERE model = models.name AND deleted_at IS NULL) AS version_count,
            (SELECT number FROM versions WHERE model = models.name AND deleted_at IS NULL
                ORDER BY number DESC LIMIT 1) AS newest
        FROM models WHERE name > ? ORDER BY name LIMIT ?
        """
}

/// What is to be recorded about a new version.
package struct NewVersion: Hashable, Sendable {
    package var model: String
    package var manifestDigest: String
    package var note: String
    package var labels: String
    package var source: String
    package var size: Int

    package init(
        model: String, manifestDigest: String, note: String = "", labels: String = "{}", source: String = "",
        size: Int = 0
    ) {
        self.model = model
        self.manifestDigest = manifestDigest
        self.note = note
        self.labels = labels
        self.source = source
        self.size = size
    }
}

extension HomeReading {
    /// Models by name, a page at a time.
    ///
    /// - Parameters:
    ///   - after: the last name of the page before.
    ///   - limit: at most 1000.
    package func models(after: String? = nil, limit: Int = 1000) throws -> Page<ModelRow, String> {
        let limit = bounded(limit)
        let rows = try all(ModelRow.page, [after ?? "", limit + 1]) { row in
            ModelRow(
                name: try row.text("name"), createdAt: try row.timestamp("created_at"),
                versionCount: try row.integer("version_count"), newest: try row.optionalInteger("newest"))
        }
        return Page(rows, limit: limit, cursor: \.name)
    }

    /// Whether a model of this name was ever recorded.
    package func hasModel(_ name: String) throws -> Bool {
        try first("SELECT 1 FROM models WHERE name = ?", [name]) { _ in true } ?? false
    }

    /// Versions of a model, newest first, a page at a time.
    ///
    /// However many there are, a page reads no more rows than it has: each standing has an index of its own.
    ///
    /// - Parameter before: the last number of the page before.
    package func versions(
        of model: String, before: Int? = nil, limit: Int = 1000, _ standing: VersionStanding = .present
    ) throws -> Page<VersionRow, Int> {
        let limit = bounded(limit)
        let rows = try all(standing.page, [model, before ?? Int.max, limit + 1], VersionRow.init(row:))
        return Page(rows, limit: limit, cursor: \.number)
    }

    /// One version by number, removed or not.
    package func version(of model: String, number: Int) throws -> VersionRow? {
        try first(
            "SELECT * FROM versions WHERE model = ? AND number = ?", [model, number], VersionRow.init(row:))
    }

    /// One version by manifest digest, removed or not.
    package func version(of model: String, digest: String) throws -> VersionRow? {
        try first(
            "SELECT * FROM versions WHERE model = ? AND manifest_digest = ?", [model, digest], VersionRow.init(row:))
    }

    /// Every version with this manifest digest, of whatever model, removed or not.
    package func versions(withDigest digest: String) throws -> [VersionRow] {
        try all(
            "SELECT * FROM versions WHERE manifest_digest = ? ORDER BY model, number", [digest], VersionRow.init(row:))
    }
}

extension Transaction {
    /// Records a version under its model's next number, which no other version ever had.
    ///
    /// - Throws: `HomeError.Code.conflict` when the model already has a version with this digest.
    package func insert(_ new: NewVersion) throws -> VersionRow {
        try execute("INSERT INTO models (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING", [new.model, now])
        let number = try first(
            "UPDATE models SET next_number = next_number + 1 WHERE name = ? RETURNING next_number - 1 AS number",
            [new.model]
        ) { try $0.integer("number") }
        guard let number else { throw HomeError(.notFound, "model '\(new.model)' is not recorded") }
        try execute(
            """
            INSERT INTO versions (model, number, manifest_digest, created_at, note, labels, source, size)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, [new.model, number, new.manifestDigest, now, new.note, new.labels, new.source, new.size])
        tell(
            "version.imported", "\(new.model):\(number)",
            [("digest", .string(new.manifestDigest)), ("bytes", .integer(new.size))])
        return VersionRow(
            model: new.model, number: number, manifestDigest: new.manifestDigest, createdAt: now, note: new.note,
            labels: new.labels, source: new.source, size: new.size, deletedAt: nil, reapedAt: nil)
    }

    /// Marks a version as removed, or takes the mark away. Its row and number stay.
    ///
    /// - Throws: `HomeError.Code.notFound` without such a version.
    package func setRemoved(_ removed: Bool, model: String, number: Int) throws {
        let changed = try execute(
            "UPDATE versions SET deleted_at = ?, reaped_at = NULL WHERE model = ? AND number = ?",
            [removed ? now : nil, model, number])
        guard changed == 1 else { throw HomeError(.notFound, "version '\(model):\(number)' is not recorded") }
        tell(removed ? "version.removed" : "version.restored", "\(model):\(number)")
    }

    /// Changes a version's note.
    ///
    /// - Throws: `HomeError.Code.notFound` without such a version.
    package func setNote(_ note: String, model: String, number: Int) throws {
        let changed = try execute(
            "UPDATE versions SET note = ? WHERE model = ? AND number = ?", [note, model, number])
        guard changed == 1 else { throw HomeError(.notFound, "version '\(model):\(number)' is not recorded") }
    }
}

extension VersionRow {
    init(row: Row) throws {
        self.init(
            model: try row.text("model"), number: try row.integer("number"),
            manifestDigest: try row.text("manifest_digest"), createdAt: try row.timestamp("created_at"),
            note: try row.text("note"), labels: try row.text("labels"), source: try row.text("source"),
            size: try row.integer("size"), deletedAt: try row.optionalTimestamp("deleted_at"),
            reapedAt: try row.optionalTimestamp("reaped_at"))
    }
}
