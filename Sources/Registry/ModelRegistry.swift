package import Home
package import Tensors
package import Trust

/// Packages, versions and aliases of a home.
///
/// A value that can be copied and used from everywhere; each call blocks while it reads or writes. The parts that
/// need to be done together with other writes are also there as extensions of `HomeReading` and `Transaction`.
package struct ModelRegistry: Sendable {
    package let database: HomeDatabase
    package let blobs: BlobStore

    package init(_ database: HomeDatabase) {
        self.database = database
        blobs = BlobStore(database.home)
    }

    /// What became of a version that was to be added.
    package struct Addition: Sendable {
        package enum Outcome: Hashable, Sendable {
            case added
            /// The model had this package already.
            case present
            /// The model had it, and it had been removed.
            case restored
        }

        package let record: VersionRecord
        package let outcome: Outcome
        package var isNew: Bool { outcome == .added }
    }

    /// Stores a package and records it as the next version of a model.
    ///
    /// The same package added again gives the version that is there; its note and source stay as they are. Blobs are
    /// on the disk before the version is recorded: killed at any moment, this leaves a whole version or none.
    ///
    /// - Parameters:
    ///   - provenance: how it was made, attached as a referrer of the kind `provenance` when the version is new.
    ///   - source: where it came from, for people.
    /// - Throws: `RegistryError` for a package that breaks a rule, `HomeError` when recording fails.
    @discardableResult
    package func addVersion(
        of model: ModelName, package contents: PackageContents, note: String = "", provenance: JSONValue? = nil,
        source: String = ""
    ) throws -> Addition {
        let lock = try HomeLock.acquire(.blobs, .shared, in: database.home, wait: true)
        defer { lock.release() }
        let (manifest, blob) = try PackageBuilder(store: blobs).build(contents)
        let new = NewVersion(
            model: model.description, manifestDigest: blob.digest.description, note: note,
            labels: contents.labels.json.encodedString(), source: source, size: manifest.contentSize)
        return try database.write { try $0.add(new, provenance: provenance) }
    }

    /// The version that a reference names.
    ///
    /// - Throws: `RegistryError.Code.notFound` or `.ambiguous`; the help lists what there is.
    package func resolve(_ reference: Reference) throws -> VersionRecord {
        try database.read { try $0.resolve(reference) }
    }

    /// Models by name, a page at a time.
    package func models(after: String? = nil, limit: Int = 1000) throws -> Page<ModelRow, String> {
        try database.read { try $0.models(after: after, limit: limit) }
    }

    /// Versions of a model, newest first, a page at a time.
    ///
    /// - Throws: `RegistryError.Code.notFound` for a model that never was.
    package func versions(
        of model: ModelName, before: Int? = nil, limit: Int = 1000, _ standing: VersionStanding = .present
    ) throws -> Page<VersionRecord, Int> {
        try database.read { snapshot in
            try snapshot.requireModel(model)
            return try snapshot.versions(of: model.description, before: before, limit: limit, standing)
                .map { try VersionRecord($0) }
        }
    }

    /// Removes a version: it can no longer be named, its number is never used again, its blobs stay until garbage is
    /// collected.
    ///
    /// - Parameter force: remove it although aliases or endpoints need it; the aliases go too.
    /// - Throws: `RegistryError.Code.conflict`, naming what needs it.
    @discardableResult
    package func remove(_ reference: Reference, force: Bool = false) throws -> VersionRecord {
        try database.write { try $0.remove(reference, force: force) }
    }

    /// A version as it is recorded now, removed or not.
    ///
    /// - Throws: `RegistryError.Code.notFound` when there never was such a version.
    package func version(_ record: VersionRecord) throws -> VersionRecord {
        let row = try database.read { try $0.version(of: record.model.description, number: record.number.value) }
        guard let row else { throw RegistryError(.notFound, "'\(record.reference)' never was a version") }
        return try VersionRecord(row)
    }

    /// Changes a version's note, which is no part of its identity.
    ///
    /// - Throws: as `resolve`.
    package func setNote(_ note: String, of reference: Reference) throws {
        try database.write { transaction in
            let record = try transaction.resolve(reference)
            try transaction.setNote(note, model: record.model.description, number: record.number.value)
        }
    }

    /// Takes a removal back.
    ///
    /// - Throws: `RegistryError.Code.notFound` when there never was such a version, `.conflict` when garbage collection
    ///   has given it up.
    @discardableResult
    package func restore(_ model: ModelName, _ number: VersionNumber) throws -> VersionRecord {
        try database.write { transaction in
            guard let row = try transaction.version(of: model.description, number: number.value) else {
                throw RegistryError(.notFound, "model '\(model)' never had a version \(number)")
            }
            guard row.reapedAt == nil else {
                throw RegistryError(
                    .conflict, "version '\(model):\(number)' was removed and its files have been collected as garbage",
                    help: "import the same file again: it becomes '\(model):\(number)' again")
            }
            if row.deletedAt != nil { try transaction.setRemoved(false, model: row.model, number: row.number) }
            return try transaction.resolve(Reference(model: model, selector: .number(number)))
        }
    }

    // MARK: - What a version is made of

    /// The manifest with this digest, checked against it.
    ///
    /// - Throws: `RegistryError.Code.damaged` when its bytes are missing or altered.
    package func manifest(_ digest: Digest) throws(RegistryError) -> PackageManifest {
        try PackageManifest(parsing: try blobs.bytes(digest, limit: PackageManifest.largest))
    }

    /// Signature, declared processing and labels of the version with this manifest digest.
    ///
    /// - Throws: `RegistryError.Code.damaged` when stored bytes are missing or altered, `.notFound` for a package of
    ///   another tool that has no description.
    package func description(_ digest: Digest) throws(RegistryError) -> PackageDescription {
        guard let layer = try manifest(digest).description else {
            throw RegistryError(
                .notFound, "the package \(digest) has no \(PackageDescription.path)", help: "import its model file")
        }
        return try PackageDescription(
            parsing: try blobs.bytes(layer.blob.digest, limit: PackageDescription.largest))
    }

    /// The text of the version with this manifest digest, where it is a pipeline.
    ///
    /// - Throws: `RegistryError.Code.damaged` when stored bytes are missing or altered.
    package func pipeline(_ digest: Digest) throws(RegistryError) -> [UInt8]? {
        guard let layer = try manifest(digest).pipeline else { return nil }
        return try blobs.bytes(layer.blob.digest, limit: PackageDescription.largest)
    }

    /// The path of the ONNX file of the version with this manifest digest. Its name has no extension.
    ///
    /// - Throws: `RegistryError.Code.damaged` when it is missing or of another size than was stored.
    package func modelFilePath(_ digest: Digest) throws(RegistryError) -> String {
        let manifest = try manifest(digest)
        guard let graph = manifest.graph else {
            if manifest.pipeline != nil {
                throw RegistryError(
                    .invalid, "the version is a pipeline: it has no graph of its own",
                    help: "'slipway show' names its models; look at those")
            }
            throw RegistryError(.notFound, "the package \(digest) has no \(PackageContents.graphPath)")
        }
        // Weights that do not fit into the graph lie beside it, under their digests.
        for layer in manifest.layers where layer.mediaType == LayerKind.weight.mediaType {
            _ = try blobs.checkedPath(layer.blob)
        }
        return try blobs.checkedPath(graph.blob)
    }

    /// Reads every blob of a version and compares it with its digest.
    ///
    /// - Parameter spared: blobs that nobody is going to read.
    /// - Throws: `RegistryError.Code.damaged`, naming the blob.
    package func verify(_ digest: Digest, sparing spared: Set<Digest> = []) throws(RegistryError) {
        let manifest = try manifest(digest)
        try blobs.verify(manifest.config.digest)
        for layer in manifest.layers where !spared.contains(layer.blob.digest) {
            try blobs.verify(layer.blob.digest)
        }
    }
}
