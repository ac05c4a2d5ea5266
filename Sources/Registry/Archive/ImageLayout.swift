import Tensors

/// The files of an OCI image layout that are no blobs.
///
/// Source: OCI Image Specification 1.1, "Image Layout" and "Image Index".
enum ImageLayout {
    /// The content of `oci-layout`.
    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    /// Says which version a manifest is, as `digits:3`.
    static let referenceName = "org.opencontainers.image.ref.name"
    static let indexMediaType = "application/vnd.oci.image.index.v1+json"

    /// The content of `index.json`.
    static func index(_ manifests: [JSONValue]) -> [UInt8] {
        JSONValue.object([
            ("manifests", .array(manifests)), ("mediaType", .string(indexMediaType)), ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
    }
}
