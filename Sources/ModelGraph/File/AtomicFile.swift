import Glibc

/// A file that appears whole or not at all: written beside its final name, synced, renamed.
///
/// Dropping it before `commit()` removes what was written.
struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var committed = false

    /// Creates the temporary file beside `path`.
    ///
    /// - Throws: `GraphError.Code.io`.
    init(path: String) throws(GraphError) {
        self.path = path
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        temporaryPath = "\(path).\(unique).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.failure("create", temporaryPath) }
    }

    deinit {
        close(descriptor)
        if !committed { unlink(temporaryPath) }
    }

    /// Writes all of `bytes`, continuing after partial writes and interruptions.
    func write(_ bytes: UnsafeRawBufferPointer) throws(GraphError) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Glibc.write(descriptor, base, rest.count)
            if written < 0 {
                guard errno == EINTR else { throw Self.failure("write", temporaryPath) }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Makes the file durable under its final name: file sync, rename, folder sync.
    mutating func commit() throws(GraphError) {
        guard fsync(descriptor) == 0 else { throw Self.failure("sync", temporaryPath) }
        guard rename(temporaryPath, path) == 0 else { throw Self.failure("rename", temporaryPath) }
        committed = true
        let folder = open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure("open", Self.folder(of: path)) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure("sync", Self.folder(of: path)) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ verb: String, _ path: String) -> GraphError {
        GraphError(.io, "cannot \(verb) \(path.quoted): \(String(cString: strerror(errno)))")
    }
}
