import Foundation
import Testing

@testable import Home

@Suite struct HomeDatabaseTests {
    @Test func whatIsAcknowledgedSurvivesPowerLoss() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        let expected = [
            ("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000"),
            ("user_version", "\(Schema.current.version)"),
        ]
        for (pragma, value) in expected {
            let column = pragma == "busy_timeout" ? "timeout" : pragma
            let found = try database.write { (transaction) throws in
                try transaction.first("SELECT CAST(\(column) AS TEXT) AS value FROM pragma_\(pragma)") {
                    try $0.text("value")
                }
            }
            #expect(found == value, "\(pragma)")
        }
    }

    @Test func aLaterSchemaIsRefusedWithBothVersions() throws {
        let home = try TemporaryHome()
        let later = Schema(migrations: Schema.current.migrations + [Migration(version: 41, sql: "CREATE TABLE t (a)")])
        try HomeDatabase.open(home.directory, schema: later).close()
        let error = try #require(throws: HomeError.self) { try HomeDatabase.open(home.directory) }
        #expect(error.code == .newerSchema)
        #expect(error.message.contains("41") && error.message.contains("\(Schema.current.version)"))
        try HomeDatabase.open(home.directory, schema: later).close()
    }

    @Test func anUpgradeKeepsRowsAndACopyOfTheOldFile() throws {
        let home = try TemporaryHome()
        let old = try HomeDatabase.open(home.directory, schema: .current)
        _ = try old.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "d")) }
        try old.close()
        let next = Schema(
            migrations: Schema.current.migrations + [
                Migration(version: Schema.current.version + 1, sql: "ALTER TABLE models ADD COLUMN owner TEXT"),
                Migration(version: Schema.current.version + 2, sql: "CREATE TABLE added (a TEXT) STRICT"),
            ])
        let upgraded = try HomeDatabase.open(home.directory, schema: next)
        #expect(try upgraded.read { try $0.versions(of: "digits").items.map(\.number) } == [1])
        try upgraded.write { try $0.execute("INSERT INTO added VALUES ('x')") }
        try upgraded.close()

        let copy = try HomeDirectory(path: home.directory.path + "/restored")
        try copy.create()
        let backup = Schema.backupPath(of: home.directory, version: Schema.current.version)
        try FileManager.default.copyItem(atPath: backup, toPath: copy.databasePath)
        let restored = try HomeDatabase.open(copy)
        #expect(try restored.read { try $0.versions(of: "digits").items.map(\.number) } == [1])
        #expect(try home.names(in: home.directory.temporary).isEmpty)
    }

    @Test func theFirstSchemaBecomesTheCurrentOne() throws {
        let home = try TemporaryHome()
        let first = Schema(migrations: Array(Schema.current.migrations.prefix(1)))
        let old = try HomeDatabase.open(home.directory, schema: first)
        _ = try old.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "d")) }
        try old.close()
        let database = try HomeDatabase.open(home.directory)
        try database.write { try $0.setRemoved(true, model: "digits", number: 1) }
        #expect(try database.read { try $0.versions(of: "digits", .removed).items.map(\.number) } == [1])
        #expect(try database.faults() == [])
        #expect(FileManager.default.fileExists(atPath: Schema.backupPath(of: home.directory, version: 1)))
    }

    @Test func aFailedUpgradeChangesNothing() throws {
        let home = try TemporaryHome()
        try HomeDatabase.open(home.directory).close()
        let broken = Schema(
            migrations: Schema.current.migrations + [
                Migration(
                    version: Schema.current.version + 1, sql: "CREATE TABLE half (a); CREATE TABLE models (again)")
            ])
        #expect(throws: HomeError.self) { try HomeDatabase.open(home.directory, schema: broken) }
        let database = try HomeDatabase.open(home.directory)
        #expect(try database.read { try $0.first("SELECT 1 FROM sqlite_schema WHERE name = 'half'") { _ in 1 } } == nil)
    }

    @Test func anUpgradeUnderARunningServerIsRefused() throws {
        let home = try TemporaryHome()
        try HomeDatabase.open(home.directory).close()
        let server = try HomeLock.acquire(.server, in: home.directory)
        try Data("1\n".utf8).write(to: URL(fileURLWithPath: home.directory.run + "/server.lock"))
        let later = Migration(version: Schema.current.version + 1, sql: "CREATE TABLE t (a)")
        let next = Schema(migrations: Schema.current.migrations + [later])
        let error = try #require(throws: HomeError.self) { try HomeDatabase.open(home.directory, schema: next) }
        #expect(error.code == .locked)
        #expect(error.ownerPID == 1)
        try HomeDatabase.open(home.directory).close()
        server.release()
    }

    @Test func aFileThatIsNoDatabaseIsDamaged() throws {
        let home = try TemporaryHome()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: home.directory.databasePath))
        let error = try #require(throws: HomeError.self) { try HomeDatabase.open(home.directory) }
        #expect(error.code == .damaged)
    }

    @Test func aTransactionThatThrowsLeavesNothing() throws {
        struct Stop: Error {}
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        #expect(throws: Stop.self) {
            try database.write { (transaction) throws in
                try transaction.setSetting("a", to: "1")
                _ = try transaction.insert(NewVersion(model: "digits", manifestDigest: "d"))
                throw Stop()
            }
        }
        #expect(try database.read { try $0.setting("a") } == nil)
        #expect(try database.read { try $0.hasModel("digits") } == false)
    }

    @Test func dataVersionTellsOfOtherWritersOnly() throws {
        let home = try TemporaryHome()
        let (mine, other) = (try HomeDatabase.open(home.directory), try HomeDatabase.open(home.directory))
        let start = try mine.dataVersion()
        try mine.write { try $0.setSetting("a", to: "1") }
        #expect(try mine.dataVersion() == start)
        try other.write { try $0.setSetting("a", to: "2") }
        let after = try mine.dataVersion()
        #expect(after != start)
        #expect(try mine.dataVersion() == after)
    }

    @Test func openingAtOnceMakesTheTablesOnce() async throws {
        let home = try TemporaryHome()
        let directory = home.directory
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let database = try HomeDatabase.open(directory)
                    try database.write { try $0.setSetting("key-\(index)", to: "\(index)") }
                }
            }
            try await group.waitForAll()
        }
        let settings = try HomeDatabase.open(directory).read { try $0.settings(withPrefix: "key-") }
        #expect(settings.map(\.value) == (0..<8).map { "\($0)" })
    }

    @Test func rowsAreStampedWithTheTransactionsMoment() throws {
        let home = try TemporaryHome()
        let moment = Timestamp(milliseconds: 1_700_000_000_123)
        let database = try HomeDatabase.open(home.directory, now: { moment })
        let row = try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "d")) }
        #expect(row.createdAt == moment)
        #expect(try database.read { try $0.version(of: "digits", number: 1) } == row)
        #expect(
            try database.read { try $0.first("SELECT created_at FROM versions") { try $0.text("created_at") } }
                == "2023-11-14T22:13:20.123Z")
    }
}
