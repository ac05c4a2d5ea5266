import Glibc

/// Bytes of known number that can be read at any place.
protocol ByteSource: AnyObject {
    var count: Int { get }
    /// Fills `destination` with the bytes from `offset`. The caller has checked that they exist.
    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(TensorError)
}

extension ByteSource {
    /// A copy of `range`.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when the range is not all there.
    func bytes(at offset: Int, count length: Int) throws(TensorError) -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
            throw TensorError(
                .malformedFile, "expected \(length) bytes at offset \(offset), but the file has \(count) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: length)
        try bytes.fill { (destination) throws(TensorError) in try read(at: offset, into: destination) }
        return bytes
    }
}

extension [UInt8] {
    /// Lets `body` write all bytes in place.
    mutating func fill(_ body: (UnsafeMutableRawBufferPointer) throws(TensorError) -> Void) throws(TensorError) {
        let result = withUnsafeMutableBytes { buffer in
            Result<Void, TensorError> { () throws(TensorError) in try body(buffer) }
        }
        try result.get()
    }
}

/// Bytes in memory.
final class MemorySource: ByteSource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) {
        bytes.withUnsafeBytes { source in
            destination.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + destination.count)]))
        }
    }
}

/// Bytes in memory of somebody else's, who keeps it alive as long as this.
final class ViewSource: ByteSource {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) {
        destination.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + destination.count)]))
    }
}

/// A regular file open for reading; closed with the last reference.
final class InputFile: ByteSource {
    private let descriptor: CInt
    /// The file's size when it was opened.
    let count: Int

    /// - Throws: `TensorError.Code.io` when the path cannot be opened or is not a regular file.
    init(path: String) throws(TensorError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("'\(path)' cannot be opened") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TensorError(.io, "'\(path)' is not a regular file")
        }
        count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(TensorError) {
        var done = 0
        while done < destination.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: destination[done...])
            let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system("the file cannot be read") }
            guard got > 0 else { throw TensorError(.io, "the file became shorter while it was read") }
            done += got
        }
    }
}

extension TensorError {
    /// An input or output error with the system's own words for `errno`.
    static func system(_ what: String) -> TensorError {
        TensorError(.io, "\(what): \(FileFault.words(for: errno))")
    }
}

extension TensorError {
    init(_ fault: FileFault) { self.init(.io, fault.description) }
}
