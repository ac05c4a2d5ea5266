import Glibc
import Synchronization
package import Trust

/// A file that grows while it is fetched, and that a later process goes on with when this one is killed. It is hashed as
/// it grows. One process works on it at a time.
package final class GrowingFile: Sendable {
    /// Where the bytes are.
    package let path: String
    let descriptor: Int32
    private let hash: Mutex<DigestWriter>

    /// Opens what is there, or an empty file, and reads it through.
    ///
    /// - Parameters:
    ///   - limit: bytes; what is larger is something else, and is emptied.
    ///   - what: what is being fetched, for an error.
    /// - Throws: `DistributionError.Code.conflict` when another process works on it.
    init(_ path: String, atMost limit: Int, what: String) throws(DistributionError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        hash = Mutex(DigestWriter())
        guard descriptor >= 0 else { throw .system("open", path) }
        guard Self.lock(descriptor), isStillThere() else {
            throw DistributionError(
                .conflict, "another process is fetching \(what)", help: "wait for it to finish, then try again")
        }
        try readThrough(limit)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bytes that are there.
    package var count: Int { hash.withLock { $0.byteCount } }

    /// The digest of what is there.
    package var digest: Digest { hash.withLock { $0.digest() } }

    /// Tries for a moment: a process that is just being started holds the lock of whoever starts it until it has begun.
    static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<100 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            usleep(10_000)
        }
        return false
    }

    /// Whether the file has not been given another name between opening and locking it.
    private func isStillThere() -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && lstat(path, &named) == 0 && own.st_ino == named.st_ino
    }

    private func readThrough(_ limit: Int) throws(DistributionError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DistributionError(.io, "'\(path)' is no regular file", help: "remove it")
        }
        guard status.st_size <= limit else { return try restart() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hash.withLock { $0.write(bytes) }
            } else if errno != EINTR {
                throw .system("read", path)
            }
        }
    }

    /// Appends bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(DistributionError) {
        var written = 0
        while written < bytes.count {
            let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", path) }
            written += count
        }
        hash.withLock { $0.write(bytes) }
    }

    /// Begins again with nothing.
    package func restart() throws(DistributionError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system("empty", path) }
        hash.withLock { $0 = DigestWriter() }
    }

    /// All of a small file.
    func bytes() throws(DistributionError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("read", path) }
            filled += count
        }
        return bytes
    }
}
