import Glibc

/// Files that a person asks for by name.
enum OwnFile {
    /// Writes a whole file, replacing what is there only once all of it is written.
    ///
    /// - Throws: `Failure`, naming the file.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let partial = path + ".part"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw refused(path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let failure = refused(path)
                close(descriptor)
                unlink(partial)
                throw failure
            }
            rest = rest.dropFirst(written)
        }
        close(descriptor)
        guard rename(partial, path) == 0 else {
            let failure = refused(path)
            unlink(partial)
            throw failure
        }
    }

    /// Has `body` write a whole file by its descriptor, replacing what is there only once all of it is written.
    ///
    /// - Throws: `Failure`, naming the file; whatever `body` throws.
    static func replace<Result>(_ path: String, _ body: (Int32) async throws -> Result) async throws -> Result {
        let partial = path + ".part"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw refused(path) }
        defer { close(descriptor) }
        do {
            let result = try await body(descriptor)
            guard rename(partial, path) == 0 else { throw refused(path) }
            return result
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Copies a whole file, replacing what is there only once all of it is written.
    ///
    /// - Returns: its bytes.
    /// - Throws: `Failure`, naming the file.
    static func copy(_ source: String, to path: String) throws(Failure) -> Int {
        let partial = path + ".part"
        unlink(partial)
        let from = open(source, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else {
            throw Failure(1003, .failed, "cannot read '\(source)': \(String(cString: strerror(errno)))")
        }
        defer { close(from) }
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw refused(path) }
        defer { close(descriptor) }
        var total = 0
        while true {
            let count = sendfile(descriptor, from, nil, 1 << 24)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let failure = refused(path)
                unlink(partial)
                throw failure
            }
            if count == 0 { break }
            total += count
        }
        guard rename(partial, path) == 0 else {
            let failure = refused(path)
            unlink(partial)
            throw failure
        }
        return total
    }

    /// As `replace`, but what is written has no name before it is whole: whatever ends this process leaves no trace.
    ///
    /// - Parameter path: where it goes; `nil`: nowhere.
    static func replaceUnseen<Result>(
        _ path: String?, _ body: (Int32) async throws -> Result
    ) async throws -> Result {
        guard let path else {
            let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
            defer { close(nowhere) }
            return try await body(nowhere)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        // O_TMPFILE, which Swift does not import: a file without a name, in the folder that it is meant for.
        let descriptor = open(folder, O_RDWR | O_CLOEXEC | 0o20_000_000 | O_DIRECTORY, 0o644)
        guard descriptor >= 0 else {
            guard errno == EOPNOTSUPP || errno == EISDIR else { throw refused(path) }
            return try await replace(path, body)
        }
        defer { close(descriptor) }
        let result = try await body(descriptor)
        let partial = path + ".part"
        unlink(partial)
        guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, partial, AT_SYMLINK_FOLLOW) == 0,
            rename(partial, path) == 0
        else {
            let failure = refused(path)
            unlink(partial)
            throw failure
        }
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
            guard written > 0 else { throw refused(path) }
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
            if mkdir(current, 0o755) != 0, errno != EEXIST { throw refused(path) }
        }
    }

    private static func refused(_ path: String) -> Failure {
        Failure(
            1004, errno == ENOSPC ? .unavailable : .failed,
            "cannot write '\(path)': \(String(cString: strerror(errno)))", help: "choose another place")
    }
}
