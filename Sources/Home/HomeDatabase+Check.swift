import GRDB

/// A part of the database that contradicts another one.
package enum DatabaseFault: Hashable, Sendable {
    /// The file's pages or indices, in SQLite's words.
    case structure(String)
    /// Rows of a table that name rows of another one that are not there.
    case reference(table: String, count: Int)
    case aliasOfRemovedVersion(model: String, name: String, number: Int)
    /// An endpoint whose revision in force is not there.
    case endpointWithoutRevision(endpoint: String, revision: Int)
    /// A revision whose version was never recorded.
    case revisionWithoutVersion(endpoint: String, revision: Int, digest: String)
    /// A model that could give a number a second time.
    case numberInUse(model: String, next: Int)
}

extension HomeDatabase {
    /// Whatever in the database contradicts itself; empty for a sound one. Reads all of it.
    ///
    /// Source: SQLite, `PRAGMA integrity_check` and `foreign_key_check`.
    package func faults() throws -> [DatabaseFault] {
        try read { snapshot in
            let structure = try snapshot.structureFaults()
            // What a broken file says about its rows is worth nothing.
            return structure.isEmpty ? try snapshot.rowFaults() : structure
        }
    }
}

extension HomeReading {
    fileprivate func structureFaults() throws -> [DatabaseFault] {
        try all("PRAGMA integrity_check(20)") { try $0.text("integrity_check") }
            .filter { $0 != "ok" }.map(DatabaseFault.structure)
    }

    fileprivate func rowFaults() throws -> [DatabaseFault] {
        let references = try all(
            "SELECT \"table\", COUNT(*) AS count FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1"
        ) { DatabaseFault.reference(table: try $0.text("table"), count: try $0.integer("count")) }
        let aliases = try all(
            """
            SELECT aliases.* FROM aliases JOIN versions USING (model, number)
            WHERE deleted_at IS NOT NULL ORDER BY model, name
            """
        ) {
            DatabaseFault.aliasOfRemovedVersion(
                model: try $0.text("model"), name: try $0.text("name"), number: try $0.integer("number"))
        }
        let endpoints = try all(
            """
            SELECT name, active FROM endpoints WHERE active IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM revisions WHERE endpoint = name AND number = active) ORDER BY name
            """
        ) {
            DatabaseFault.endpointWithoutRevision(endpoint: try $0.text("name"), revision: try $0.integer("active"))
        }
        let revisions = try all(
            """
            SELECT * FROM revision_versions WHERE digest NOT IN (SELECT manifest_digest FROM versions)
            ORDER BY endpoint, number LIMIT 1000
            """
        ) {
            DatabaseFault.revisionWithoutVersion(
                endpoint: try $0.text("endpoint"), revision: try $0.integer("number"), digest: try $0.text("digest"))
        }
        let numbers = try all(
            """
            SELECT name, next_number FROM models
            WHERE next_number <= (SELECT MAX(number) FROM versions WHERE model = name) ORDER BY name
            """
        ) { DatabaseFault.numberInUse(model: try $0.text("name"), next: try $0.integer("next_number")) }
        return references + aliases + endpoints + revisions + numbers
    }
}
