import Glibc
import Home
import Tensors
import Trust

/// A folder with backups of a home: blobs by digest, which its backups share, and a folder for each of them.
///
/// ```
/// slipway-backups.json                       says what the folder is
/// blobs/sha256/<digest>                      of all backups, each once
/// 2026-03-04T050607.089Z-3fa94c12ab34/       a backup, named by its moment and its manifest's digest
///     backup.json                            the manifest
///     slipway.db, events/, drift/            files of the home
/// tmp/                                       what is being written
/// ```
package struct BackupFolder: Sendable {
    /// Absolute, without links.
    package let path: String
    let store: BlobStore
    /// Whether it was made for this backup.
    private var isNew = false

    static let marker = "slipway-backups.json"
    private static let markerText = """
        {
          "slipwayBackups": 1,
          "about": "Backups of a Slipway home. 'slipway backup restore' brings one back; do not change anything in here."
        }

        """

    var temporary: String { store.home.temporary }

    private init(unchecked path: String) throws {
        let home = try HomeDirectory(path: path)
        self.path = home.path
        store = BlobStore(home)
    }

    /// A folder that backups have been written to.
    ///
    /// - Throws: `RegistryError.Code.notFound` when it is none.
    package init(opening path: String) throws {
        try self.init(unchecked: path)
        guard access("\(self.path)/\(Self.marker)", F_OK) == 0 else {
            throw RegistryError(
                .notFound, "'\(path)' is no folder of backups: there is no \(Self.marker) in it",
                help: "name the folder that 'slipway backup' wrote to, or one of the backups in it")
        }
    }

    /// A folder to write backups to: made where there is none; one that is there has to be empty, or to have backups.
    ///
    /// - Throws: `RegistryError.Code.conflict` for a folder with other things in it, or one inside the home.
    static func preparing(_ path: String, for home: HomeDirectory) throws -> BackupFolder {
        let isNew = access(path, F_OK) != 0
        try BackupFiles.makeFolder(path)
        var place = try BackupFolder(unchecked: path)
        place.isNew = isNew
        try place.checkContents(asked: path, home)
        for folder in ["\(place.path)/blobs", place.store.home.blobs, place.temporary] {
            try BackupFiles.makeFolder(folder)
        }
        return place
    }

    private func checkContents(asked: String, _ home: HomeDirectory) throws {
        guard path != home.path, !path.hasPrefix(home.path + "/"), !home.path.hasPrefix(path + "/") else {
            if isNew { rmdir(path) }
            throw RegistryError(
                .conflict, "'\(asked)' and the home '\(home.path)' lie in each other",
                help: "choose a folder outside of the home, best on another disk")
        }
        let mark = "\(path)/\(Self.marker)"
        guard access(mark, F_OK) != 0 else { return }
        if let other = Folder.sortedNames(in: path).first(where: { $0 != "lost+found" }) {
            throw RegistryError(
                .conflict, "'\(asked)' has other things in it, such as '\(TarDirectory.printable(other))'",
                help: "choose an empty folder or a new one: nothing is overwritten")
        }
        try BackupFiles.write(Array(Self.markerText.utf8), to: mark)
    }

    /// Keeps other backups and clearings of this folder away until it is closed.
    ///
    /// - Throws: `RegistryError.Code.conflict` when another process is at it.
    func lock() throws(RegistryError) -> Lock { try Lock("\(path)/\(Self.marker)", of: path) }

    /// An open file that is locked; the kernel unlocks it when its process ends, however it ends.
    final class Lock {
        private let descriptor: Int32

        init(_ file: String, of folder: String) throws(RegistryError) {
            descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw RegistryError.system("open", file) }
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                if errno == EINTR { continue }
                throw RegistryError(
                    .conflict, "another process is writing a backup to '\(folder)'",
                    help: "wait for it to finish, then try again")
            }
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        /// Called where the work ends: until then it is held.
        func keep() {}
    }

    /// Takes away what a killed process left. The lock is held.
    func clear() throws {
        for name in Folder.sortedNames(in: temporary) { try remove("\(temporary)/\(name)") }
    }

    /// Leaves the folder as it was found, when there is no backup in it. The lock is held.
    func abandon() {
        let folders: [String] = [temporary, store.home.blobs, "\(path)/blobs"]
        guard names().isEmpty, folders.allSatisfy({ rmdir($0) == 0 }) else { return }
        unlink("\(path)/\(Self.marker)")
        if isNew { rmdir(path) }
    }

    /// Removes a file, or a folder with everything in it.
    func remove(_ path: String) throws {
        if unlink(path) != 0, errno == EISDIR || errno == EPERM { try HomeDirectory(path: path).removeEverything() }
    }

    /// The backups there are, by name, the oldest first.
    package func names() -> [String] {
        Folder.sortedNames(in: path).filter { name in
            Self.digest(inName: name) != nil && access("\(path)/\(name)/\(BackupManifest.name)", F_OK) == 0
        }
    }

    /// A backup's name: when it was made, and the beginning of its manifest's digest.
    static func name(_ manifest: BackupManifest, _ digest: Digest) -> String {
        "\(manifest.made.description.filter { $0 != ":" })-\(digest.short)"
    }

    /// The twelve digits that a name ends in; `nil` for another name.
    static func digest(inName name: String) -> Substring? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[2].hasSuffix("Z"), let digits = parts.last, digits.count == 12,
            digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        else { return nil }
        return digits
    }

    /// Removes the oldest backups but so many, and the blobs that only they had. The lock is held.
    ///
    /// - Returns: the names of those that went, and how many bytes of blobs with them.
    /// - Throws: when a backup that stays cannot be read: nobody knows then which blobs it needs, and none goes.
    func prune(keeping count: Int) throws -> (removed: [String], freed: Int) {
        let all = names()
        let (old, kept) = (all.dropLast(count), all.suffix(count))
        guard !old.isEmpty else { return ([], 0) }
        var needed: Set<Digest> = []
        for name in kept { needed.formUnion(try StoredBackup(name, in: self).manifest.blobs.map(\.digest)) }
        for name in old {
            // Half a backup is none: it loses its name first.
            let leaving = "\(temporary)/\(name)"
            guard rename("\(path)/\(name)", leaving) == 0 else { throw RegistryError.system("remove", name) }
            try remove(leaving)
        }
        var freed = 0
        for digest in Folder.sortedNames(in: store.home.blobs).compactMap({ Digest(hex: $0) })
        where !needed.contains(digest) {
            let size = store.size(digest) ?? 0
            if unlink(store.path(digest)) == 0 { freed += size }
        }
        return (Array(old), freed)
    }
}
