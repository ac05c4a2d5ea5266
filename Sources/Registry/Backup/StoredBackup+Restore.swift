import Glibc
package import Home
import Tensors
import Trust

/// What a restoration brought back.
package struct RestoreReport: Sendable {
    /// Where the home that was there before lies now; `nil` when there was none.
    package let aside: String?
    /// What the check of the restored home found.
    package let check: CheckReport
}

/// How far a restoration has come.
package enum RestoreStep: Sendable {
    /// Every byte of the backup is compared with its manifest; nothing has been touched.
    case comparing
    case copying
    /// The restored home is checked as `fsck` does.
    case checking
}

extension StoredBackup {
    /// Makes a home out of the backup.
    ///
    /// All of the backup is compared before anything is touched, and again while it is copied. The database comes last: until
    /// then there is no home. A home that is there goes aside, and nothing of it is removed.
    ///
    /// - Parameters:
    ///   - home: where it goes.
    ///   - movesAside: whether a home that is there may be moved aside.
    ///   - progress: bytes of the step that are done, and all of them; what it throws while comparing or copying ends it.
    /// - Throws: `RegistryError.Code.backup` for a backup that is not as it was made, `.conflict` for a home that is not
    ///   empty, `HomeError.Code.locked` while a server runs on it or somebody writes to it. Nothing has changed then.
    package func restore(
        to home: HomeDirectory, movesAside: Bool = false,
        progress: (_ step: RestoreStep, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> RestoreReport {
        let contents = HomeContents(of: home)
        guard contents != .home || movesAside, contents != .other else { throw contents.refusal(home) }
        if let owner = HomeLock.owner(of: .server, in: home) {
            throw HomeError(
                .locked, "process \(owner) serves the home '\(home.path)'",
                help: "stop it with 'slipway stop', or restore to another home with --home", ownerPID: owner)
        }
        try requireSound { try progress(.comparing, $0, $1) }
        let (server, aside) =
            contents == .home
            ? try replace(home) { try progress(.copying, $0, $1) } : try fill(home) { try progress(.copying, $0, $1) }
        defer { server.release() }
        let database = try HomeDatabase.open(home)
        let check = try ModelRegistry(database).check { try? progress(.checking, $0, $1) }
        database.events.append([
            HomeEvent(
                "home.restored", "home", at: .now(),
                [("digest", .string(digest.description)), ("made", .string(manifest.made.description))])
        ])
        try database.close()
        return RestoreReport(aside: aside, check: check)
    }

    // MARK: - A home that is new

    private func fill(
        _ home: HomeDirectory, _ progress: (Int, Int) throws -> Void
    ) throws -> (server: HomeLock, aside: String?) {
        let isNew = access(home.path, F_OK) != 0
        try home.create()
        do {
            let server = try HomeLock.acquire(.server, in: home)
            let setup = try HomeLock.acquire(.setup, in: home, wait: true)
            defer { setup.release() }
            // Somebody may have made a home of it while the backup was read.
            let contents = HomeContents(of: home)
            guard contents == .empty else { throw contents.refusal(home) }
            try copy(to: home, progress)
            return (server, nil)
        } catch {
            if isNew { home.removeEverything() }
            throw error
        }
    }

    /// Copies everything, the database last. Takes back what it copied when it fails.
    private func copy(to home: HomeDirectory, _ progress: (Int, Int) throws -> Void) throws {
        let (store, total) = (BlobStore(home), manifest.size)
        var done = 0
        var added: [Blob] = []
        var placed: [String] = []
        do {
            for blob in manifest.blobs {
                // What lies there already has come from somewhere else, and is looked at.
                if store.size(blob.digest) != nil, (try? store.verify(blob.digest)) == nil {
                    unlink(store.path(blob.digest))
                }
                let isNew = try BackupFiles.copy(blob, from: folder.store, to: store) { count in
                    done += count
                    try progress(done, total)
                }
                if isNew { added.append(blob) }
            }
            let files = manifest.files.filter { $0.path != BackupManifest.database }
            for file in files {
                try BackupFiles.makeFolders(above: file.path, in: home.path)
                placed.append("\(home.path)/\(file.path)")
                try copy(file, to: "\(home.path)/\(file.path)")
            }
            let database = "\(home.temporary)/restored.db"
            unlink(database)
            placed.append(database)
            for file in manifest.files where file.path == BackupManifest.database { try copy(file, to: database) }
            try progress(total, total)
            guard rename(database, home.databasePath) == 0 else {
                throw RegistryError.system("name the database", home.databasePath)
            }
            try Folder.sync(home.path, RegistryError.system)
        } catch {
            for path in placed { unlink(path) }
            for blob in added { unlink(store.path(blob.digest)) }
            throw error
        }
    }

    private func copy(_ file: BackupManifest.File, to target: String) throws {
        let copied = try BackupFiles.copy("\(path)/\(file.path)", to: target) { _ in }
        guard let copied, copied == (file.digest, file.size) else {
            throw RegistryError(
                .backup, "'\(file.path)' of the backup was changed while it was restored",
                help: "find out who writes to '\(folder.path)', then try again")
        }
    }

    // MARK: - A home that is there

    /// Makes the new home beside the old one; then they change places.
    private func replace(
        _ home: HomeDirectory, _ progress: (Int, Int) throws -> Void
    ) throws -> (server: HomeLock, aside: String?) {
        let old = [
            try HomeLock.acquire(.server, in: home), try HomeLock.acquire(.blobs, .exclusive, in: home),
            try HomeLock.acquire(.setup, in: home, wait: true),
        ]
        defer { for lock in old { lock.release() } }
        let stamp = Timestamp.now().description.filter { $0 != ":" }
        let (aside, place) = ("\(home.path).before-\(stamp)", "\(home.path).restoring-\(stamp)")
        let fresh = try HomeDirectory(path: place)
        let (server, _) = try fill(fresh, progress)
        do {
            guard rename(home.path, aside) == 0 else {
                throw RegistryError(
                    .conflict, "the home '\(home.path)' cannot be moved aside: \(String(cString: strerror(errno)))",
                    help: "if it is where a disk is mounted, restore to another home with --home")
            }
            guard rename(fresh.path, home.path) == 0 else {
                let error = RegistryError.system("name the home", home.path)
                rename(aside, home.path)
                throw error
            }
        } catch {
            server.release()
            fresh.removeEverything()
            throw error
        }
        try Folder.sync(
            String(home.path.prefix(upTo: home.path.lastIndex(of: "/") ?? home.path.endIndex)) + "/",
            RegistryError.system)
        return (server, aside)
    }
}

/// What lies where a home is to be restored.
private enum HomeContents {
    /// Nothing, or what a program makes before it has a database, and engines.
    case empty
    case home
    case other

    private static let beforeDatabase: Set<String> = ["run", "tmp", "cache", "engines", "blobs", "lost+found"]

    init(of home: HomeDirectory) {
        let names = Set(Folder.sortedNames(in: home.path))
        if home.exists || (!names.isDisjoint(with: BackupManifest.folders) && names.contains("blobs")) {
            self = .home
        } else {
            self = names.isSubset(of: Self.beforeDatabase) ? .empty : .other
        }
    }

    func refusal(_ home: HomeDirectory) -> RegistryError {
        switch self {
        case .home:
            RegistryError(
                .conflict, "there is a home at '\(home.path)' already",
                help: "restore to a new one with --home, or let --yes move this one aside: nothing of it is removed")
        case .empty, .other:
            RegistryError(
                .conflict, "'\(home.path)' is no home of Slipway's, and it is not empty",
                help: "restore to a new home with --home")
        }
    }
}
