import Glibc
import Trust

/// The files of an OCI image layout, wherever they lie.
protocol LayoutSource: Sendable {
    /// The size of a file; `nil` where there is none.
    func size(of path: String) -> Int?

    /// At most `limit` bytes of a file from `offset` on; none at its end.
    func piece(of path: String, at offset: Int, limit: Int) throws(RegistryError) -> [UInt8]

    /// A small file.
    ///
    /// - Throws: `RegistryError.Code.tooLarge` over the limit, `.invalid` where there is none.
    func bytes(_ path: String, limit: Int) throws(RegistryError) -> [UInt8]
}

extension LayoutSource {
    /// Checks that a blob is there with its size.
    func require(_ blob: Blob) throws(RegistryError) {
        guard size(of: ImageLayout.path(blob.digest)) == blob.size else {
            throw RegistryError(
                .damaged, "blob \(blob.digest) of \(blob.size) bytes is not in the archive",
                help: "export the version again")
        }
    }

    /// A small blob, compared with its digest.
    func blob(_ blob: Blob, limit: Int) throws(RegistryError) -> [UInt8] {
        try require(blob)
        return try self.blob(blob.digest, limit: limit)
    }

    func blob(_ digest: Digest, limit: Int) throws(RegistryError) -> [UInt8] {
        let bytes = try bytes(ImageLayout.path(digest), limit: limit)
        guard Digest(of: bytes) == digest else {
            throw RegistryError(
                .damaged, "blob \(digest) of the archive holds other bytes than its name says",
                help: "do not trust the archive: copy or export it again")
        }
        return bytes
    }
}

/// A layout in a tar archive.
struct TarLayout<Bytes: ArchiveBytes>: LayoutSource {
    private let archive: Bytes
    private let directory: TarDirectory

    /// - Throws: `RegistryError.Code.invalid` for what is no archive.
    init(_ archive: Bytes) throws(RegistryError) {
        self.archive = archive
        directory = try TarDirectory(reading: archive)
    }

    func size(of path: String) -> Int? { directory.members[path]?.size }

    func bytes(_ path: String, limit: Int) throws(RegistryError) -> [UInt8] {
        try directory.bytes(path, limit: limit, from: archive)
    }

    func piece(of path: String, at offset: Int, limit: Int) throws(RegistryError) -> [UInt8] {
        guard let member = directory.members[path], (0..<member.size).contains(offset) else { return [] }
        return try archive.read(at: member.offset + offset, count: min(limit, member.size - offset))
    }
}

/// A layout that lies unpacked in a directory, as it does in a container image.
struct FolderLayout: LayoutSource {
    /// The directory.
    let folder: String

    init(_ folder: String) throws(RegistryError) { self.folder = folder }

    func size(of path: String) -> Int? {
        var status = stat()
        guard lstat("\(folder)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    func bytes(_ path: String, limit: Int) throws(RegistryError) -> [UInt8] {
        guard let size = size(of: path) else {
            throw RegistryError(.invalid, "the layout has no '\(path)'", help: "copy or export it again")
        }
        guard size <= limit else {
            throw RegistryError(.tooLarge, "'\(path)' has \(size) bytes, and at most \(limit) are read")
        }
        var bytes: [UInt8] = []
        while bytes.count < size {
            let piece = try piece(of: path, at: bytes.count, limit: size - bytes.count)
            guard !piece.isEmpty else { break }
            bytes += piece
        }
        return bytes
    }

    func piece(of path: String, at offset: Int, limit: Int) throws(RegistryError) -> [UInt8] {
        let whole = "\(folder)/\(path)"
        let descriptor = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw RegistryError.system("open", whole) }
        defer { close(descriptor) }
        return try FilePiece.read(descriptor, whole, at: offset, count: limit)
    }
}

enum FilePiece {
    /// At most `count` bytes at a place; none at the end.
    static func read(_ descriptor: Int32, _ path: String, at offset: Int, count: Int) throws(RegistryError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let got = pread(descriptor, &buffer, count, off_t(offset))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw RegistryError.system("read", path) }
            buffer.removeLast(count - got)
            return buffer
        }
    }
}
