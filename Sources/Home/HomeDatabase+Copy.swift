import GRDB
import Glibc

extension HomeDatabase {
    /// The newest schema that this program reads and writes.
    package static var schema: Int { Schema.current.version }

    /// Copies all that is committed now into a file, as one state. Others go on reading and writing meanwhile.
    ///
    /// The copy is one file without a log beside it, readable by its owner alone, and on the disk when this returns.
    ///
    /// Source: SQLite, `VACUUM INTO`.
    ///
    /// - Parameter path: where nothing is yet.
    /// - Throws: `HomeError.Code.full` and `.io` when it cannot be written, `.damaged` when the database cannot be read.
    package func copy(to path: String) throws(HomeError) {
        // SQLite takes an empty file that is there, and leaves its permissions as they are.
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw HomeError.system("write the copy", path) }
        defer { Glibc.close(descriptor) }
        try HomeError.typed {
            try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        }
        guard fsync(descriptor) == 0 else { throw HomeError.system("write to the disk", path) }
    }

    /// Reads a copy that `copy(to:)` made; nothing is changed, upgraded or written beside it.
    ///
    /// - Throws: what `body` throws, and `HomeError.Code.damaged` for a file that is no database.
    package static func reading<Result>(copy path: String, _ body: (HomeSnapshot) throws -> Result) throws -> Result {
        try HomeError.adapting {
            var configuration = Configuration()
            configuration.label = "slipway.copy"
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { try body(HomeSnapshot(connection: Connection(database: $0))) }
        }
    }

    /// The schema that the header of a database file names; nothing is opened as a database.
    ///
    /// Source: SQLite, "Database File Format", 1.3: the magic string, and the user version at offset 60.
    ///
    /// - Parameter header: the first 100 bytes of the file.
    /// - Returns: `nil` for what is no header.
    package static func schema(inHeader header: [UInt8]) -> Int? {
        guard header.count >= 100, header.starts(with: Array("SQLite format 3\0".utf8)) else { return nil }
        return header[60..<64].reduce(0) { $0 << 8 | Int($1) }
    }
}

extension HomeReading {
    /// How many versions there are, those that can be restored among them, and how many endpoints that are not removed.
    package func counts() throws -> (versions: Int, endpoints: Int) {
        let versions = try first("SELECT count(*) AS n FROM versions WHERE reaped_at IS NULL") { try $0.integer("n") }
        let endpoints = try first("SELECT count(*) AS n FROM endpoints WHERE removed_at IS NULL") {
            try $0.integer("n")
        }
        return (versions ?? 0, endpoints ?? 0)
    }
}

extension EventLog {
    /// Does something with the log's files while nobody writes to them.
    ///
    /// - Parameter body: gets the files there are, the oldest first.
    package func whileNobodyWrites<Result>(_ body: (_ paths: [String]) throws -> Result) throws -> Result {
        let lock = lockForReading()
        defer { if lock >= 0 { close(lock) } }
        return try body(paths.filter { access($0, F_OK) == 0 })
    }
}
