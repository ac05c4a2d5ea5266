import Glibc

/// A file that appears under its name only when it is complete and on the disk.
///
/// While it is written it has no name where the file system can do that (`O_TMPFILE`), so that whatever ends this process
/// leaves no trace; elsewhere it has a temporary one beside its destination. `commit` syncs it and gives it its name, in
/// place of a file that had it. Without `commit` it vanishes. A destination that is no regular file, such as a pipe or
/// `/dev/null`, is written to as it is.
///
/// Each room gives it an error of its own, made of what the system refused.
package struct AtomicFile<Failure: Error>: ~Copyable {
    /// Open for writing, for those who do not write with `write`.
    package let descriptor: CInt
    private let path: String
    private var place: Place
    private let failure: (FileFault) -> Failure

    private enum Place {
        /// The destination itself, or a name that `commit` has given.
        case final
        case nameless
        case named(String)
    }

    /// - Parameters:
    ///   - mode: who may read and write it, as for `open`.
    ///   - failure: makes an error of what the system refuses.
    package init(
        path: String, mode: UInt32 = 0o644, _ failure: @escaping (FileFault) -> Failure
    ) throws(Failure) {
        self.path = path
        self.failure = failure
        do throws(FileFault) {
            (descriptor, place) = try Self.open(path, mode)
        } catch {
            throw failure(error)
        }
    }

    deinit {
        close(descriptor)
        if case .named(let temporary) = place { unlink(temporary) }
    }

    private static func open(_ path: String, _ mode: UInt32) throws(FileFault) -> (CInt, Place) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileFault("write", path) }
            return (descriptor, .final)
        }
        // O_TMPFILE, which Swift does not import: a file without a name, in the folder that it is meant for.
        let nameless = Glibc.open(folder(of: path), O_WRONLY | O_CLOEXEC | 0o20_000_000 | O_DIRECTORY, mode)
        if nameless >= 0 {
            if access(link(to: nameless), F_OK) == 0 { return (nameless, .nameless) }
            close(nameless)
        }
        let temporary = temporaryPath(path)
        let named = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard named >= 0 else { throw FileFault("write", path) }
        return (named, .named(temporary))
    }

    /// Writes all of `bytes`, continuing after partial writes and interruptions.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes
        while let base = rest.baseAddress, rest.count > 0 {
            let written = Glibc.write(descriptor, base, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure(FileFault("write", path)) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    package func write(_ bytes: [UInt8]) throws(Failure) {
        let result = bytes.withUnsafeBytes { bytes in
            Result<Void, Failure> { () throws(Failure) in try write(bytes) }
        }
        try result.get()
    }

    /// Copies a whole file.
    ///
    /// - Returns: its bytes.
    package func copy(of source: String) throws(Failure) -> Int {
        let input = Glibc.open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(FileFault("read", source)) }
        defer { close(input) }
        var total = 0
        while true {
            let count = sendfile(descriptor, input, nil, 1 << 24)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(FileFault("write", path)) }
            if count == 0 { return total }
            total += count
        }
    }

    /// Makes the file durable under its name: file sync, rename, folder sync.
    package mutating func commit() throws(Failure) {
        do throws(FileFault) {
            try settle()
        } catch {
            throw failure(error)
        }
    }

    private mutating func settle() throws(FileFault) {
        if case .final = place { return }
        guard fsync(descriptor) == 0 else { throw FileFault("write", path) }
        if case .nameless = place {
            let temporary = Self.temporaryPath(path)
            guard linkat(AT_FDCWD, Self.link(to: descriptor), AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
                throw FileFault("write", path)
            }
            place = .named(temporary)
        }
        if case .named(let temporary) = place {
            guard rename(temporary, path) == 0 else { throw FileFault("write", path) }
        }
        place = .final
        try Folder.sync(Self.folder(of: path)) { $0 }
    }

    private static func temporaryPath(_ path: String) -> String {
        "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
    }

    private static func link(to descriptor: CInt) -> String { "/proc/self/fd/\(descriptor)" }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
