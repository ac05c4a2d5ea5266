import Glibc
import Registry
import Tensors
import Trust

extension ImageStore {
    /// Writes an image to a directory as an OCI image layout, which podman, skopeo and umoci read. Images that the layout
    /// has under other names stay.
    ///
    /// - Parameters:
    ///   - folder: the directory; it is made, or is a layout, or empty.
    ///   - name: the image's tag there.
    /// - Throws: `PlatformError.Code.conflict` for a directory that holds something else, `.full` or `.io`.
    package func write(_ image: BuiltImage, to folder: String, name: String) throws(PlatformError) {
        try Self.requireRoom(in: folder)
        for directory in [folder, folder + "/blobs", folder + "/blobs/sha256"] where mkdir(directory, 0o755) != 0 {
            guard errno == EEXIST else { throw PlatformError.system("create the directory", directory) }
        }
        for blob in image.blobs {
            try Self.copy(path(blob.digest), to: "\(folder)/blobs/sha256/\(blob.digest.hex)", size: blob.size)
        }
        try PartialBlob.replace("\(folder)/blobs/sha256/\(image.digest.hex)", with: image.manifest, in: folder)
        try PartialBlob.replace(
            "\(folder)/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), in: folder)
        try PartialBlob.replace(
            "\(folder)/index.json", with: try Self.index(image, name, others: Self.others(folder, name)), in: folder)
    }

    /// Checks that a layout may be written to a directory, before it is made.
    ///
    /// - Throws: `PlatformError.Code.conflict` for one that holds something else.
    package static func requireRoom(in folder: String) throws(PlatformError) {
        guard FileKind(of: "\(folder)/oci-layout") == .file || Folder.sortedNames(in: folder).isEmpty else {
            throw PlatformError(
                .conflict, "'\(folder)' holds something that is no image layout", help: "choose an empty directory")
        }
    }

    private static let nameKey = "org.opencontainers.image.ref.name"

    /// The images of the layout that have other names.
    private static func others(_ folder: String, _ name: String) throws(PlatformError) -> [JSONValue] {
        let path = "\(folder)/index.json"
        guard FileKind(of: path) == .file else { return [] }
        do {
            let bytes = try TextFile.bytes(path, limit: 4 << 20)
            return try JSONValue.parse(bytes)["manifests"]?.arrayValue?.filter {
                $0["annotations"]?[nameKey]?.stringValue != name
            } ?? []
        } catch let error as PlatformError {
            throw error
        } catch {
            throw PlatformError(.damaged, "'\(path)' cannot be read: \(error)", help: "choose an empty directory")
        }
    }

    private static func index(_ image: BuiltImage, _ name: String, others: [JSONValue]) throws(PlatformError) -> [UInt8]
    {
        let own = JSONValue.object([
            ("annotations", .object([(nameKey, .string(name))])), ("digest", .string(image.digest.description)),
            ("mediaType", .string(PackageManifest.mediaType)),
            (
                "platform",
                .object([("architecture", .string(Architecture.ofThisMachine.imageName)), ("os", "linux")])
            ), ("size", .integer(image.manifest.count)),
        ])
        return JSONValue.object([
            ("manifests", .array(others + [own])), ("mediaType", "application/vnd.oci.image.index.v1+json"),
            ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
    }

    /// Links a blob, or copies it where the directory is on another file system.
    private static func copy(_ source: String, to path: String, size: Int) throws(PlatformError) {
        var status = stat()
        if lstat(path, &status) == 0, Int(status.st_size) == size { return }
        unlink(path)
        if link(source, path) == 0 { return }
        var file = try AtomicFile(path: path) { PlatformError.system($0.action, $0.path, errno: $0.number) }
        guard try file.copy(of: source) == size else {
            throw PlatformError(.io, "'\(source)' changed while it was copied")
        }
        try file.commit()
    }
}

/// A small file as a whole.
enum TextFile {
    /// - Throws: `PlatformError.Code.invalid` over the limit.
    static func bytes(_ path: String, limit: Int) throws(PlatformError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PlatformError.system("open", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PlatformError.system("read", path) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw PlatformError(.invalid, "'\(path)' has more than \(limit) bytes") }
        }
    }
}
