import GRDB
import Glibc

/// The authority on everything that has a name: versions, aliases, revisions, tokens.
///
/// Every write is one `BEGIN IMMEDIATE` transaction that is on the disk before `write` returns. Several processes may
/// have the same home open; a writer waits up to 5 s for another one. Calls block: keep them off event loops.
package final class HomeDatabase: Sendable {
    package let home: HomeDirectory
    let pool: DatabasePool
    private let now: @Sendable () -> Timestamp

    /// How long a writer waits for another one.
    private static let busyTimeout = 5.0

    /// What happened in this home.
    package var events: EventLog { EventLog(home) }

    private init(home: HomeDirectory, pool: DatabasePool, now: @escaping @Sendable () -> Timestamp) {
        self.home = home
        self.pool = pool
        self.now = now
    }

    /// Opens the database of a home, and makes or upgrades it first where needed.
    ///
    /// Before an upgrade the file is copied to `slipway.db.schema-<old version>`.
    ///
    /// - Parameter now: the clock that stamps rows.
    /// - Throws: `HomeError.Code.newerSchema` for a database of a later Slipway, `.locked` when an upgrade is needed
    ///   while another process serves this home, `.damaged` for a file that is no database.
    package static func open(
        _ home: HomeDirectory, now: @escaping @Sendable () -> Timestamp = { Timestamp.now() }
    ) throws(HomeError) -> HomeDatabase {
        try open(home, schema: .current, now: now)
    }

    static func open(
        _ home: HomeDirectory, schema: Schema, now: @escaping @Sendable () -> Timestamp = { Timestamp.now() }
    ) throws(HomeError) -> HomeDatabase {
        try home.create()
        let setup = try HomeLock.acquire(.setup, in: home, wait: true)
        defer { setup.release() }
        return try HomeError.typed {
            try createPrivateFile(home.databasePath)
            let pool = try DatabasePool(path: home.databasePath, configuration: configuration())
            try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL when it turns the write-ahead log on; what we acknowledge has to survive power loss.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try schema.upgrade(database, of: home)
            }
            return HomeDatabase(home: home, pool: pool, now: now)
        }
    }

    /// Reads a consistent state. Neither waits for writers nor stops them.
    ///
    /// Not to be called inside `write`, whose transaction reads what it has written itself.
    package func read<Result>(_ body: (HomeSnapshot) throws -> Result) throws -> Result {
        try HomeError.adapting { try pool.read { try body(HomeSnapshot(connection: Connection(database: $0))) } }
    }

    /// Does all of `body`'s writes, or none when it throws. Not to be nested.
    @discardableResult
    package func write<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try transact(.commit, body)
    }

    /// Does all of `body`'s writes and takes them back: what `write` would have given.
    package func rehearse<Result>(_ body: (Transaction) throws -> Result) throws -> Result {
        try transact(.rollback, body)
    }

    private func transact<Result>(
        _ completion: Database.TransactionCompletion, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        let collector = EventCollector()
        let result = try HomeError.adapting {
            try pool.writeWithoutTransaction { database in
                var result: Result?
                try database.inTransaction(.immediate) {
                    result = try body(
                        Transaction(connection: Connection(database: database), now: now(), collector: collector))
                    return completion
                }
                guard let result else { throw HomeError(.io, "the transaction ended without a result") }
                return result
            }
        }
        if completion == .commit, !collector.events.isEmpty { events.append(collector.events) }
        return result
    }

    /// A number that differs from an earlier one when another connection has written in between, of whatever process.
    ///
    /// Writes through this value do not change it. Source: SQLite, `PRAGMA data_version`.
    package func dataVersion() throws(HomeError) -> Int {
        try HomeError.typed {
            try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
        }
    }

    /// Closes the file. Everything after it throws.
    package func close() throws(HomeError) {
        try HomeError.typed { try pool.close() }
    }

    /// The settings of every connection.
    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "slipway.home"
        configuration.busyMode = .timeout(busyTimeout)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// SQLite gives its log the permissions of the database file, so that is made first.
    private static func createPrivateFile(_ path: String) throws(HomeError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HomeError.system("open the database", path) }
        Glibc.close(descriptor)
    }
}
