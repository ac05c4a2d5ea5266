import Glibc
package import Tensors

/// A regular file mapped into memory for reading; unmapped when the last reference goes.
///
/// Nothing is copied and only touched pages are read. A file that somebody *shortens* while it is mapped kills the
/// process with `SIGBUS` on the next access: files from strangers are mapped in the limited child, blobs are never
/// rewritten in place.
///
/// `@unchecked Sendable`: address and length never change after `init`, and the pages are read-only.
package final class MappedFile: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer?
    /// Bytes of the file when it was opened.
    package let count: Int

    /// Opens and maps the file at `path`.
    ///
    /// - Throws: `GraphError.Code.io` when it cannot be opened or is not a regular file; `.limitExceeded` when it is
    ///   larger than `maximumBytes`.
    package convenience init(path: String, maximumBytes: Int) throws(GraphError) {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw GraphError(.io, "cannot open \(path.quoted): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        try self.init(descriptor: descriptor, name: path, maximumBytes: maximumBytes)
    }

    /// Maps the file behind an open descriptor, which stays the caller's to close.
    package init(descriptor: Int32, name: String, maximumBytes: Int) throws(GraphError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw GraphError(.io, "cannot examine \(name.quoted): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw GraphError(.io, "\(name.quoted) is not a regular file")
        }
        guard status.st_size <= maximumBytes else {
            throw GraphError(
                .limitExceeded, "\(name.quoted) has \(status.st_size) bytes; at most \(maximumBytes) are accepted")
        }
        count = Int(status.st_size)
        guard count > 0 else {
            base = nil
            return
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw GraphError(.io, "cannot map \(name.quoted): \(String(cString: strerror(errno)))")
        }
        base = address
    }

    deinit {
        if let base { munmap(base, count) }
    }

    /// The file as a buffer that keeps the map alive. Writing to it is a fault: the pages are read-only.
    package var buffer: TensorBuffer {
        guard let base else { return TensorBuffer(capacity: 0) }
        return TensorBuffer(borrowing: base, capacity: count, owner: self)
    }
}
