import Glibc
import Synchronization
import Tensors

/// A file that is being fetched, and the server's word for which one it is.
///
/// Going on with a file is safe only where the server says that it is still the same (RFC 9110 section 13.1.5) or where
/// its digest is known beforehand; else it is begun again.
final class SourcePart: Sendable {
    /// What the server said of the file when it was begun.
    struct Note: Hashable, Sendable {
        /// A strong entity tag; weak ones do not promise equal bytes.
        var entityTag: String?
        var modified: String?
        var total: Int?

        init(entityTag: String? = nil, modified: String? = nil, total: Int? = nil) {
            self.entityTag = entityTag
            self.modified = modified
            self.total = total
        }

        /// What a server's reply says.
        init(_ headers: HeaderFields, total: Int?) {
            let tag = headers["etag"]?.trimmed
            entityTag = tag.flatMap { $0.hasPrefix("\"") && $0.utf8.count <= 512 ? $0 : nil }
            modified = headers["last-modified"].map { String($0.trimmed.prefix(64)) }
            self.total = total
        }

        /// What `If-Range` takes.
        var validator: String? { entityTag ?? modified }
    }

    let file: GrowingFile
    private let notePath: String
    private let state: Mutex<Note>

    init(_ file: GrowingFile, note path: String) throws(DistributionError) {
        self.file = file
        notePath = path
        state = Mutex(Self.read(path) ?? Note())
        let isOdd = state.withLock { note in note.total.map { file.count > $0 } ?? false }
        if isOdd { try restart() }
    }

    /// Bytes that are there.
    var count: Int { file.count }
    var note: Note { state.withLock { $0 } }

    /// Begins again with nothing, and with what the server says now.
    func restart(_ note: Note = Note()) throws(DistributionError) {
        try file.restart()
        write(note)
    }

    /// Replaces what was noted. A note that cannot be written costs only time later.
    func write(_ note: Note) {
        state.withLock { $0 = note }
        var members: [(String, JSONValue)] = []
        if let tag = note.entityTag { members.append(("entityTag", .string(tag))) }
        if let modified = note.modified { members.append(("modified", .string(modified))) }
        if let total = note.total { members.append(("total", .integer(total))) }
        let bytes = JSONValue.object(members).encoded()
        let descriptor = open(notePath + "~", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        let isWhole = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        close(descriptor)
        if isWhole { rename(notePath + "~", notePath) } else { unlink(notePath + "~") }
    }

    private static func read(_ path: String) -> Note? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0, count < bytes.count, let json = try? JSONValue.parse(Array(bytes[..<count])) else {
            return nil
        }
        return Note(
            entityTag: json["entityTag"]?.stringValue, modified: json["modified"]?.stringValue,
            total: json["total"]?.intValue)
    }
}
