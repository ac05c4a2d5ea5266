import Glibc

/// Files that hold keys.
package enum KeyFile {
    /// Reads a file with a private key: a regular file of this user's, no link, that nobody else can read.
    ///
    /// - Throws: `SealError.Code.key`, with the command that puts it right.
    static func secret(_ path: String) throws(SealError) -> String {
        try text(path, flags: O_NOFOLLOW) { status throws(SealError) in
            guard status.st_mode & 0o077 == 0 else {
                throw SealError(
                    .key, "others may read or write the key '\(path)': its rights are \(octal(status.st_mode))",
                    help: "take them away with: chmod 600 \(path) – and make a new key if somebody may have read it")
            }
            guard status.st_uid == geteuid() || status.st_uid == 0 else {
                throw SealError(
                    .key, "the key '\(path)' belongs to another user, \(status.st_uid)", help: "use a key of your own")
            }
        }
    }

    /// Reads a file with a public key.
    ///
    /// - Throws: `SealError.Code.key`.
    static func open(_ path: String) throws(SealError) -> String {
        try text(path, flags: 0) { _ in }
    }

    private static func text(
        _ path: String, flags: Int32, check: (stat) throws(SealError) -> Void
    ) throws(SealError) -> String {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
        guard descriptor >= 0 else {
            if errno == ELOOP {
                throw SealError(
                    .key, "the key '\(path)' is a symbolic link", help: "name the file itself: links can be turned")
            }
            throw SealError(.key, "cannot read the key '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SealError(.key, "the key '\(path)' is not a regular file")
        }
        try check(status)
        var bytes = [UInt8](repeating: 0, count: PEMText.largest + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw SealError(.key, "cannot read the key '\(path)': \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            filled += count
        }
        guard filled <= PEMText.largest else { throw SealError(.key, "'\(path)' is too large for a key") }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }

    /// Writes a new key file, which must not be there yet.
    ///
    /// - Parameter isSecret: only this user may read it.
    /// - Throws: `SealError.Code.key`; what is there stays as it is.
    package static func write(_ text: String, to path: String, isSecret: Bool) throws(SealError) {
        let rights: mode_t = isSecret ? 0o600 : 0o644
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, rights)
        guard descriptor >= 0 else {
            guard errno != EEXIST else {
                throw SealError(
                    .key, "'\(path)' exists, and keys are never overwritten",
                    help: "choose another file for the new key")
            }
            throw SealError(.key, "cannot write '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                unlink(path)
                throw SealError(.key, "cannot write '\(path)': \(reason)")
            }
            bytes = bytes.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else {
            throw SealError(.key, "cannot write '\(path)': \(String(cString: strerror(errno)))")
        }
    }

    private static func octal(_ mode: mode_t) -> String { String(mode & 0o777, radix: 8) }
}
