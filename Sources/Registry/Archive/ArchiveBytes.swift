import Glibc

/// The bytes of an archive, wherever they come from.
protocol ArchiveBytes: Sendable {
    var size: Int { get }

    /// At most `count` bytes from `offset` on; none at the end.
    func read(at offset: Int, count: Int) throws(RegistryError) -> [UInt8]
}

/// An archive that lies in a file as it is.
final class FileBytes: ArchiveBytes {
    let size: Int
    private let descriptor: Int32
    private let path: String

    /// - Throws: `RegistryError.Code.notFound` without such a file, `.invalid` for anything but a regular one.
    init(_ path: String) throws(RegistryError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw RegistryError.system("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw RegistryError(.invalid, "'\(path)' is not a regular file")
        }
        self.descriptor = descriptor
        self.path = path
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws(RegistryError) -> [UInt8] {
        try FilePiece.read(descriptor, path, at: offset, count: count)
    }
}
