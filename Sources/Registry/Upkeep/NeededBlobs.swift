import Home
import Tensors
import Trust

/// Which blobs a version needs: its manifest, what that names, and what is kept with the version.
struct NeededBlobs {
    let blobs: BlobStore

    /// The blobs of the version with this manifest digest; its referrers come from `snapshot`.
    ///
    /// - Throws: `RegistryError.Code.damaged` when the manifest cannot be read: nobody knows then what it needs.
    func of(_ digest: Digest, _ reading: some HomeReading) throws -> [Digest] {
        let manifest = try PackageManifest(parsing: try blobs.bytes(digest, limit: PackageManifest.largest))
        let own = [digest, manifest.config.digest] + manifest.layers.map(\.blob.digest)
        return own + (try Self.named(byReferrersOf: digest, reading))
    }

    /// The blobs that a version's referrers name, such as its evaluation set.
    static func named(byReferrersOf digest: Digest, _ reading: some HomeReading) throws -> [Digest] {
        try reading.referrerPayloads(of: digest.description, containing: Digest.prefix).flatMap { named(in: $0) }
    }

    /// Every digest that stands in a document under the key `digest`.
    static func named(in payload: String) -> [Digest] {
        guard let json = try? JSONValue.parse(Array(payload.utf8)) else { return [] }
        return digests(in: json)
    }

    /// Depth is bounded by the JSON reader.
    private static func digests(in json: JSONValue) -> [Digest] {
        switch json {
        case .array(let elements): elements.flatMap(digests)
        case .object(let members):
            members.flatMap { member in
                if member.key == "digest", let text = member.value.stringValue, let digest = try? Digest(text) {
                    return [digest]
                }
                return digests(in: member.value)
            }
        default: []
        }
    }
}
