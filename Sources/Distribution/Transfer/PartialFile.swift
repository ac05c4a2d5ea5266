import Glibc
package import Home
package import Registry
import Synchronization
import Tensors
import Trust

/// A blob that is being fetched: a file in the home that a later process goes on with when this one is killed.
///
/// It is hashed as it grows and named as a blob only when it is whole and right. One process works on it at a time.
package final class PartialFile: Sendable {
    package let blob: Blob
    private let home: HomeDirectory
    private let file: GrowingFile
    private let isVerified = Mutex(false)

    private static let prefix = HomeDirectory.transferPrefixes.pull
    /// Seconds after which nobody comes back for one.
    private static let longestRest = HomeDirectory.transferRest

    /// Opens what is there of a blob, or an empty file, and reads it through.
    ///
    /// - Throws: `DistributionError.Code.conflict` when another process fetches the same blob.
    package init(_ blob: Blob, in home: HomeDirectory) throws(DistributionError) {
        self.blob = blob
        self.home = home
        file = try GrowingFile(
            "\(home.temporary)/\(Self.prefix)\(blob.digest.hex)", atMost: blob.size,
            what: "the blob \(blob.digest.short)")
    }

    /// Where the bytes are.
    package var path: String { file.path }

    /// Bytes that are there.
    package var count: Int { file.count }

    /// Appends bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(DistributionError) { try file.append(bytes) }

    /// Begins again with nothing.
    package func restart() throws(DistributionError) {
        try file.restart()
        isVerified.withLock { $0 = false }
    }

    /// Compares size and digest with what was promised. A file that is something else is emptied.
    ///
    /// - Throws: `DistributionError.Code.damaged`.
    package func verify() throws(DistributionError) {
        let found = Blob(digest: file.digest, size: file.count)
        guard found == blob else {
            try restart()
            throw DistributionError(
                .damaged, "expected \(blob.size) bytes with \(blob.digest), got \(found.size) with \(found.digest)",
                help: "the registry's blob is damaged or was replaced; nothing was stored")
        }
        isVerified.withLock { $0 = true }
    }

    /// All of a small file that was verified.
    package func bytes() throws(DistributionError) -> [UInt8] { try file.bytes() }

    /// Gives the blob its name. The caller holds the home's blob lock shared.
    ///
    /// - Throws: `DistributionError.Code.damaged` when it was not verified.
    package func adopt(into store: BlobStore) throws {
        guard isVerified.withLock({ $0 }) else {
            throw DistributionError(.damaged, "blob \(blob.digest) was not verified")
        }
        try store.adopt(path, descriptor: file.descriptor, as: blob)
    }

    /// Removes the file.
    package func discard() { unlink(path) }

    /// Removes partial files and upload notes that have not been touched for a week and that nobody works on.
    package static func removeAbandoned(in home: HomeDirectory, now: Int = time(nil)) {
        for name in Folder.sortedNames(in: home.temporary) {
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
