import Glibc

/// Files that are read as a whole.
package enum WholeFile {
    /// The bytes of a regular file.
    ///
    /// - Parameters:
    ///   - most: larger ones are refused before memory is taken.
    ///   - failure: makes an error of why it cannot be read.
    package static func bytes<Failure: Error>(
        of path: String, atMost most: Int, _ failure: (FileFault) -> Failure
    ) throws(Failure) -> [UInt8] {
        // A pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(FileFault("open", path)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(FileFault("read", path)) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= most else {
            throw failure(FileFault("read", path, number: status.st_mode & S_IFMT == S_IFREG ? EFBIG : EINVAL))
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            // Shorter than it was: somebody writes it.
            guard count > 0 else { throw failure(FileFault("read", path, number: count < 0 ? errno : EIO)) }
            filled += count
        }
        return bytes
    }
}
