import Glibc

extension SealBundle {
    /// Reads a seal from a file.
    ///
    /// - Throws: `SealError.Code.file` when it cannot be read, and what reading a bundle throws.
    package init(file path: String) throws(SealError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw SealError(
                .file, "cannot read the seal '\(path)': \(String(cString: strerror(errno)))",
                help: "name the file with --signature")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largest else {
            throw SealError(.file, "the seal '\(path)' is no regular file of at most \(Self.largest) bytes")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Self.largest {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw SealError(.file, "cannot read the seal '\(path)': \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        try self.init(parsing: bytes)
    }
}
