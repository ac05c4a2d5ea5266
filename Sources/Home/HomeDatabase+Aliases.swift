import GRDB
import Tensors

/// A movable name for a version.
package struct AliasRow: Hashable, Sendable {
    package let model: String
    package let name: String
    package let number: Int
    package let updatedAt: Timestamp
}

/// One move of an alias.
package struct AliasChange: Hashable, Sendable {
    package let model: String
    package let name: String
    /// The version it named before; `nil` when the alias was new.
    package let previous: Int?
    /// The version it names since; `nil` when the alias was removed.
    package let number: Int?
    package let note: String
    package let at: Timestamp
}

extension HomeReading {
    /// The aliases of a model by name.
    package func aliases(of model: String) throws -> [AliasRow] {
        try all("SELECT * FROM aliases WHERE model = ? ORDER BY name", [model], AliasRow.init(row:))
    }

    /// One alias.
    package func alias(_ name: String, of model: String) throws -> AliasRow? {
        try first("SELECT * FROM aliases WHERE model = ? AND name = ?", [model, name], AliasRow.init(row:))
    }

    /// The moves of an alias, or of all of a model's aliases, newest first.
    ///
    /// - Parameter limit: at most 1000.
    package func aliasHistory(of model: String, name: String? = nil, limit: Int = 1000) throws -> [AliasChange] {
        try all(
            """
            SELECT * FROM alias_history WHERE model = ? AND (? IS NULL OR name = ?) ORDER BY id DESC LIMIT ?
            """, [model, name, name, bounded(limit)], AliasChange.init(row:))
    }
}

extension Transaction {
    /// Points an alias at a version and records the move; `nil` removes the alias.
    ///
    /// - Returns: the version that it named before. Nothing is recorded when it already names `number`.
    /// - Throws: `HomeError.Code.conflict` when no such version is recorded.
    @discardableResult
    package func setAlias(_ name: String, of model: String, to number: Int?, note: String = "") throws -> Int? {
        let previous = try alias(name, of: model)?.number
        guard previous != number else { return previous }
        if let number {
            try execute(
                """
                INSERT INTO aliases (model, name, number, updated_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (model, name) DO UPDATE SET number = excluded.number, updated_at = excluded.updated_at
                """, [model, name, number, now])
        } else {
            try execute("DELETE FROM aliases WHERE model = ? AND name = ?", [model, name])
        }
        try execute(
            "INSERT INTO alias_history (model, name, previous, number, note, at) VALUES (?, ?, ?, ?, ?, ?)",
            [model, name, previous, number, note, now])
        tell(
            "alias.moved", "\(model)@\(name)",
            [("from", previous.map(JSONValue.integer)), ("to", number.map(JSONValue.integer))])
        return previous
    }
}

extension AliasRow {
    fileprivate init(row: Row) throws {
        self.init(
            model: try row.text("model"), name: try row.text("name"), number: try row.integer("number"),
            updatedAt: try row.timestamp("updated_at"))
    }
}

extension AliasChange {
    fileprivate init(row: Row) throws {
        self.init(
            model: try row.text("model"), name: try row.text("name"), previous: try row.optionalInteger("previous"),
            number: try row.optionalInteger("number"), note: try row.text("note"), at: try row.timestamp("at"))
    }
}
