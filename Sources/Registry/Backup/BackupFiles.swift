import Glibc
import Home
import Tensors
import Trust

/// Files of homes and backups, read and written a megabyte at a time. Links are never followed.
enum BackupFiles {
    private static let chunk = 1 << 20

    /// Opens a regular file to read.
    ///
    /// - Returns: `nil` when there is none.
    /// - Throws: `RegistryError.Code.backup` for anything but a regular file.
    static func open(_ path: String) throws(RegistryError) -> Int32? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        var status = stat()
        guard descriptor >= 0 || errno == ELOOP else { throw RegistryError.system("open", path) }
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            if descriptor >= 0 { close(descriptor) }
            throw RegistryError(.backup, "'\(path)' is a link or something else that is no file")
        }
        return descriptor
    }

    /// Reads a file to its end.
    static func forEachChunk(
        of descriptor: Int32, _ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { buffer.deallocate() }
        while let bytes = try next(of: descriptor, path, buffer) { try body(bytes) }
    }

    /// The next bytes of a file; `nil` at its end.
    private static func next(
        of descriptor: Int32, _ path: String, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(RegistryError) -> UnsafeRawBufferPointer? {
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return nil }
            if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            guard errno == EINTR else { throw RegistryError.system("read", path) }
        }
    }

    /// Copies a file to a place where nothing is; it is on the disk when this returns.
    ///
    /// - Returns: what was copied; `nil` when there is no such file.
    static func copy(
        _ source: String, to path: String, _ progress: (Int) throws -> Void
    ) throws -> (digest: Digest, size: Int)? {
        guard let input = try open(source) else { return nil }
        defer { close(input) }
        let output = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw RegistryError.system("write", path) }
        defer { close(output) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { buffer.deallocate() }
        var hash = DigestWriter()
        while let bytes = try next(of: input, source, buffer) {
            try write(bytes, to: output, path)
            hash.write(bytes)
            try progress(bytes.count)
        }
        guard fsync(output) == 0 else { throw RegistryError.system("write to the disk", path) }
        return (hash.digest(), hash.byteCount)
    }

    /// Writes a small file to a place where nothing is.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let output = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw RegistryError.system("write", path) }
        defer { close(output) }
        try bytes.withUnsafeBytes { try write($0, to: output, path) }
        guard fsync(output) == 0 else { throw RegistryError.system("write to the disk", path) }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
    ) throws(RegistryError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw RegistryError.system("write", path) }
            done += count
        }
    }

    /// Copies a blob from one store to another, where it is not there with its size already.
    ///
    /// - Returns: whether it was copied.
    /// - Throws: `RegistryError.Code.damaged` when its bytes are not those of its name.
    static func copy(
        _ blob: Blob, from source: BlobStore, to target: BlobStore, _ progress: (Int) throws -> Void
    ) throws -> Bool {
        if target.size(blob.digest) == blob.size {
            try progress(blob.size)
            return false
        }
        let path = source.path(blob.digest)
        guard let input = try open(path) else {
            throw RegistryError(.damaged, "blob \(blob.digest) is missing", help: missingHelp)
        }
        defer { close(input) }
        var writer = try BlobWriter(target)
        try pour(input, path, into: &writer, progress)
        try finish(&writer, blob)
        return true
    }

    private static func pour(
        _ input: Int32, _ path: String, into writer: inout BlobWriter, _ progress: (Int) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { buffer.deallocate() }
        while let bytes = try next(of: input, path, buffer) {
            try writer.write(bytes)
            try progress(bytes.count)
        }
    }

    private static func finish(_ writer: inout BlobWriter, _ blob: Blob) throws(RegistryError) {
        do throws(RegistryError) {
            _ = try writer.finish(expecting: blob)
        } catch {
            guard error.code == .damaged else { throw error }
            throw RegistryError(
                .damaged, "blob \(blob.digest) holds other bytes than were stored", help: missingHelp)
        }
    }

    private static let missingHelp =
        "'slipway fsck' names the versions that need it: import or pull them again, or give them up with 'slipway rm' and"
        + " 'slipway gc --undo-window 0'"

    /// Makes a directory that its owner alone can enter, where it is missing.
    static func makeFolder(_ path: String) throws(RegistryError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw RegistryError.system("make the folder", path) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw RegistryError(.conflict, "'\(path)' is there and is no folder", help: "choose another place")
        }
    }

    /// Makes the directories of a relative path below a directory.
    static func makeFolders(above path: String, in root: String) throws(RegistryError) {
        var folder = root
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            try makeFolder(folder)
        }
    }

    /// A directory of a home that is deeper is not ours.
    private static let deepest = 8

    /// Whatever lies below a directory and is no directory, as relative paths.
    static func leaves(of root: String, below folder: String = "", depth: Int = 0) -> [String] {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        return Folder.sortedNames(in: path).flatMap { name in
            let leaf = folder.isEmpty ? name : "\(folder)/\(name)"
            var status = stat()
            guard depth < deepest, lstat("\(root)/\(leaf)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                return [leaf]
            }
            return leaves(of: root, below: leaf, depth: depth + 1)
        }
    }
}
