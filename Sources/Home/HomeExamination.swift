import GRDB
import Glibc

/// What a look at a home's database finds, without changing anything: it is not made, upgraded or repaired.
package struct HomeExamination: Sendable {
    /// The schema version that the file has, and the one that this program writes.
    package let schema: Int
    package let known: Int
    /// What SQLite's own check finds; empty for a sound file.
    package let problems: [String]
    /// The version of the SQLite library.
    package let library: String
    /// When the newest version or revision was recorded.
    package let newest: Timestamp?
    package let models: Int
    package let versions: Int

    private static let mostProblems = 20

    /// Reads the database of a home.
    ///
    /// Source: SQLite, `PRAGMA quick_check`: everything `integrity_check` does, but for comparing indices with tables.
    ///
    /// - Throws: `HomeError.Code.damaged` for a file that is no database, `.notFound` where there is none.
    package static func examine(_ home: HomeDirectory) throws(HomeError) -> HomeExamination {
        guard home.exists else { throw HomeError(.notFound, "there is no database in '\(home.path)'") }
        return try HomeError.typed {
            var configuration = Configuration()
            configuration.label = "slipway.examination"
            configuration.readonly = true
            configuration.busyMode = .timeout(2)
            let queue = try DatabaseQueue(path: home.databasePath, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                let schema = try Schema.version(of: database)
                let problems = try String.fetchAll(database, sql: "PRAGMA quick_check(\(mostProblems))")
                let isOurs = (1...Schema.current.version).contains(schema)
                return HomeExamination(
                    schema: schema, known: Schema.current.version, problems: problems.filter { $0 != "ok" },
                    library: try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? "?",
                    newest: isOurs ? try newest(database) : nil,
                    models: isOurs ? try count("models", database) : 0,
                    versions: isOurs ? try count("versions", database) : 0)
            }
        }
    }

    private static func count(_ table: String, _ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
    }

    private static func newest(_ database: Database) throws -> Timestamp? {
        try ["versions", "revisions"].compactMap {
            try String.fetchOne(database, sql: "SELECT max(created_at) FROM \($0)").flatMap(Timestamp.init)
        }.max()
    }
}
