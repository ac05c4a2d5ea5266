import Glibc
import Home
import Tensors
package import Trust

/// What a backup wrote.
package struct BackupReport: Sendable {
    /// The backup's own folder.
    package let path: String
    package let manifest: BackupManifest
    /// The manifest's: it stands for every byte of the backup.
    package let digest: Digest
    /// Blobs that were not there from an earlier backup, and their bytes.
    package let copiedBlobs: Int
    package let copiedBytes: Int
    /// Earlier backups that went, by name, and the bytes that their blobs had.
    package let removed: [String]
    package let freedBytes: Int
}

extension ModelRegistry {
    /// Writes a backup of the home beside the earlier ones in a folder, while servers, imports and deployments go on.
    ///
    /// The database is copied first, as one state; then the blobs that this copy needs, which nobody frees meanwhile. Blobs
    /// that an earlier backup has are not copied again. The backup has its name only when all of it is on the disk.
    ///
    /// - Parameters:
    ///   - folder: made where it is missing.
    ///   - count: how many backups stay, this one among them; `nil` for all.
    ///   - program: the version of Slipway that writes it.
    ///   - progress: bytes that have been copied or are there already, and all of them; what it throws ends the backup.
    /// - Throws: `RegistryError.Code.conflict` for a folder of something else, `.damaged` when a blob is missing or altered,
    ///   `.full` and `.io`. Nothing of it is left then.
    package func backUp(
        to folder: String, keeping count: Int? = nil, program: String,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> BackupReport {
        let place = try BackupFolder.preparing(folder, for: database.home)
        let folderLock = try place.lock()
        defer { folderLock.keep() }
        try place.clear()
        let blobLock = try HomeLock.acquire(.blobs, .shared, in: database.home, wait: true)
        defer { blobLock.release() }
        var draft = try BackupDraft(of: self, in: place)
        do {
            try draft.copyFiles()
            try draft.copyBlobs(progress)
            let (name, digest) = try draft.publish(program: program)
            let old = try count.map { try place.prune(keeping: max(1, $0)) }
            let report = BackupReport(
                path: "\(place.path)/\(name)", manifest: draft.manifest, digest: digest, copiedBlobs: draft.added.count,
                copiedBytes: draft.added.reduce(0) { $0 + $1.size }, removed: old?.removed ?? [],
                freedBytes: old?.freed ?? 0)
            database.events.append([
                HomeEvent(
                    "home.backedup", "home", at: draft.manifest.made,
                    [("digest", .string(digest.description)), ("path", .string(report.path))])
            ])
            return report
        } catch {
            draft.discard()
            throw error
        }
    }
}

/// A backup that has no name yet.
private struct BackupDraft {
    let registry: ModelRegistry
    let place: BackupFolder
    let path: String
    var manifest: BackupManifest
    /// Blobs that were not there before.
    var added: [Blob] = []
    private var isPublished = false

    private var home: HomeDirectory { registry.database.home }

    init(of registry: ModelRegistry, in place: BackupFolder) throws {
        self.registry = registry
        self.place = place
        var source = SystemRandomNumberGenerator()
        path = "\(place.temporary)/backup-\(String(source.next(), radix: 16))"
        try BackupFiles.makeFolder(path)
        manifest = BackupManifest(
            program: "", made: .now(), schema: HomeDatabase.schema, versions: 0, endpoints: 0, files: [], blobs: [])
    }

    /// The database, as one state, and what else is kept of the home.
    mutating func copyFiles() throws {
        let copy = "\(path)/\(BackupManifest.database)"
        try registry.database.copy(to: copy)
        try note(BackupManifest.database)
        try registry.database.events.whileNobodyWrites { files in
            for file in files { try take("events/\(file.split(separator: "/").last ?? "")") }
        }
        let watched = BackupFiles.leaves(of: "\(home.path)/drift")
        for leaf in watched where !leaf.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
            try take("drift/\(leaf)")
        }
        let needed = NeededBlobs(blobs: registry.blobs)
        let (counts, digests) = try HomeDatabase.reading(copy: copy) { snapshot in
            var digests: Set<Digest> = []
            for text in try snapshot.keptDigests() { digests.formUnion(try needed.of(try Digest(text), snapshot)) }
            return (try snapshot.counts(), digests)
        }
        (manifest.versions, manifest.endpoints) = counts
        manifest.blobs = try digests.sorted().map { digest in
            guard let size = registry.blobs.size(digest) else {
                throw RegistryError(
                    .damaged, "blob \(digest), which a version needs, is missing",
                    help:
                        "'slipway fsck' names the version: import or pull it again, or give it up with 'slipway rm' and"
                        + " 'slipway gc --undo-window 0'")
            }
            return Blob(digest: digest, size: size)
        }
    }

    /// Copies a file of the home, unless it has gone.
    private mutating func take(_ leaf: String) throws {
        try BackupFiles.makeFolders(above: leaf, in: path)
        guard let copied = try BackupFiles.copy("\(home.path)/\(leaf)", to: "\(path)/\(leaf)", { _ in }) else { return }
        manifest.files.append(.init(path: leaf, size: copied.size, digest: copied.digest))
    }

    /// Adds a file that is in the backup's folder.
    private mutating func note(_ leaf: String) throws {
        let file = "\(path)/\(leaf)"
        guard let descriptor = try BackupFiles.open(file) else { throw RegistryError.system("read", file) }
        defer { close(descriptor) }
        let (digest, size) = try Digest.ofFile(descriptor: descriptor)
        manifest.files.append(.init(path: leaf, size: size, digest: digest))
    }

    mutating func copyBlobs(_ progress: (Int, Int) throws -> Void) throws {
        let total = manifest.blobs.reduce(0) { $0 + $1.size }
        var done = 0
        try progress(0, total)
        for blob in manifest.blobs {
            let isNew = try BackupFiles.copy(blob, from: registry.blobs, to: place.store) { count in
                done += count
                try progress(done, total)
            }
            if isNew { added.append(blob) }
        }
    }

    /// Gives the backup its name.
    mutating func publish(program: String) throws -> (name: String, digest: Digest) {
        manifest.program = program
        manifest.files.sort { $0.path < $1.path }
        let bytes = manifest.encoded()
        let digest = Digest(of: bytes)
        let name = BackupFolder.name(manifest, digest)
        try BackupFiles.write(bytes, to: "\(path)/\(BackupManifest.name)")
        let folders = Set(manifest.files.flatMap { Self.folders(of: $0.path) })
        for folder in folders { try Folder.sync("\(path)/\(folder)", RegistryError.system) }
        try Folder.sync(path, RegistryError.system)
        guard rename(path, "\(place.path)/\(name)") == 0 else { throw RegistryError.system("name the backup", name) }
        isPublished = true
        try Folder.sync(place.path, RegistryError.system)
        return (name, digest)
    }

    /// `a/b/c` lies in `a` and `a/b`.
    private static func folders(of path: String) -> [String] {
        let parts = path.split(separator: "/").dropLast()
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }

    /// Takes back what has been written. What an earlier backup has stays.
    func discard() {
        guard !isPublished else { return }
        try? place.remove(path)
        for blob in added { unlink(place.store.path(blob.digest)) }
        place.abandon()
    }
}
