import Glibc
import Home
import Tensors
import Trust

extension ModelRegistry {
    /// Writes `oci-layout` and `index.json`, so that other tools can read the home as an OCI image layout.
    ///
    /// The index is generated from the database, is complete at the moment of the call, and replaces the last one at
    /// once. It lists every version, so it is written when somebody is about to read it and not at each change.
    ///
    /// Source: OCI Image Specification 1.1, "Image Layout".
    package func writeLayout() throws {
        try replace("oci-layout", with: ImageLayout.marker)
        try replace("index.json", with: try layoutIndex())
    }

    /// Whether `index.json` is what `writeLayout` would write.
    func layoutIsCurrent() throws -> Bool {
        let index = try layoutIndex()
        let descriptor = open("\(database.home.path)/index.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw RegistryError.system("open", "\(database.home.path)/index.json") }
        defer { close(descriptor) }
        return try Digest.ofFile(descriptor: descriptor).digest == Digest(of: index)
    }

    private func layoutIndex() throws -> [UInt8] {
        try database.read { snapshot in
            var manifests: [JSONValue] = []
            for model in try allModels(snapshot) { manifests += try descriptors(of: model, snapshot) }
            return ImageLayout.index(manifests)
        }
    }

    private func allModels(_ snapshot: HomeSnapshot) throws -> [String] {
        var page = try snapshot.models()
        var names = page.items.map(\.name)
        while let next = page.next {
            page = try snapshot.models(after: next)
            names += page.items.map(\.name)
        }
        return names
    }

    private func descriptors(of model: String, _ snapshot: HomeSnapshot) throws -> [JSONValue] {
        var descriptors: [JSONValue] = []
        var before: Int?
        repeat {
            let page = try snapshot.versions(of: model, before: before)
            descriptors += try page.items.compactMap(descriptor)
            before = page.next
        } while before != nil
        return descriptors
    }

    /// `nil` for a version whose manifest is missing: a layout must not name what it does not hold.
    private func descriptor(_ row: VersionRow) throws -> JSONValue? {
        guard let size = blobs.size(try Digest(row.manifestDigest)) else { return nil }
        return .object([
            ("annotations", .object([(ImageLayout.referenceName, .string("\(row.model):\(row.number)"))])),
            ("artifactType", .string(PackageManifest.artifactType)), ("digest", .string(row.manifestDigest)),
            ("mediaType", .string(PackageManifest.mediaType)), ("size", .integer(size)),
        ])
    }

    private func replace(_ name: String, with bytes: [UInt8]) throws(RegistryError) {
        var source = SystemRandomNumberGenerator()
        let path = "\(database.home.path)/\(name)"
        let temporary = "\(database.home.temporary)/\(name)-\(String(source.next(), radix: 16))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw RegistryError.system("make the file", temporary) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = RegistryError.system("write", temporary)
                unlink(temporary)
                throw error
            }
            written += count
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let error = RegistryError.system("write", path)
            unlink(temporary)
            throw error
        }
    }
}
