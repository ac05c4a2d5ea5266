import Glibc
import Home
import Synchronization
import Tensors
import Trust

/// A folder of the home in which the files of one source come together. A later process goes on with it when this one is
/// killed; one process works on it at a time.
final class SourceFolder: Sendable {
    /// Beneath it lies what was fetched, and nothing else.
    let data: String
    private let path: String
    private let notes: String
    private let descriptor: Int32
    private let parts = Mutex<[SourcePart]>([])

    private static let suffix = ".d"

    /// - Parameter identity: what tells this source from others; it is hashed.
    /// - Throws: `DistributionError.Code.conflict` when another process fetches the same.
    init(for identity: String, in home: HomeDirectory) throws(DistributionError) {
        let prefix = HomeDirectory.transferPrefixes.pull
        path = "\(home.temporary)/\(prefix)\(Digest(of: Array(identity.utf8)).hex)\(Self.suffix)"
        data = path + "/data"
        notes = path + "/notes"
        Self.removeAbandoned(in: home)
        mkdir(path, 0o700)
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system("make", path) }
        guard GrowingFile.lock(descriptor) else {
            throw DistributionError(
                .conflict, "another process is fetching the same source", help: "wait for it to finish, then try again")
        }
        for folder in [path, data, notes] where mkdir(folder, 0o700) != 0 {
            guard errno == EEXIST else { throw .system("make", folder) }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens a file of the source, with what is there of it.
    func part(_ name: SourcePath, atMost limit: Int) throws(DistributionError) -> SourcePart {
        var folder = data
        for component in name.text.split(separator: "/").dropLast() {
            folder += "/\(component)"
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .system("make", folder) }
        }
        let file = try GrowingFile("\(data)/\(name.text)", atMost: limit, what: "'\(SafeText.short(name.text))'")
        let part = try SourcePart(file, note: "\(notes)/\(Digest(of: Array(name.text.utf8)).hex)")
        parts.withLock { $0.append(part) }
        return part
    }

    /// Whether nothing has come yet.
    var isEmpty: Bool { parts.withLock { $0.allSatisfy { $0.count == 0 } } }

    /// Removes it with all that was fetched.
    func discard() { try? HomeDirectory(path: path).removeEverything() }

    /// Removes folders that nobody has come back for in a week.
    static func removeAbandoned(in home: HomeDirectory, now: Int = time(nil)) {
        for name in Folder.sortedNames(in: home.temporary) {
            guard name.hasPrefix(HomeDirectory.transferPrefixes.pull), name.hasSuffix(suffix) else { continue }
            removeIfOld("\(home.temporary)/\(name)", now)
        }
    }

    private static func removeIfOld(_ path: String, _ now: Int) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            now - status.st_mtim.tv_sec > HomeDirectory.transferRest
        else { return }
        try? HomeDirectory(path: path).removeEverything()
    }
}
