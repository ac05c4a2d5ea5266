import CSandbox
import Glibc
package import Houses
import Tensors

/// A folder that another server served models from. Names in it are opened strictly beneath it: no link is followed.
package final class HouseFolder: HouseFiles {
    /// Names in one folder at most.
    package static let mostEntries = 100_000

    /// As a person named it.
    package let path: String
    private let descriptor: Int32

    /// - Throws: `HouseError.Code.missing` when it cannot be opened.
    package init(_ path: String) throws(HouseError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HouseError(.missing, "cannot open the folder \(path.quoted): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Whether a path is a folder.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The folder's own name.
    package var name: String {
        let resolved = realpath(path, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        return (resolved ?? path).split(separator: "/").last.map(String.init) ?? "house"
    }

    /// Where a file lies, for those who open it by themselves.
    package func location(of file: String) -> String { path.hasSuffix("/") ? path + file : "\(path)/\(file)" }

    package func entries(in folder: String) throws(HouseError) -> [HouseEntry] {
        let opened = folder.isEmpty ? openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : openBeneath(folder)
        defer { if opened >= 0 { close(opened) } }
        guard opened >= 0, let names = Folder.names(inOpen: opened, atMost: Self.mostEntries + 1) else {
            throw HouseError(.missing, "there is no folder \(folder.quoted)")
        }
        guard names.count <= Self.mostEntries else {
            throw HouseError(.tooLarge, "\(folder.quoted) holds more than \(Self.mostEntries) names")
        }
        return names.sorted().map { HouseEntry(name: $0, kind: Self.kind(of: $0, in: opened)) }
    }

    private static func kind(of name: String, in directory: Int32) -> HouseEntry.Kind {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    }

    package func bytes(of file: String, limit: Int) throws(HouseError) -> [UInt8] {
        let opened = openBeneath(file)
        guard opened >= 0 else {
            throw HouseError(
                .missing, "cannot open \(file.quoted): \(String(cString: strerror(-opened)))",
                help: "links are not followed: copy the folder as plain files: cp -rL FOLDER COPY")
        }
        defer { close(opened) }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HouseError(.missing, "\(file.quoted) is no regular file")
        }
        guard status.st_size <= limit else {
            throw HouseError(.tooLarge, "\(file.quoted) has \(status.st_size) bytes; at most \(limit) are read")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { space in
                read(opened, space.baseAddress?.advanced(by: filled), space.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        guard filled == bytes.count else { throw HouseError(.missing, "\(file.quoted) cannot be read whole") }
        return bytes
    }

    /// - Returns: a descriptor, or an error's number below zero.
    private func openBeneath(_ name: String) -> Int32 {
        guard !name.utf8.contains(0), !name.hasPrefix("/") else { return -EINVAL }
        return csandbox_open_beneath(descriptor, name)
    }
}
