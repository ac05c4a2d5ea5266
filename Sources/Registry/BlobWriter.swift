import Glibc
import Home
import Tensors
import Trust

/// A blob being written: hashed on its way to a temporary file, named by its digest when it is whole.
///
/// The order is: bytes to the disk, rename, directory to the disk. Dropped before `finish`, it leaves nothing.
package struct BlobWriter: ~Copyable {
    private let store: BlobStore
    private let temporary: String
    private let descriptor: Int32
    private var hash = DigestWriter()
    private var isFinished = false

    /// - Throws: `RegistryError.Code.io` or `.full` when no temporary file can be made.
    package init(_ store: BlobStore) throws(RegistryError) {
        var source = SystemRandomNumberGenerator()
        temporary = "\(store.home.temporary)/blob-\(String(source.next(), radix: 16))"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        self.store = store
        guard descriptor >= 0 else { throw RegistryError.system("make the file", temporary) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !isFinished { unlink(temporary) }
    }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(RegistryError) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw RegistryError.system("write", temporary) }
            written += count
        }
        hash.write(bytes)
    }

    /// Gives the blob its name. Where it is stored already, with the right size, that one stays.
    ///
    /// - Parameter expected: what the bytes have to be.
    /// - Throws: `RegistryError.Code.damaged` when they are something else; nothing is stored then.
    package mutating func finish(expecting expected: Blob? = nil) throws(RegistryError) -> Blob {
        let blob = Blob(digest: hash.digest(), size: hash.byteCount)
        if let expected, expected != blob {
            throw RegistryError(
                .damaged,
                "expected \(expected.size) bytes with \(expected.digest), got \(blob.size) with \(blob.digest)",
                help: "the source is damaged or was replaced; fetch it again")
        }
        if store.size(blob.digest) != blob.size { try rename(to: blob) }
        try synchronizeDirectory()
        return blob
    }

    private mutating func rename(to blob: Blob) throws(RegistryError) {
        guard fchmod(descriptor, 0o400) == 0, fsync(descriptor) == 0 else {
            throw RegistryError.system("write to the disk", temporary)
        }
        guard Glibc.rename(temporary, store.path(blob.digest)) == 0 else {
            throw RegistryError.system("name the blob", store.path(blob.digest))
        }
        isFinished = true
    }

    /// Also where the blob was there already: whoever renamed it may not have come so far yet.
    private func synchronizeDirectory() throws(RegistryError) {
        try Folder.sync(store.home.blobs, RegistryError.system)
    }
}

extension BlobStore {
    /// Stores bytes that are in memory.
    package func put(_ bytes: [UInt8]) throws(RegistryError) -> Blob {
        var writer = try BlobWriter(self)
        let result = bytes.withUnsafeBytes { buffer in
            Result<Void, RegistryError> { () throws(RegistryError) in try writer.write(buffer) }
        }
        try result.get()
        return try writer.finish()
    }

    /// Stores a copy of a regular file.
    ///
    /// - Throws: `RegistryError.Code.invalid` for anything but a regular file, `.conflict` when it changes while it is
    ///   read, `.notFound` when it is not there.
    package func put(file path: String) throws(RegistryError) -> Blob {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw RegistryError.system("open", path) }
        defer { close(descriptor) }
        let before = try status(descriptor, path)
        guard before.st_mode & S_IFMT == S_IFREG else {
            throw RegistryError(.invalid, "'\(path)' is not a regular file")
        }
        var writer = try BlobWriter(self)
        let count = try copy(descriptor, path, into: &writer)
        let after = try status(descriptor, path)
        guard count == Int(before.st_size), after.st_size == before.st_size,
            after.st_mtim.tv_sec == before.st_mtim.tv_sec, after.st_mtim.tv_nsec == before.st_mtim.tv_nsec
        else {
            throw RegistryError(
                .conflict, "'\(path)' was changed while it was read", help: "try again when it is whole")
        }
        return try writer.finish()
    }

    private func copy(_ descriptor: Int32, _ path: String, into writer: inout BlobWriter) throws(RegistryError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        var total = 0
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return total }
            if count > 0 {
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                total += count
            } else if errno != EINTR {
                throw RegistryError.system("read", path)
            }
        }
    }

    private func status(_ descriptor: Int32, _ path: String) throws(RegistryError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw RegistryError.system("read", path) }
        return status
    }

    /// Removes temporary files that a killed process left.
    ///
    /// - Parameter lock: proof that nobody is adding blobs.
    /// - Returns: how many there were.
    @discardableResult
    package func removeAbandoned(holding lock: borrowing ExclusiveBlobLock) throws(RegistryError) -> Int {
        try Folder.names(in: home.temporary, RegistryError.system).count { name in
            name.hasPrefix("blob-") && unlink("\(home.temporary)/\(name)") == 0
        }
    }
}
