import Home
import Tensors
import Trust

extension ModelRegistry {
    /// Stores the version in an archive as the next version of a model. Its digest is the one it had where it was
    /// exported.
    ///
    /// What is known here about the version already stays as it is; the archive adds what it alone knows. The version is
    /// recorded when every blob is on the disk and was compared with its digest: killed at any moment, this leaves a
    /// whole version or none.
    ///
    /// - Parameters:
    ///   - model: what it becomes a version of; `nil` for the name in the archive.
    ///   - note: instead of the one in the archive.
    ///   - check: looks at the graph, stored but not recorded yet, and throws to refuse the version.
    ///   - checkPipeline: the same for a version that is a pipeline.
    ///   - progress: bytes stored, and all of them.
    /// - Throws: `RegistryError.Code.damaged` when a blob is not what its name says, `HomeError` when recording fails, and
    ///   what `check` throws.
    package func importArchive(
        _ archive: ModelArchive, as model: ModelName? = nil, note: String? = nil, source: String = "",
        check: (_ graph: PackagedGraph) async throws -> Void = { _ in },
        checkPipeline: (_ pipeline: PackagedPipeline) async throws -> Void = { _ in },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Addition {
        guard let model = model ?? archive.model else {
            throw RegistryError(
                .invalid, "'\(archive.path)' does not tell the model's name", help: "give one with --name")
        }
        let lock = try HomeLock.acquire(.blobs, .shared, in: database.home, wait: true)
        defer { lock.release() }
        let total = archive.contentSize
        var done = 0
        try archive.store(in: blobs) { count in
            done += count
            progress(min(done, total), total)
        }
        let declared = archive.description.signature
        let pipeline = try archive.manifest.packagedPipeline(
            from: archive.path, declared: declared, path: blobs.checkedPath,
            bytes: { try blobs.bytes($0.digest, limit: PackageDescription.largest) })
        if let pipeline {
            try await checkPipeline(pipeline)
        } else {
            try await check(
                try archive.manifest.packagedGraph(from: archive.path, declared: declared, path: blobs.checkedPath))
        }
        return try record(archive, as: model, note: note ?? archive.note, source: source)
    }

    /// Records the version of a layout whose blobs this home sees already, as those of an image that it is started in.
    ///
    /// Nothing is copied. Blobs are compared with their digests when they are loaded.
    ///
    /// - Throws: `RegistryError.Code.damaged` when a blob is missing, `.invalid` when the layout tells no name and none
    ///   is given.
    package func adopt(_ archive: ModelArchive, as model: ModelName? = nil) throws -> Addition {
        guard let model = model ?? archive.model else {
            throw RegistryError(
                .invalid, "'\(archive.path)' does not tell the model's name", help: "give one with --name")
        }
        for blob in archive.needed { _ = try blobs.checkedPath(blob) }
        return try record(archive, as: model, note: archive.note, source: "")
    }

    private func record(_ archive: ModelArchive, as model: ModelName, note: String, source: String) throws -> Addition {
        let new = NewVersion(
            model: model.description, manifestDigest: archive.digest.description, note: note,
            labels: archive.description.labels.json.encodedString(), source: source,
            size: archive.manifest.contentSize)
        return try database.write { transaction in
            let addition = try transaction.add(new, provenance: nil)
            if let bundle = archive.bundle { try transaction.attach(bundle, to: archive.digest.description) }
            return addition
        }
    }
}

extension Transaction {
    /// Adds what a bundle alone knows: kinds and names of which nothing is known here, unless they are only ever made here.
    fileprivate func attach(_ bundle: ReferrerBundle, to digest: String) throws {
        let known = Set(try referrers(of: digest).map { [$0.kind, $0.name] })
        for entry in bundle.referrers
        where !entry.kind.isLocal && !known.contains([entry.kind.rawValue, entry.name]) {
            try attachReferrer(
                to: digest, kind: entry.kind.rawValue, name: entry.name, payload: entry.payload.encodedString(),
                createdAt: entry.createdAt)
        }
    }
}
