import Tensors
import Trust

/// The files of an OCI image layout that are no blobs.
///
/// Source: OCI Image Specification 1.1, "Image Layout" and "Image Index".
enum ImageLayout {
    /// The content of `oci-layout`.
    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    /// Says which version a manifest is, as `digits:3`.
    static let referenceName = "org.opencontainers.image.ref.name"
    /// The note of a version, for people.
    static let note = "org.opencontainers.image.description"
    static let indexMediaType = "application/vnd.oci.image.index.v1+json"

    /// The content of `index.json`.
    static func index(_ manifests: [JSONValue]) -> [UInt8] {
        JSONValue.object([
            ("manifests", .array(manifests)), ("mediaType", .string(indexMediaType)), ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
    }

    /// Where a blob lies in the layout.
    static func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }
}
