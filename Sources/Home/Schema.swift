import GRDB
import Glibc

/// One step from a schema to the next.
struct Migration: Sendable {
    /// The version that the database has after it.
    let version: Int
    let sql: String
}

/// The steps that make the database's tables, in order; the last one's number is the schema's version.
///
/// A step that has been released is never edited: a change is a new step.
struct Schema: Sendable {
    let migrations: [Migration]

    /// What this program reads and writes.
    static let current = Schema(migrations: [
        Migration(version: 1, sql: SchemaText.keel), Migration(version: 2, sql: SchemaText.reaping),
        Migration(version: 3, sql: SchemaText.rollouts),
    ])

    var version: Int { migrations.last?.version ?? 0 }

    /// Brings an open database to `version`, or refuses it. The setup lock is held.
    func upgrade(_ database: Database, of home: HomeDirectory) throws {
        let found = try Self.version(of: database)
        guard found <= version else {
            throw HomeError(
                .newerSchema,
                "the home '\(home.path)' has schema version \(found), and this slipway knows versions up to \(version)",
                help: "use the later slipway that wrote it, or another home with --home")
        }
        guard found < version else { return }
        if found > 0 {
            try requireNoOtherServer(home)
            try Self.backUp(database, from: found, of: home)
        }
        try database.inTransaction(.immediate) {
            for migration in migrations where migration.version > found {
                try database.execute(sql: migration.sql)
            }
            try database.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    static func version(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }

    /// A server that runs an earlier program would not understand the new tables.
    private func requireNoOtherServer(_ home: HomeDirectory) throws(HomeError) {
        guard let owner = HomeLock.owner(of: .server, in: home), owner != getpid() else { return }
        throw HomeError(
            .locked, "the home '\(home.path)' needs an upgrade, and process \(owner), of an earlier slipway, serves it",
            help: "stop that server with 'slipway stop', then try again", ownerPID: owner)
    }

    /// Copies the database as it is. The copy has its name only when it is complete and on the disk.
    private static func backUp(_ database: Database, from version: Int, of home: HomeDirectory) throws {
        let unfinished = "\(home.temporary)/slipway.db.schema-\(version)"
        let path = backupPath(of: home, version: version)
        guard unlink(unfinished) == 0 || errno == ENOENT else {
            throw HomeError.system("remove the old copy", unfinished)
        }
        try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        try synchronize(unfinished)
        guard rename(unfinished, path) == 0 else { throw HomeError.system("write the copy", path) }
        try synchronize(home.path)
    }

    static func backupPath(of home: HomeDirectory, version: Int) -> String {
        "\(home.databasePath).schema-\(version)"
    }

    private static func synchronize(_ path: String) throws(HomeError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HomeError.system("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw HomeError.system("write to the disk", path) }
    }
}
