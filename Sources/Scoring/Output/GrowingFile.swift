import Glibc

/// A file that grows at its end, and can be cut back to what is known to be good.
///
/// Belongs to one thread at a time.
final class GrowingFile {
    let path: String
    private let descriptor: CInt
    /// Bytes in it.
    private(set) var count: Int
    private var pending: [UInt8] = []

    private static let bufferSize = 1 << 20

    /// Opens it, makes it where it is missing, and cuts it back.
    ///
    /// - Parameter count: bytes that it has, at least, and keeps.
    /// - Throws: `ScoringError.Code.output`; `.journal` when it is shorter, or another run has it open.
    init(path: String, keeping count: Int) throws(ScoringError) {
        self.path = path
        self.count = count
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .system(.output, "cannot write '\(path)'") }
        // From here on the end of this object closes the descriptor, that of one whose making failed too.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ScoringError(
                .journal, "another run is writing '\(path)'", help: "wait for it, or choose another output")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) >= count else {
            throw ScoringError(
                .journal, "'\(path)' is shorter than the journal beside it says", help: "begin again with --restart")
        }
        guard ftruncate(descriptor, off_t(count)) == 0, lseek(descriptor, 0, SEEK_END) == off_t(count) else {
            throw .system(.output, "cannot write '\(path)'")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws(ScoringError) {
        pending += bytes
        count += bytes.count
        if pending.count >= Self.bufferSize { try flush() }
    }

    /// Makes everything durable.
    func sync() throws(ScoringError) {
        try flush()
        guard fdatasync(descriptor) == 0 else { throw .system(.output, "cannot write '\(path)'") }
    }

    /// Replaces its first bytes.
    func overwrite(_ bytes: [UInt8]) throws(ScoringError) {
        try flush()
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw .system(.output, "cannot write '\(path)'")
        }
    }

    private func flush() throws(ScoringError) {
        var rest = pending[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .system(.output, "cannot write '\(path)'") }
            rest = rest.dropFirst(written)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Moves it to its final name.
    func move(to final: String) throws(ScoringError) {
        try sync()
        guard rename(path, final) == 0 else { throw .system(.output, "cannot write '\(final)'") }
    }
}
