import Glibc
import Home
import Tensors

/// A private copy of a source file: what is checked is what is stored, whatever happens to the source meanwhile.
/// Removed when the last reference goes.
final class StagedFile: Sendable {
    let path: String
    let bytes: Int

    /// Copies a regular file into the home's temporary directory.
    ///
    /// - Parameter refusesLinks: whether a symbolic link in the last place is no source.
    /// - Throws: `WorkshopError.Code.unreadable` when the source is missing or not a regular file; `.limit` when it is too
    ///   large; `.storage` when the home cannot take it. Nothing is left behind.
    convenience init(
        copying source: String, into home: HomeDirectory, limit: Int, refusesLinks: Bool = false
    ) throws(WorkshopError) {
        let input = open(source, O_RDONLY | O_NONBLOCK | O_CLOEXEC | (refusesLinks ? O_NOFOLLOW : 0))
        guard input >= 0 else {
            throw WorkshopError(.unreadable, "cannot open '\(source)': \(String(cString: strerror(errno)))")
        }
        defer { close(input) }
        try self.init(copyingOpen: input, name: source, into: home.temporary, limit: limit)
    }

    /// Copies what is behind an open descriptor, which stays the caller's to close.
    ///
    /// - Parameters:
    ///   - folder: where the copy is made.
    ///   - observer: sees the bytes on their way.
    ///   - naming: what the copy is called, asked once its bytes have passed; `nil` for any name.
    /// - Throws: as above; `.unreadable` when the file was changed while it was read.
    init(
        copyingOpen input: Int32, name: String, into folder: String, limit: Int,
        observer: (UnsafeRawBufferPointer) -> Void = { _ in }, naming: () -> String? = { nil }
    ) throws(WorkshopError) {
        var status = stat()
        guard fstat(input, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw WorkshopError(
                .unreadable, "'\(name)' is not a regular file", help: "give the path of a model file")
        }
        guard status.st_size <= limit else {
            throw WorkshopError(.limit, "'\(name)' has \(status.st_size) bytes; at most \(limit) are accepted")
        }
        let (path, output) = try Self.create(in: folder)
        defer { close(output) }
        bytes = Int(status.st_size)
        do throws(WorkshopError) {
            try Self.copy(from: input, to: output, count: bytes, name: name, observer)
            try Self.checkUnchanged(input, since: status, name)
            guard let given = naming() else {
                self.path = path
                return
            }
            guard rename(path, "\(folder)/\(given)") == 0 else { throw Self.cannotStore("no file can be made") }
            self.path = "\(folder)/\(given)"
        } catch {
            unlink(path)
            throw error
        }
    }

    /// A file of which one half is older than the other is neither: refused where the system noticed a change.
    private static func checkUnchanged(_ input: Int32, since before: stat, _ name: String) throws(WorkshopError) {
        var after = stat()
        guard fstat(input, &after) == 0, after.st_size == before.st_size,
            after.st_mtim.tv_sec == before.st_mtim.tv_sec, after.st_mtim.tv_nsec == before.st_mtim.tv_nsec
        else {
            throw WorkshopError(
                .unreadable, "'\(name)' was changed while it was read", help: "try again once it is written whole")
        }
    }

    /// An empty file to be written by a child; `body` gets its descriptor.
    convenience init(
        in home: HomeDirectory, writing body: (Int32) async throws(WorkshopError) -> Void
    ) async throws(WorkshopError) {
        try await self.init(inFolder: home.temporary, writing: body)
    }

    /// An empty file of a staging folder, to be written by a child.
    init(
        inFolder folder: String, writing body: (Int32) async throws(WorkshopError) -> Void
    ) async throws(WorkshopError) {
        let (path, output) = try Self.create(in: folder)
        defer { close(output) }
        do {
            try await body(output)
        } catch {
            unlink(path)
            throw error
        }
        var status = stat()
        fstat(output, &status)
        self.path = path
        bytes = Int(status.st_size)
    }

    deinit { unlink(path) }

    /// Removes staged files whose process is gone. The caller holds the blob lock exclusively, so that none is in use.
    static func removeAbandoned(in home: HomeDirectory) {
        for name in Folder.sortedNames(in: home.temporary) where name.hasPrefix(prefix) {
            let path = "\(home.temporary)/\(name)"
            if unlink(path) != 0 { StagingFolder.remove(path) }
        }
    }

    static let prefix = "import-"

    private static func create(in folder: String) throws(WorkshopError) -> (String, Int32) {
        var generator = SystemRandomNumberGenerator()
        let path = "\(folder)/\(prefix)\(String(generator.next(), radix: 16))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw cannotStore("no file can be made in the home")
        }
        return (path, descriptor)
    }

    /// Copies exactly `count` bytes; a source that has shrunk is a failure.
    private static func copy(
        from input: Int32, to output: Int32, count: Int, name: String,
        _ observer: (UnsafeRawBufferPointer) -> Void
    ) throws(WorkshopError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var rest = count
        while rest > 0 {
            let got = read(input, buffer.baseAddress, min(rest, buffer.count))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got == 0 ? "it became shorter meanwhile" : String(cString: strerror(errno))
                throw WorkshopError(.unreadable, "cannot read all of '\(name)': \(reason)")
            }
            observer(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            var written = 0
            while written < got {
                let put = write(output, buffer.baseAddress?.advanced(by: written), got - written)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { throw Self.cannotStore("'\(name)' cannot be copied into the home") }
                written += put
            }
            rest -= got
        }
    }

    /// What `errno` says about a write into the home.
    static func cannotStore(_ what: String) -> WorkshopError {
        let isFull = errno == ENOSPC || errno == EDQUOT
        return WorkshopError(
            .storage, "\(what): \(isFull ? "no space is left" : String(cString: strerror(errno)))",
            help: isFull ? "free some space, or choose another home with --home" : nil)
    }
}
