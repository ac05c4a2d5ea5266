import Glibc

/// A file that appears under its name only when it is complete and on the disk.
///
/// Written beside its destination under a temporary name; `commit` syncs and renames it. Without `commit` it vanishes.
struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: CInt
    private var isCommitted = false

    /// - Throws: `TensorError.Code.io` when the directory cannot be written to.
    init(path: String) throws(TensorError) {
        let unique = UInt64.random(in: .min ... .max)
        temporaryPath = "\(path).\(String(unique, radix: 16)).tmp"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system("'\(path)' cannot be written") }
        self.path = path
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }

    mutating func write(_ bytes: [UInt8]) throws(TensorError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result<Void, TensorError> { () throws(TensorError) in try write(bytes) }
        }
        try result.get()
    }

    /// Writes the elements of an array file.
    mutating func write(_ file: NPYFile) throws(TensorError) {
        try file.withBody { (bytes) throws(TensorError) in try write(bytes) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TensorError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .system("'\(path)' cannot be written") }
            done += written
        }
    }

    /// Makes the file durable under its name, in place of one that was there.
    mutating func commit() throws(TensorError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw .system("'\(path)' cannot be written")
        }
        isCommitted = true
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw .system("'\(directory)' cannot be opened") }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw .system("'\(directory)' cannot be synced") }
    }
}
