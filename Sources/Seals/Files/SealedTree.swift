import Glibc
import Trust

/// A folder, or one file, as it is sealed: every file below it with its digest.
///
/// Links, devices and pipes are refused wherever they are met: each step is opened from the folder above it without
/// following any.
package struct SealedTree: Sendable {
    /// The folder's or file's own name.
    package let name: String
    package let resources: [SealStatement.Resource]

    /// What belongs to Git is no part of a model. Source: OpenSSF Model Signing 1.0, "Serialization".
    package static let gitPaths = [".git", ".gitattributes", ".github", ".gitignore"]
    private static let deepest = 64

    /// Reads everything.
    ///
    /// - Parameter ignoredPaths: plain paths below the folder that are left out, with what is below them.
    /// - Throws: `SealError.Code.file` for what cannot be read or is no regular file, naming it.
    package init(_ path: String, ignoring ignoredPaths: [String]) throws(SealError) {
        name = try Self.name(of: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw SealError(.file, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        var walk = Walk(root: path, ignored: Set((ignoredPaths + Self.gitPaths).map { Array($0.utf8) }))
        let result = Result<Void, SealError> { () throws(SealError) in
            if try walk.kind(of: descriptor, "") == S_IFDIR {
                try walk.folder(descriptor, path: "", depth: 0)
            } else {
                try walk.file(descriptor, path: ".")
            }
        }
        close(descriptor)
        try result.get()
        resources = walk.resources.sorted { CodePoints.precede($0.name, $1.name) }
        guard !resources.isEmpty else {
            throw SealError(.file, "'\(path)' has no files", help: "name the folder that holds the model")
        }
    }

    private static func name(of path: String) throws(SealError) -> String {
        guard let real = realpath(path, nil) else {
            throw SealError(.file, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        let text = String(cString: real)
        return text.split(separator: "/").last.map(String.init) ?? "/"
    }
}

/// One walk through a folder.
private struct Walk {
    let root: String
    /// As bytes: Swift takes texts for equal that are different names of files.
    let ignored: Set<[UInt8]>
    var resources: [SealStatement.Resource] = []

    private func full(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    private func refused(_ action: String, _ path: String) -> SealError {
        SealError(.file, "cannot \(action) '\(SealJSON.quoted(full(path)))': \(String(cString: strerror(errno)))")
    }

    /// `S_IFDIR` or `S_IFREG`.
    func kind(of descriptor: Int32, _ path: String) throws(SealError) -> mode_t {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refused("read", path) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFDIR || kind == S_IFREG else {
            throw SealError(.file, "'\(SealJSON.quoted(full(path)))' is neither a file nor a folder")
        }
        return kind
    }

    mutating func file(_ descriptor: Int32, path: String) throws(SealError) {
        guard resources.count < SealStatement.mostResources else {
            throw SealError(.file, "'\(root)' has more than \(SealStatement.mostResources) files")
        }
        do {
            resources.append(
                SealStatement.Resource(name: path, digest: try Digest.ofFile(descriptor: descriptor).digest))
        } catch {
            throw SealError(.file, "'\(SealJSON.quoted(full(path)))': \(error.message)")
        }
    }

    mutating func folder(_ descriptor: Int32, path: String, depth: Int) throws(SealError) {
        guard depth < 64 else { throw SealError(.file, "'\(SealJSON.quoted(full(path)))' is nested too deeply") }
        for entry in try names(descriptor, path) {
            let inner = path.isEmpty ? entry : "\(path)/\(entry)"
            if ignored.contains(Array(inner.utf8)) { continue }
            let child = openat(descriptor, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard child >= 0 else {
                if errno == ELOOP {
                    throw SealError(
                        .file, "'\(SealJSON.quoted(full(inner)))' is a symbolic link",
                        help: "put the file itself in its place: what a link leads to can be changed unseen")
                }
                throw refused("read", inner)
            }
            defer { close(child) }
            if try kind(of: child, inner) == S_IFDIR {
                try self.folder(child, path: inner, depth: depth + 1)
            } else {
                try file(child, path: inner)
            }
        }
    }

    /// The names in a folder, without `.` and `..`.
    private func names(_ descriptor: Int32, _ path: String) throws(SealError) -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw refused("list", path) }
        guard let directory = fdopendir(copy) else {
            close(copy)
            throw refused("list", path)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw SealError(
                    .file, "'\(SealJSON.quoted(full(path)))' holds a file whose name is not UTF-8", help: "rename it")
            }
            guard name != ".", name != ".." else { continue }
            guard names.count < SealStatement.mostResources else {
                throw SealError(.file, "'\(SealJSON.quoted(full(path)))' holds too many files")
            }
            names.append(name)
        }
        return names
    }
}
