import Glibc
import Home
import Tensors
import Trust

/// What an export wrote.
package struct ExportReport: Sendable {
    package let record: VersionRecord
    /// Bytes of the archive.
    package let bytes: Int
    package let files: Int
}

extension ModelRegistry {
    /// Writes a version to a file of its own: an OCI image layout in a tar archive, which other tools read too.
    ///
    /// The same version gives the same bytes, as long as nothing new is learned about it. The file has its name only when
    /// it is whole and on the disk.
    ///
    /// - Parameters:
    ///   - path: where it goes.
    ///   - overwrites: take the place of what is there.
    ///   - encryption: for whom it is encrypted; `nil` to write it as it is. The same version gives other bytes each time
    ///     then.
    ///   - includesReferrers: also what is known about the version, with the evaluation set kept with it.
    ///   - progress: bytes of blobs written, and all of them.
    /// - Throws: `RegistryError.Code.conflict` when the file exists, `.damaged` when a blob is missing or altered, `.full`
    ///   and `.io` when it cannot be written. Nothing is left then.
    package func exportArchive(
        of reference: Reference, to path: String, overwrites: Bool = false, includesReferrers: Bool = true,
        encryption: ArchiveEncryption? = nil, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> ExportReport {
        guard overwrites || access(path, F_OK) != 0 else {
            throw RegistryError(.conflict, "'\(path)' exists", help: "choose another file, or replace it with --force")
        }
        let lock = try HomeLock.acquire(.blobs, .shared, in: database.home, wait: true)
        defer { lock.release() }
        let record = try resolve(reference)
        let content = try ArchiveContent(record, self, includesReferrers: includesReferrers)
        var writer = try TarWriter(path, encryption: encryption)
        try writer.add("oci-layout", ImageLayout.marker)
        try writer.add("index.json", content.index)
        for small in content.small { try writer.add(ImageLayout.path(small.blob.digest), small.bytes) }
        let total = content.stored.reduce(0) { $0 + $1.size }
        var done = 0
        for blob in content.stored {
            try writer.add(ImageLayout.path(blob.digest), blob, from: blobs) { count in
                done += count
                progress(done, total)
            }
        }
        try writer.finish()
        return ExportReport(
            record: record, bytes: writer.byteCount, files: 2 + content.small.count + content.stored.count)
    }
}

/// A file of a version's layout.
package struct LayoutFile: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case bytes([UInt8])
        /// A stored blob, at its place on this machine.
        case blob(path: String)
    }

    /// Within the layout.
    package let path: String
    package let content: Content
}

extension ModelRegistry {
    /// The files of a version as an OCI image layout, without what is known about it. Every blob was compared with its
    /// digest.
    ///
    /// - Throws: `RegistryError.Code.damaged` when a blob is missing or altered.
    package func layoutFiles(of record: VersionRecord) throws -> [LayoutFile] {
        let content = try ArchiveContent(record, self, includesReferrers: false)
        var files = [
            LayoutFile(path: "oci-layout", content: .bytes(ImageLayout.marker)),
            LayoutFile(path: "index.json", content: .bytes(content.index)),
        ]
        for blob in content.stored {
            let path = try blobs.checkedPath(blob)
            try blobs.verify(blob.digest)
            files.append(LayoutFile(path: ImageLayout.path(blob.digest), content: .blob(path: path)))
        }
        return files
    }
}

/// What goes into an archive, in this order.
private struct ArchiveContent {
    var index: [UInt8] = []
    /// Made for the archive.
    var small: [(blob: Blob, bytes: [UInt8])] = []
    /// From the store: the manifest first, each once.
    var stored: [Blob] = []

    init(_ record: VersionRecord, _ registry: ModelRegistry, includesReferrers: Bool) throws {
        let bytes = try registry.blobs.bytes(record.digest, limit: PackageManifest.largest)
        let subject = Blob(digest: record.digest, size: bytes.count)
        let manifest = try PackageManifest(parsing: bytes)
        add(subject)
        for blob in [manifest.config] + manifest.layers.map(\.blob).sorted(by: { $0.digest < $1.digest }) { add(blob) }
        var annotations: [(String, JSONValue)] = [
            (ImageLayout.referenceName, .string(record.reference.description))
        ]
        if !record.note.isEmpty { annotations.append((ImageLayout.note, .string(record.note))) }
        if includesReferrers, let bundle = try Self.bundle(record.digest, registry) {
            annotations.append((ReferrerBundle.annotation, .string(add(bundle, about: subject).description)))
        }
        index = ImageLayout.index([
            .object([
                ("annotations", .object(annotations)), ("artifactType", .string(PackageManifest.artifactType)),
                ("digest", .string(record.digest.description)), ("mediaType", .string(PackageManifest.mediaType)),
                ("size", .integer(bytes.count)),
            ])
        ])
    }

    private mutating func add(_ blob: Blob) {
        if !stored.contains(blob) { stored.append(blob) }
    }

    private mutating func add(_ bundle: ReferrerBundle, about subject: Blob) -> Digest {
        func blob(_ bytes: [UInt8]) -> Blob { Blob(digest: Digest(of: bytes), size: bytes.count) }
        let document = bundle.document()
        let manifest = bundle.manifest(subject: subject, document: blob(document))
        small = [manifest, ReferrerBundle.emptyConfiguration, document].map { (blob($0), $0) }
        // What stands in the archive once need not stand there twice.
        let made = Set(small.map(\.blob))
        for blob in bundle.blobs where !made.contains(blob) { add(blob) }
        return blob(manifest).digest
    }

    private static func bundle(_ digest: Digest, _ registry: ModelRegistry) throws -> ReferrerBundle? {
        let entries = try registry.referrers(of: digest).reversed().filter { !$0.kind.isLocal }
            .map { ReferrerBundle.Entry(kind: $0.kind, name: $0.name, payload: $0.payload, createdAt: $0.createdAt) }
        guard !entries.isEmpty else { return nil }
        let named = Set(entries.flatMap(\.named)).sorted()
        let blobs = try named.map { digest in
            guard let size = registry.blobs.size(digest) else {
                throw RegistryError(
                    .damaged, "blob \(digest), which is kept with the version, is missing",
                    help: "run 'slipway fsck', or export without what is known with --bare")
            }
            return Blob(digest: digest, size: size)
        }
        return ReferrerBundle(referrers: entries, blobs: blobs)
    }
}
