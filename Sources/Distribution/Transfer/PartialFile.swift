import Glibc
package import Home
package import Registry
import Synchronization
import Trust

/// A blob that is being fetched: a file in the home that a later process goes on with when this one is killed.
///
/// It is hashed as it grows and named as a blob only when it is whole and right. One process works on it at a time.
package final class PartialFile: Sendable {
    package let blob: Blob
    /// Where the bytes are.
    package let path: String
    private let home: HomeDirectory
    private let descriptor: Int32
    private let state: Mutex<State>

    private struct State {
        var hash = DigestWriter()
        var isVerified = false
    }

    /// Tries for a moment: a process that is just being started holds the lock of whoever starts it until it has begun.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<100 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            usleep(10_000)
        }
        return false
    }

    private static let prefix = HomeDirectory.transferPrefixes.pull
    /// Seconds after which nobody comes back for one.
    private static let longestRest = HomeDirectory.transferRest

    /// Opens what is there of a blob, or an empty file, and reads it through.
    ///
    /// - Throws: `DistributionError.Code.conflict` when another process fetches the same blob.
    package init(_ blob: Blob, in home: HomeDirectory) throws(DistributionError) {
        self.blob = blob
        self.home = home
        path = "\(home.temporary)/\(Self.prefix)\(blob.digest.hex)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        state = Mutex(State())
        guard descriptor >= 0 else { throw .system("open", path) }
        guard Self.lock(descriptor), isStillThere() else {
            throw DistributionError(
                .conflict, "another process is fetching the blob \(blob.digest.short)",
                help: "wait for it to finish, then try again")
        }
        try readThrough()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bytes that are there.
    package var count: Int { state.withLock { $0.hash.byteCount } }

    /// Whether the file has not been given another name between opening and locking it.
    private func isStillThere() -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && lstat(path, &named) == 0 && own.st_ino == named.st_ino
    }

    private func readThrough() throws(DistributionError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DistributionError(.io, "'\(path)' is no regular file", help: "remove it")
        }
        guard status.st_size <= blob.size else { return try restart() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                state.withLock { $0.hash.write(bytes) }
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
        state.withLock { $0.hash.write(bytes) }
    }

    /// Begins again with nothing.
    package func restart() throws(DistributionError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system("empty", path) }
        state.withLock { $0 = State() }
    }

    /// Compares size and digest with what was promised. A file that is something else is emptied.
    ///
    /// - Throws: `DistributionError.Code.damaged`.
    package func verify() throws(DistributionError) {
        let found = state.withLock { Blob(digest: $0.hash.digest(), size: $0.hash.byteCount) }
        guard found == blob else {
            try restart()
            throw DistributionError(
                .damaged, "expected \(blob.size) bytes with \(blob.digest), got \(found.size) with \(found.digest)",
                help: "the registry's blob is damaged or was replaced; nothing was stored")
        }
        state.withLock { $0.isVerified = true }
    }

    /// All of a small file that was verified.
    package func bytes() throws(DistributionError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: blob.size)
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

    /// Gives the blob its name. The caller holds the home's blob lock shared.
    ///
    /// - Throws: `DistributionError.Code.damaged` when it was not verified.
    package func adopt(into store: BlobStore) throws {
        guard state.withLock({ $0.isVerified }) else {
            throw DistributionError(.damaged, "blob \(blob.digest) was not verified")
        }
        try store.adopt(path, descriptor: descriptor, as: blob)
    }

    /// Removes the file.
    package func discard() { unlink(path) }

    /// Removes partial files and upload notes that have not been touched for a week and that nobody works on.
    package static func removeAbandoned(in home: HomeDirectory, now: Int = time(nil)) {
        guard let directory = opendir(home.temporary) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(prefix) || name.hasPrefix(UploadNote.prefix) else { continue }
            removeIfOld("\(home.temporary)/\(name)", now)
        }
    }

    private static func removeIfOld(_ path: String, _ now: Int) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
            now - status.st_mtim.tv_sec > longestRest
        else { return }
        unlink(path)
    }
}
