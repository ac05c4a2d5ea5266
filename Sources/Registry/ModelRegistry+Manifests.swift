import Home
import Tensors
package import Trust

extension ModelRegistry {
    /// The bytes of a version's manifest, as they were stored.
    ///
    /// - Throws: `RegistryError.Code.damaged` when they are missing or altered.
    package func manifestBytes(_ digest: Digest) throws(RegistryError) -> [UInt8] {
        try blobs.bytes(digest, limit: PackageManifest.largest)
    }

    /// Records the version of a manifest that came from elsewhere, byte for byte: its digest is the same here as there.
    ///
    /// The caller holds the home's blob lock shared, and the manifest's blobs are stored.
    ///
    /// - Throws: `RegistryError.Code.damaged` when one of its blobs is missing or of another size, `.invalid` when it is no
    ///   manifest of a model, `HomeError` when recording fails.
    package func addVersion(
        of model: ModelName, manifest bytes: [UInt8], note: String = "", source: String = ""
    ) throws -> Addition {
        let manifest = try PackageManifest(parsing: bytes)
        guard let layer = manifest.description else {
            throw RegistryError(.invalid, "the package has no \(PackageDescription.path)")
        }
        for blob in [manifest.config] + manifest.layers.map(\.blob) { _ = try blobs.checkedPath(blob) }
        let description = try PackageDescription(
            parsing: try blobs.bytes(layer.blob.digest, limit: PackageDescription.largest))
        let blob = try blobs.put(bytes)
        let new = NewVersion(
            model: model.description, manifestDigest: blob.digest.description, note: note,
            labels: description.labels.json.encodedString(), source: source, size: manifest.contentSize)
        return try database.write { try $0.add(new, provenance: nil) }
    }
}
