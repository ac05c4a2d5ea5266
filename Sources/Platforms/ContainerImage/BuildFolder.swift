import Glibc
import Tensors

/// A folder from which others build the image: a Dockerfile, a compose file, a manifest for Kubernetes, and the files.
package struct BuildFolder {
    private let contents: ImageContents
    private let wish: ImageBuilder.Wish

    /// - Parameter contents: what goes into the image, as for `ImageBuilder`.
    package init(contents: ImageContents, wish: ImageBuilder.Wish) {
        self.contents = contents
        self.wish = wish
    }

    /// Writes the folder. What another build left there is replaced; anything else is in the way.
    ///
    /// - Parameter progress: told bytes that were copied.
    /// - Returns: the names that were written at the folder's root, and the bytes of all files.
    /// - Throws: `PlatformError.Code.conflict` for a folder that holds something else, `.full` or `.io`.
    package func write(
        to folder: String, progress: (Int) -> Void = { _ in }
    ) throws(PlatformError) -> (names: [String], bytes: Int) {
        try Self.requireRoom(in: folder)
        try Self.make(folder)
        var bytes = 0
        let layers = try ImageBuilder.layers(contents, wish)
        for (title, entries) in layers {
            for entry in try LayerEntry.ordered(entries) {
                bytes += try Self.write(entry, below: "\(folder)/\(Self.place(title))")
                progress(bytes)
            }
        }
        let text = BuildText(wish: wish, layers: layers.map { Self.place($0.title) }, modelBytes: modelBytes)
        for (name, content) in text.files { try Self.write(Array(content.utf8), to: "\(folder)/\(name)", mode: 0o644) }
        return (text.files.map(\.name), bytes)
    }

    /// Checks that a folder may be written, before anything is made.
    ///
    /// - Throws: `PlatformError.Code.conflict`.
    package static func requireRoom(in folder: String) throws(PlatformError) {
        guard FileKind(of: "\(folder)/Dockerfile") == .file || Folder.sortedNames(in: folder).isEmpty else {
            throw PlatformError(
                .conflict, "'\(folder)' holds something, and no Dockerfile", help: "choose an empty directory")
        }
    }

    private static func place(_ title: String) -> String { "files/\(title.replacing(" ", with: "-"))" }

    private var modelBytes: Int {
        contents.version.reduce(0) { sum, file in
            switch file.content {
            case .bytes(let bytes): return sum + bytes.count
            case .file(let path):
                var status = stat()
                return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
            case .directory, .link: return sum
            }
        }
    }

    // MARK: - Files

    static func make(_ path: String) throws(PlatformError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            guard mkdir(made, 0o755) == 0 || errno == EEXIST || errno == EISDIR else {
                throw PlatformError.system("make the directory", made)
            }
        }
    }

    /// - Returns: the bytes of its content.
    static func write(_ entry: LayerEntry, below folder: String) throws(PlatformError) -> Int {
        let path = "\(folder)/\(entry.path)"
        switch entry.content {
        case .directory:
            try make(path)
            guard chmod(path, mode_t(entry.mode)) == 0 else { throw PlatformError.system("make", path) }
            return 0
        case .bytes(let bytes):
            try write(bytes, to: path, mode: mode_t(entry.mode))
            return bytes.count
        case .file(let source): return try copy(source, to: path, mode: mode_t(entry.mode))
        case .link(let target):
            unlink(path)
            guard symlink(target, path) == 0 else { throw PlatformError.system("make", path) }
            return 0
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(PlatformError) {
        unlink(path)
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard output >= 0 else { throw PlatformError.system("write", path) }
        defer { close(output) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(output, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw PlatformError.system("write", path) }
            written += count
        }
    }

    private static func copy(_ source: String, to path: String, mode: mode_t) throws(PlatformError) -> Int {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw PlatformError.system("open", source) }
        defer { close(input) }
        unlink(path)
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard output >= 0 else { throw PlatformError.system("write", path) }
        defer { close(output) }
        var copied = 0
        while true {
            let count = sendfile(output, input, nil, 1 << 24)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PlatformError.system("write", path) }
            guard count > 0 else { return copied }
            copied += count
        }
    }
}
