package import Home
import Tensors
package import Trust

/// What a backup has: every file and every blob, with size and digest. Its own digest stands for all of it.
package struct BackupManifest: Hashable, Sendable {
    /// A file of the home.
    package struct File: Hashable, Sendable {
        /// Within the home, and within the backup's folder.
        package var path: String
        /// In bytes.
        package var size: Int
        package var digest: Digest
    }

    /// The version of Slipway that made it.
    package var program: String
    /// All that was committed before is in it.
    package var made: Timestamp
    /// The schema of its database.
    package var schema: Int
    package var versions: Int
    package var endpoints: Int
    /// The database among them.
    package var files: [File]
    package var blobs: [Blob]

    /// The form that this program writes.
    static let format = 1
    /// The name of the file.
    static let name = "backup.json"
    /// The largest one that is read: some two million blobs.
    static let largest = 256 << 20
    /// The database's path.
    static let database = "slipway.db"
    /// The folders of a home that are kept besides. Whatever else a home has can be made or fetched again, or is not to
    /// outlive what was promised of it, as recorded requests are not.
    static let folders = ["drift", "events"]

    /// Bytes of all files and blobs. Parsing has seen to it that they can be added up.
    package var size: Int { files.reduce(0) { $0 + $1.size } + blobs.reduce(0) { $0 + $1.size } }

    /// The bytes of the file. Equal contents give equal bytes.
    package func encoded() -> [UInt8] {
        let json = JSONValue.object([
            ("slipwayBackup", .integer(Self.format)), ("program", .string(program)),
            ("made", .string(made.description)),
            ("schema", .integer(schema)), ("versions", .integer(versions)), ("endpoints", .integer(endpoints)),
            (
                "files",
                .array(
                    files.map {
                        .object([
                            ("path", .string($0.path)), ("bytes", .integer($0.size)),
                            ("digest", .string($0.digest.description)),
                        ])
                    })
            ),
            (
                "blobs",
                .array(
                    blobs.map {
                        .object([("digest", .string($0.digest.description)), ("bytes", .integer($0.size))])
                    })
            ),
        ])
        return json.encoded(pretty: true) + [UInt8(ascii: "\n")]
    }

    /// Reads one, and believes nothing of it that could lead astray.
    ///
    /// - Throws: `RegistryError.Code.backup` for what breaks a rule; `HomeError.Code.newerSchema` for the backup of a later
    ///   Slipway.
    package init(parsing bytes: [UInt8]) throws {
        let json: JSONValue
        do {
            json = try JSONValue.parse(bytes)
        } catch {
            throw Self.broken("it is no JSON: \(error)")
        }
        guard let format = json["slipwayBackup"]?.intValue, format >= 1 else {
            throw Self.broken("the member 'slipwayBackup' is missing")
        }
        let schema = try Self.count(json["schema"], "schema")
        guard format == Self.format, schema <= HomeDatabase.schema else {
            let program = json["program"]?.stringValue.map { " (\(TarDirectory.printable($0)))" } ?? ""
            throw HomeError(
                .newerSchema,
                "the backup was made by a later slipway\(program): its form is \(format) and its schema \(schema), and this"
                    + " slipway knows form \(Self.format) and schemas up to \(HomeDatabase.schema)",
                help: "restore it with the slipway that made it, or a later one")
        }
        guard let program = json["program"]?.stringValue, program.utf8.count <= 64,
            let made = json["made"]?.stringValue.flatMap(Timestamp.init), schema >= 1
        else { throw Self.broken("'program', 'made' or 'schema' is missing or malformed") }
        self.init(
            program: program, made: made, schema: schema, versions: try Self.count(json["versions"], "versions"),
            endpoints: try Self.count(json["endpoints"], "endpoints"),
            files: try (json["files"]?.arrayValue ?? []).map(Self.file),
            blobs: try (json["blobs"]?.arrayValue ?? []).map(Self.blob))
        try checkAll()
    }

    package init(
        program: String, made: Timestamp, schema: Int, versions: Int, endpoints: Int, files: [File], blobs: [Blob]
    ) {
        (self.program, self.made, self.schema) = (program, made, schema)
        (self.versions, self.endpoints) = (versions, endpoints)
        (self.files, self.blobs) = (files, blobs)
    }

    private static func broken(_ what: String) -> RegistryError {
        RegistryError(
            .backup, "\(name) of the backup breaks a rule: \(what)",
            help: "it is damaged or was changed: use another backup, or a copy of this one")
    }

    private static func count(_ json: JSONValue?, _ name: String) throws(RegistryError) -> Int {
        guard let number = json?.intValue, number >= 0 else { throw broken("'\(name)' is no count") }
        return number
    }

    private static func digest(_ json: JSONValue) throws(RegistryError) -> Digest {
        guard let text = json["digest"]?.stringValue, let digest = try? Digest(text) else {
            throw broken("a digest is missing or malformed")
        }
        return digest
    }

    private static func blob(_ json: JSONValue) throws(RegistryError) -> Blob {
        Blob(digest: try digest(json), size: try count(json["bytes"], "bytes"))
    }

    /// A path is the database's, or lies in one of the folders that are kept: nothing else of a home is written.
    private static func file(_ json: JSONValue) throws(RegistryError) -> File {
        let text = json["path"]?.stringValue ?? ""
        guard let path = try? PackageManifest.checked(path: text),
            path == database || folders.contains(where: { path.hasPrefix("\($0)/") }),
            path.split(separator: "/").allSatisfy({ !$0.hasPrefix(".") })
        else {
            throw broken("'\(TarDirectory.printable(text))' is no path of a file that a backup has")
        }
        return File(path: path, size: try count(json["bytes"], "bytes"), digest: try digest(json))
    }

    private func checkAll() throws(RegistryError) {
        guard files.contains(where: { $0.path == Self.database }) else { throw Self.broken("it has no database") }
        guard Set(files.map { $0.path.lowercased() }).count == files.count else {
            throw Self.broken("a file is there twice")
        }
        guard Set(blobs.map(\.digest)).count == blobs.count else { throw Self.broken("a blob is there twice") }
        var total = 0
        for size in files.map(\.size) + blobs.map(\.size) {
            let (sum, overflow) = total.addingReportingOverflow(size)
            guard !overflow else { throw Self.broken("its sizes cannot be") }
            total = sum
        }
    }
}
