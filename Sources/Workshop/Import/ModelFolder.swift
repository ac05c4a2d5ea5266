import CSandbox
import Glibc
import ModelGraph

/// The folder that a model file lies in. The only place where a name that a model chose becomes an open file.
///
/// Every check that went before has failed somewhere: prefixes of `..`, links, hard links, swaps between check and use.
/// So the kernel is asked to open strictly beneath the open folder, and all else is asked of the opened descriptor.
/// Source: `openat2(2)`; ONNX, `docs/Security.md`.
struct ModelFolder: ~Copyable {
    private let descriptor: Int32

    /// A file that passed every check; closed with this value.
    struct OpenFile: ~Copyable {
        let descriptor: Int32
        let bytes: Int

        fileprivate init(descriptor: Int32, bytes: Int) {
            self.descriptor = descriptor
            self.bytes = bytes
        }

        deinit { close(descriptor) }
    }

    /// Opens the folder of a model file that a person named.
    ///
    /// - Throws: `WorkshopError.Code.unreadable`.
    init(ofModel path: String) throws(WorkshopError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw WorkshopError(.unreadable, "cannot open the model's folder: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Opens a file that the model names.
    ///
    /// - Parameter location: the relative path as it stands in the model.
    /// - Throws: `WorkshopError.Code.unreadable` for a file that is missing or may not be read; `.rejected` for one that
    ///   lies outside the folder, is reached by a link, has several names, or is no regular file.
    func open(_ location: String) throws(WorkshopError) -> OpenFile {
        guard ExternalReference.isPlain(location) else {
            throw Self.escape(location, "expected a relative path of plain names")
        }
        let opened = csandbox_open_beneath(descriptor, location)
        guard opened >= 0 else { throw Self.failure(-opened, location, in: descriptor) }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw Self.escape(location, "it is no regular file")
        }
        guard status.st_nlink <= 1 else {
            close(opened)
            throw Self.escape(location, "it has \(status.st_nlink) names, and another may be outside the folder")
        }
        return OpenFile(descriptor: opened, bytes: Int(status.st_size))
    }

    private static func failure(_ code: Int32, _ location: String, in folder: Int32) -> WorkshopError {
        switch code {
        case ENOENT:
            WorkshopError(
                .unreadable, "the model's weights are in '\(location)' beside it, which is missing",
                help: "put the file back beside the model; it belongs to it")
        case ELOOP, EXDEV, ENOTDIR, EINVAL: escape(location, "a symbolic link is on the way, or no folder")
        case ENXIO, ENODEV: escape(location, "it is no regular file")
        default:
            WorkshopError(
                .unreadable, "the model's weights in '\(location)' cannot be opened: \(String(cString: strerror(code)))"
            )
        }
    }

    private static func escape(_ location: String, _ reason: String) -> WorkshopError {
        WorkshopError(
            .rejected, "the model's weights in '\(location.prefix(120))' are not read: \(reason)",
            help: "copy the model and its files into one folder as plain files: cp -rL FOLDER COPY")
    }
}
