import Glibc
package import Registry
import Tensors
package import Trust

/// A layer as it lies in a registry: packed, with the name that it has unpacked.
package struct PackedLayer: Hashable, Sendable {
    /// What it holds, for people.
    package let title: String
    /// The digest of the archive before it was packed.
    package let diffID: Digest
    /// The packed archive.
    package let blob: Blob
    /// Bytes of the archive before it was packed.
    package let unpackedSize: Int
}

/// The blobs of images that were made on this machine, so that a layer is packed once.
///
/// A blob has its name only when all of it is on the disk. What no image has used for a fortnight is dropped.
package struct ImageStore: Sendable {
    /// Seconds that unused blobs stay.
    private static let rest = 14 * 86_400

    private let folder: String

    /// - Parameter folder: where the blobs lie; it is made, and needs only a directory above it.
    /// - Throws: `PlatformError.Code.io` or `.full`.
    package init(folder: String) throws(PlatformError) {
        self.folder = folder
        for directory in [folder, folder + "/blobs", folder + "/packed"] where mkdir(directory, 0o700) != 0 {
            guard errno == EEXIST else { throw PlatformError.system("create the directory", directory) }
        }
    }

    /// Where a blob lies.
    package func path(_ digest: Digest) -> String { "\(folder)/blobs/\(digest.hex)" }

    /// Keeps small bytes.
    func add(_ bytes: [UInt8]) throws(PlatformError) -> Blob {
        let blob = Blob(digest: Digest(of: bytes), size: bytes.count)
        if has(blob) { return blob }
        try PartialBlob.replace(path(blob.digest), with: bytes, in: folder)
        return blob
    }

    /// Packs a layer, unless the same was packed before.
    ///
    /// - Parameter progress: gets the bytes of each piece, each twice where the layer has to be packed.
    /// - Throws: `PlatformError`, `.damaged` when a file changed between its two readings.
    func add(_ title: String, _ entries: [LayerEntry], progress: (Int) -> Void) throws(PlatformError) -> PackedLayer {
        var plain = DigestWriter()
        let archive = TarArchive(entries: entries)
        try archive.write { bytes throws(PlatformError) in
            plain.write(bytes)
            progress(bytes.count)
        }
        let (diffID, size) = (plain.digest(), plain.byteCount)
        if let blob = noted(diffID) {
            return PackedLayer(title: title, diffID: diffID, blob: blob, unpackedSize: size)
        }
        let blob = try pack(archive, expecting: diffID, progress)
        try note(blob, for: diffID)
        return PackedLayer(title: title, diffID: diffID, blob: blob, unpackedSize: size)
    }

    private func pack(
        _ archive: TarArchive, expecting diffID: Digest, _ progress: (Int) -> Void
    ) throws(PlatformError) -> Blob {
        var again = DigestWriter()
        var file = try PartialBlob(in: folder)
        let gzip = try GzipWriter()
        try archive.write { bytes throws(PlatformError) in
            again.write(bytes)
            try gzip.write(bytes) { packed throws(PlatformError) in try file.write(packed) }
            progress(bytes.count)
        }
        try gzip.write(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) { packed throws(PlatformError) in
            try file.write(packed)
        }
        guard again.digest() == diffID else {
            throw PlatformError(.damaged, "a file of the image changed while it was read", help: "try again")
        }
        return try file.finish { path($0) }
    }

    // MARK: - Notes of what was packed

    private func notePath(_ diffID: Digest) -> String { "\(folder)/packed/\(diffID.hex)" }

    /// What a layer became when it was packed before: 64 digits of its digest, a blank, its size.
    private func noted(_ diffID: Digest) -> Blob? {
        let descriptor = open(notePath(diffID), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &bytes, bytes.count)
        let words = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
        guard words.count == 2, let digest = try? Digest("sha256:\(words[0])"), let size = Int(words[1]) else {
            return nil
        }
        let blob = Blob(digest: digest, size: size)
        guard has(blob) else { return nil }
        for path in [notePath(diffID), path(digest)] { utimensat(AT_FDCWD, path, nil, 0) }
        return blob
    }

    private func note(_ blob: Blob, for diffID: Digest) throws(PlatformError) {
        try PartialBlob.replace(
            notePath(diffID), with: Array("\(blob.digest.hex) \(blob.size)".utf8), in: folder)
    }

    private func has(_ blob: Blob) -> Bool {
        var status = stat()
        return lstat(path(blob.digest), &status) == 0 && Int(status.st_size) == blob.size
    }

    // MARK: - Room

    /// Drops what no image has used for a fortnight, and what interrupted work left a day ago.
    package func prune(now: Int = time(nil)) {
        for (directory, age) in [("blobs", Self.rest), ("packed", Self.rest), (".", 86_400)] {
            for name in Folder.sortedNames(in: "\(folder)/\(directory)") {
                let path = "\(folder)/\(directory)/\(name)"
                var status = stat()
                guard directory != "." || name.hasPrefix(PartialBlob.prefix), lstat(path, &status) == 0,
                    status.st_mode & S_IFMT == S_IFREG, now - Int(status.st_mtim.tv_sec) > age
                else { continue }
                unlink(path)
            }
        }
    }
}

/// A blob being written; dropped before it is finished, it leaves nothing.
struct PartialBlob: ~Copyable {
    static let prefix = "partial-"

    private let temporary: String
    private let descriptor: Int32
    private var hash = DigestWriter()
    private var isFinished = false

    init(in folder: String) throws(PlatformError) {
        var source = SystemRandomNumberGenerator()
        temporary = "\(folder)/\(Self.prefix)\(String(source.next(), radix: 16))"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw PlatformError.system("make the file", temporary) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !isFinished { unlink(temporary) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(PlatformError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw PlatformError.system("write", temporary) }
            done += count
        }
        hash.write(bytes)
    }

    /// Writes small bytes to a file, in place of one that was there.
    static func replace(_ path: String, with bytes: [UInt8], in folder: String) throws(PlatformError) {
        var file = try PartialBlob(in: folder)
        let result = bytes.withUnsafeBytes { buffer in
            Result<Void, PlatformError> { () throws(PlatformError) in try file.write(buffer) }
        }
        try result.get()
        _ = try file.finish { _ in path }
    }

    /// Gives it its name.
    mutating func finish(_ path: (Digest) -> String) throws(PlatformError) -> Blob {
        let blob = Blob(digest: hash.digest(), size: hash.byteCount)
        let path = path(blob.digest)
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw PlatformError.system("write", path) }
        isFinished = true
        return blob
    }
}
