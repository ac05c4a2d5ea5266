import Glibc
import Home
package import Trust

/// A backup in its folder. Its manifest has been read; whether the rest is as it says is told by `problems`.
package struct StoredBackup: Sendable {
    package let folder: BackupFolder
    package let name: String
    package let manifest: BackupManifest
    /// The manifest's.
    package let digest: Digest

    package var path: String { "\(folder.path)/\(name)" }

    /// - Parameter path: a backup's own folder, or a folder of backups, whose newest is taken then.
    /// - Throws: `RegistryError.Code.notFound` when there is none, `.backup` when its manifest breaks a rule or is not the
    ///   one that gave it its name, `HomeError.Code.newerSchema` for that of a later Slipway.
    package init(at path: String) throws {
        if access("\(path)/\(BackupManifest.name)", F_OK) == 0 {
            let parts = try HomeDirectory(path: path).path.split(separator: "/")
            try self.init(
                String(parts.last ?? ""),
                in: try BackupFolder(opening: "/" + parts.dropLast().joined(separator: "/")))
            return
        }
        let folder = try BackupFolder(opening: path)
        guard let newest = folder.names().last else {
            throw RegistryError(
                .notFound, "there is no backup in '\(path)'", help: "make one: slipway backup '\(path)'")
        }
        try self.init(newest, in: folder)
    }

    /// - Parameter name: one of the folder's names.
    package init(_ name: String, in folder: BackupFolder) throws {
        self.folder = folder
        self.name = name
        let file = "\(folder.path)/\(name)/\(BackupManifest.name)"
        let bytes = try Self.bytes(file)
        digest = Digest(of: bytes)
        guard let digits = BackupFolder.digest(inName: name) else {
            throw RegistryError(
                .backup, "'\(TarDirectory.printable(name))' is no name of a backup",
                help: "give the folder the name that it was made with")
        }
        guard digest.short == digits else {
            throw RegistryError(
                .backup, "\(BackupManifest.name) of '\(name)' was changed: its digest begins with \(digest.short)",
                help: "use another backup, or a copy of this one")
        }
        manifest = try BackupManifest(parsing: bytes)
    }

    private static func bytes(_ file: String) throws -> [UInt8] {
        guard let descriptor = try BackupFiles.open(file) else {
            throw RegistryError(.notFound, "there is no '\(file)'", help: "see 'slipway backup list'")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        try BackupFiles.forEachChunk(of: descriptor, file) { chunk in
            guard bytes.count + chunk.count <= BackupManifest.largest else {
                throw RegistryError(.backup, "'\(file)' is larger than any manifest of a backup")
            }
            bytes += chunk
        }
        return bytes
    }

    /// Compares every byte of the backup with its manifest, a megabyte at a time.
    ///
    /// - Parameter progress: bytes that have been read, and all of them; what it throws ends the check.
    /// - Returns: what is wrong, in words; nothing for a backup that is as it was made.
    package func problems(_ progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }) throws -> [String] {
        var problems: [String] = []
        let (total, known) = (manifest.size, Set(manifest.files.map(\.path)))
        var done = 0
        for leaf in BackupFiles.leaves(of: path) where !known.contains(leaf) && leaf != BackupManifest.name {
            problems.append("'\(TarDirectory.printable(leaf))' is no part of the backup")
        }
        for file in manifest.files {
            if let problem = try problem("\(path)/\(file.path)", file.path, file.size, file.digest) {
                problems.append(problem)
            } else if file.path == BackupManifest.database, try schemaOfDatabase() != manifest.schema {
                problems.append("'\(file.path)' is no database of schema \(manifest.schema)")
            }
            done += file.size
            try progress(done, total)
        }
        for blob in manifest.blobs {
            let what = "blob \(blob.digest)"
            if let problem = try problem(folder.store.path(blob.digest), what, blob.size, blob.digest) {
                problems.append(problem)
            }
            done += blob.size
            try progress(done, total)
        }
        return problems
    }

    private func problem(_ path: String, _ what: String, _ size: Int, _ digest: Digest) throws -> String? {
        do {
            guard let descriptor = try BackupFiles.open(path) else { return "\(what) is missing" }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, Int(status.st_size) == size else {
                return "\(what) has \(status.st_size) bytes, and \(size) were written"
            }
            let found = try Digest.ofFile(descriptor: descriptor)
            return found.digest == digest ? nil : "\(what) holds other bytes than were written"
        } catch let error as RegistryError where error.code == .backup {
            return "\(what) is a link or something else that is no file"
        }
    }

    private func schemaOfDatabase() throws -> Int? {
        let file = "\(path)/\(BackupManifest.database)"
        guard let descriptor = try BackupFiles.open(file) else { return nil }
        defer { close(descriptor) }
        return HomeDatabase.schema(inHeader: try FilePiece.read(descriptor, file, at: 0, count: 100))
    }

    /// Refuses a backup that is not as it was made.
    ///
    /// - Throws: `RegistryError.Code.backup`, which names what is wrong.
    package func requireSound(_ progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }) throws {
        let problems = try problems(progress)
        guard let first = problems.first else { return }
        let more = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
        throw RegistryError(
            .backup, "the backup '\(name)' is not as it was made: \(first)\(more)",
            help: "'slipway backup check' names everything; use another backup, or a copy of this one")
    }
}
