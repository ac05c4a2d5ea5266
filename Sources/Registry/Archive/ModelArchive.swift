import Glibc
import Home
package import Seals
import Tensors
package import Trust

/// A version in an archive or an unpacked OCI image layout, opened and looked through: everything that it needs is there,
/// and nothing was unpacked.
///
/// Its blobs are compared with their digests when they are stored.
package final class ModelArchive: Sendable {
    /// The digest of the version's manifest.
    package let digest: Digest
    /// The model's name as the archive tells it; `nil` when it tells none.
    package let model: ModelName?
    package let note: String
    package let description: PackageDescription
    /// The file, for messages.
    package let path: String

    let manifest: PackageManifest
    let bundle: ReferrerBundle?

    private let source: any LayoutSource

    private static let largestIndex = 4 << 20
    private static let largestMarker = 4096
    private static let longestNote = 4096

    /// Whether a file is a tar archive, by its first bytes.
    package static func isArchive(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var magic = [UInt8](repeating: 0, count: 5)
        return pread(descriptor, &magic, magic.count, 257) == magic.count && magic.elementsEqual("ustar".utf8)
    }

    /// Whether a directory is an OCI image layout, by its marker.
    package static func isLayout(_ path: String) -> Bool {
        var status = stat()
        return lstat("\(path)/oci-layout", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Opens an archive, or a directory with the layout, and reads what describes the version.
    ///
    /// - Throws: `RegistryError.Code.notFound` without such a file, `.invalid` for one that is no archive of one version,
    ///   `.damaged` when something in it is missing or altered, `.tooLarge` over a limit.
    package convenience init(_ path: String) throws(RegistryError) {
        try self.init(path) { () throws(RegistryError) in
            if Self.isLayout(path) { return try FolderLayout(path) }
            return try TarLayout(FileBytes(path))
        }
    }

    /// The same of an archive that was encrypted; all of it is authenticated first, and nothing decrypted leaves memory.
    ///
    /// - Throws: also `SealError.Code.undecipherable`, for another key and for one that was altered in any way.
    package convenience init(_ path: String, identity: IdentityKey) throws {
        let bytes = try EncryptedBytes(path, identity: identity)
        try self.init(path) { () throws(RegistryError) in try TarLayout(bytes) }
    }

    /// Whether a file is an encrypted archive, by its first bytes.
    package static func isEncrypted(_ path: String) -> Bool { EncryptedBytes.isEncrypted(path) }

    private init(_ path: String, source: () throws(RegistryError) -> any LayoutSource) throws(RegistryError) {
        do throws(RegistryError) {
            let source = try source()
            let root = try Self.root(source)
            digest = root.blob.digest
            manifest = try PackageManifest(parsing: try source.blob(root.blob, limit: PackageManifest.largest))
            for blob in [manifest.config] + manifest.layers.map(\.blob) { try source.require(blob) }
            guard let layer = manifest.description, manifest.isVersion else {
                throw RegistryError(
                    .invalid,
                    "the version in the archive has no \(PackageContents.graphPath) or no \(PackageDescription.path)",
                    help: "it was made by another tool: unpack it, and import its model file")
            }
            description = try PackageDescription(
                parsing: try source.blob(layer.blob, limit: PackageDescription.largest))
            model = try root.name.map { text throws(RegistryError) in try Reference(text).model }
            note = String(root.note.prefix(Self.longestNote))
            bundle = try root.referrers.map { digest throws(RegistryError) in
                try Self.bundle(digest, about: root.blob.digest, source)
            }
            self.source = source
        } catch {
            throw RegistryError(error.code, "'\(path)': \(error.message)", help: error.help)
        }
        self.path = path
    }

    // MARK: - Reading

    /// What `index.json` says about the one version.
    private struct Root {
        var blob: Blob
        var name: String?
        var note: String
        var referrers: Digest?
    }

    private static func root(_ source: any LayoutSource) throws(RegistryError) -> Root {
        let marker = try json("oci-layout", limit: largestMarker, source)
        guard marker["imageLayoutVersion"]?.stringValue == "1.0.0" else {
            throw RegistryError(.invalid, "the archive is no OCI image layout of version 1.0.0")
        }
        let index = try json("index.json", limit: largestIndex, source)
        let manifests = index["manifests"]?.arrayValue ?? []
        guard let entry = manifests.first, manifests.count == 1 else {
            let names = manifests.compactMap { $0["annotations"]?[ImageLayout.referenceName]?.stringValue }
            let list = names.isEmpty ? "" : ": " + Suggestion.list(names.map { String($0.prefix(80)) })
            throw RegistryError(
                .invalid, "the archive has \(manifests.count) manifests, and one version is expected\(list)",
                help: "export one version at a time")
        }
        let annotations = entry["annotations"]
        var referrers: Digest?
        if let text = annotations?[ReferrerBundle.annotation]?.stringValue {
            guard let digest = try? Digest(text) else {
                throw RegistryError(.invalid, "the annotation \(ReferrerBundle.annotation) is no digest")
            }
            referrers = digest
        }
        return Root(
            blob: try PackageManifest.blob(entry, place: "the manifest in index.json"),
            name: annotations?[ImageLayout.referenceName]?.stringValue,
            note: annotations?[ImageLayout.note]?.stringValue ?? "", referrers: referrers)
    }

    private static func json(_ path: String, limit: Int, _ source: any LayoutSource) throws(RegistryError) -> JSONValue
    {
        let bytes = try source.bytes(path, limit: limit)
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw RegistryError(.invalid, "'\(path)' of the archive is not valid JSON: \(error.message)")
        }
    }

    private static func bundle(
        _ digest: Digest, about subject: Digest, _ source: any LayoutSource
    ) throws(RegistryError) -> ReferrerBundle {
        let manifest = try source.blob(digest, limit: PackageManifest.largest)
        let (document, others) = try ReferrerBundle.layers(ofManifest: manifest, about: subject)
        for blob in others { try source.require(blob) }
        return try ReferrerBundle(
            document: try source.blob(document, limit: ReferrerBundle.largest), blobs: others)
    }

    // MARK: - Storing

    /// Bytes of all blobs that an import stores.
    var contentSize: Int { needed.reduce(0) { $0.addingReportingOverflow($1.size).partialValue } }

    /// Every blob that an import stores but the manifest, each once.
    var needed: [Blob] {
        var seen: Set<Blob> = []
        return ([manifest.config] + manifest.layers.map(\.blob) + (bundle?.blobs ?? [])).filter {
            seen.insert($0).inserted
        }
    }

    /// Stores every blob, the manifest last. The caller holds the blob lock shared.
    ///
    /// - Parameter progress: gets the bytes of each piece.
    /// - Throws: `RegistryError.Code.damaged` when a blob is not what its name says; those before it stay as garbage.
    func store(in store: BlobStore, progress: (Int) -> Void) throws(RegistryError) {
        for blob in needed { try copy(blob, to: store, progress) }
        try copy(Blob(digest: digest, size: source.size(of: ImageLayout.path(digest)) ?? 0), to: store, progress)
    }

    private func copy(_ blob: Blob, to store: BlobStore, _ progress: (Int) -> Void) throws(RegistryError) {
        var writer = try BlobWriter(store)
        let path = ImageLayout.path(blob.digest)
        var done = 0
        let size = source.size(of: path) ?? 0
        while done < size {
            let piece = try source.piece(of: path, at: done, limit: BlobStore.chunk)
            guard !piece.isEmpty else {
                throw RegistryError(.damaged, "'\(self.path)' became shorter while it was read")
            }
            let result = piece.withUnsafeBytes { bytes in
                Result<Void, RegistryError> { () throws(RegistryError) in try writer.write(bytes) }
            }
            try result.get()
            done += piece.count
            progress(piece.count)
        }
        _ = try writer.finish(expecting: blob)
    }
}
