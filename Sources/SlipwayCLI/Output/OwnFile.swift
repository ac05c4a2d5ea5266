import Glibc
import Tensors

/// Files that a person asks for by name.
enum OwnFile {
    /// Writes a whole file, replacing what is there only once all of it is on the disk.
    ///
    /// - Throws: `Failure`, naming the file.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        var file = try AtomicFile(path: path, refused)
        try file.write(bytes)
        try file.commit()
    }

    /// Copies a whole file, replacing what is there only once all of it is on the disk.
    ///
    /// - Returns: its bytes.
    /// - Throws: `Failure`, naming the file.
    static func copy(_ source: String, to path: String) throws(Failure) -> Int {
        var file = try AtomicFile(path: path, refused)
        let count = try file.copy(of: source)
        try file.commit()
        return count
    }

    /// Has `body` write a whole file by its descriptor, replacing what is there only once all of it is on the disk.
    /// Whatever ends this process before leaves no trace.
    ///
    /// - Parameter path: where it goes; `nil`: nowhere.
    /// - Throws: `Failure`, naming the file; whatever `body` throws.
    static func replace<Result>(_ path: String?, _ body: (Int32) async throws -> Result) async throws -> Result {
        var file = try AtomicFile(path: path ?? "/dev/null", refused)
        let result = try await body(file.descriptor)
        try file.commit()
        return result
    }

    /// Writes all of `bytes` to an open file.
    ///
    /// - Throws: `Failure`, naming the file.
    static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, named path: String
    ) throws(Failure) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Glibc.write(descriptor, base, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw refused(FileFault("write", path)) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Makes a directory and those above it.
    ///
    /// - Throws: `Failure`, naming the directory.
    static func makeDirectories(_ path: String) throws(Failure) {
        var current = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            current += "/\(part)"
            if mkdir(current, 0o755) != 0, errno != EEXIST { throw refused(FileFault("write", path)) }
        }
    }

    private static func refused(_ fault: FileFault) -> Failure {
        guard fault.action == "write" else { return Failure(1003, .failed, fault.description) }
        return Failure(1004, fault.isFull ? .unavailable : .failed, fault.description, help: "choose another place")
    }
}
