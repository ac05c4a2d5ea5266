import Glibc
package import Home
package import Trust

/// Stored bytes: what they are and how many.
package struct Blob: Hashable, Sendable {
    package let digest: Digest
    /// In bytes.
    package let size: Int

    package init(digest: Digest, size: Int) {
        self.digest = digest
        self.size = size
    }
}

/// Bytes by digest, one file each, in the home's `blobs/sha256`. Never holds a large blob in memory.
///
/// A blob has its name only when all of it is on the disk. Whoever adds blobs holds the home's blob lock shared until
/// something refers to them, or they are collected as garbage.
package struct BlobStore: Sendable {
    package let home: HomeDirectory

    /// Bytes that are copied at a time.
    static let chunk = 1 << 20

    /// - Parameter home: a home that has been created.
    package init(_ home: HomeDirectory) { self.home = home }

    /// Where a blob lies, or would lie.
    package func path(_ digest: Digest) -> String { "\(home.blobs)/\(digest.hex)" }

    /// The size of a stored blob; `nil` when there is none.
    package func size(_ digest: Digest) -> Int? {
        var status = stat()
        guard lstat(path(digest), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Checks that a blob is there with the size it should have, and gives its path.
    ///
    /// - Throws: `RegistryError.Code.damaged` when it is missing or of another size.
    package func checkedPath(_ blob: Blob) throws(RegistryError) -> String {
        guard let found = size(blob.digest) else { throw missing(blob.digest) }
        guard found == blob.size else {
            throw RegistryError(
                .damaged, "blob \(blob.digest) has \(found) bytes, and \(blob.size) were stored",
                help: "import the model again: a damaged blob is replaced")
        }
        return path(blob.digest)
    }

    /// The bytes of a small blob, checked against their digest.
    ///
    /// - Parameter limit: the most bytes to read.
    /// - Throws: `RegistryError.Code.tooLarge` over the limit, `.damaged` when missing or altered.
    package func bytes(_ digest: Digest, limit: Int) throws(RegistryError) -> [UInt8] {
        let descriptor = try open(digest)
        defer { close(descriptor) }
        guard let size = size(digest), size <= limit else {
            throw RegistryError(.tooLarge, "blob \(digest) is larger than the \(limit) bytes accepted here")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        var filled = 0
        while filled < size {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), size - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw RegistryError.system("read", path(digest)) }
            filled += count
        }
        guard Digest(of: bytes) == digest else { throw altered(digest) }
        return bytes
    }

    /// Reads a whole blob and compares it with its name.
    ///
    /// - Throws: `RegistryError.Code.damaged` when it is missing or altered.
    package func verify(_ digest: Digest) throws(RegistryError) {
        let descriptor = try open(digest)
        defer { close(descriptor) }
        do {
            guard try Digest.ofFile(descriptor: descriptor).digest == digest else { throw altered(digest) }
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError(.io, "blob \(digest): \(error)")
        }
    }

    private func open(_ digest: Digest) throws(RegistryError) -> Int32 {
        let descriptor = Glibc.open(path(digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? missing(digest) : RegistryError.system("open", path(digest))
        }
        return descriptor
    }

    private func missing(_ digest: Digest) -> RegistryError {
        RegistryError(.damaged, "blob \(digest) is missing", help: "import or pull the version again")
    }

    private func altered(_ digest: Digest) -> RegistryError {
        RegistryError(
            .damaged, "blob \(digest) holds other bytes than were stored",
            help: "do not serve it; run 'slipway fsck --repair', then import or pull the version again")
    }
}
