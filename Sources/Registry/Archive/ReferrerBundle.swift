import Home
import Tensors
import Trust

/// What is known about a version, as it travels in an archive: an OCI artifact whose subject is the version.
///
/// Its first layer is a JSON document with the referrers, oldest first; the others are the blobs that these name. How an
/// engine is best tuned is true for one machine only and stays there.
struct ReferrerBundle {
    static let mediaType = "application/vnd.slipway.referrers.v1+json"
    /// On the version's descriptor in `index.json`: the digest of the bundle's manifest.
    static let annotation = "dev.slipway.referrers"
    /// The largest document that is read.
    static let largest = 64 << 20
    private static let mostReferrers = 10_000

    /// Oldest first.
    var referrers: [Entry]
    /// What they name, by digest.
    var blobs: [Blob]

    struct Entry: Hashable {
        var kind: ReferrerKind
        var name: String
        var payload: JSONValue
        var createdAt: Timestamp

        /// The digests that the payload names.
        var named: [Digest] { NeededBlobs.named(in: payload.encodedString()) }
    }

    /// The content of an empty configuration. Source: OCI Image Specification 1.1, "Guidance for an Empty Descriptor".
    static let emptyConfiguration = Array("{}".utf8)

    /// The JSON document. Payloads are written as they stand here, so that they read the same where they arrive.
    func document() -> [UInt8] {
        JSONValue.array(
            referrers.map { entry in
                .object([
                    ("kind", .string(entry.kind.rawValue)), ("name", .string(entry.name)),
                    ("createdAt", .string(entry.createdAt.description)), ("payload", entry.payload),
                ])
            }
        ).encoded()
    }

    /// The artifact's manifest.
    ///
    /// - Parameter subject: the version's manifest.
    func manifest(subject: Blob, document: Blob) -> [UInt8] {
        let config = Blob(digest: Digest(of: Self.emptyConfiguration), size: Self.emptyConfiguration.count)
        let layers =
            [Self.descriptor(document, Self.mediaType)]
            + blobs.map { Self.descriptor($0, "application/octet-stream") }
        return JSONValue.object([
            ("artifactType", .string(Self.mediaType)),
            ("config", Self.descriptor(config, "application/vnd.oci.empty.v1+json")), ("layers", .array(layers)),
            ("mediaType", .string(PackageManifest.mediaType)), ("schemaVersion", 2),
            ("subject", Self.descriptor(subject, PackageManifest.mediaType)),
        ]).encoded(sortedKeys: true)
    }

    private static func descriptor(_ blob: Blob, _ mediaType: String) -> JSONValue {
        .object([
            ("digest", .string(blob.digest.description)), ("mediaType", .string(mediaType)),
            ("size", .integer(blob.size)),
        ])
    }

    // MARK: - Reading

    /// What a bundle's manifest says: its document, and the blobs beside it.
    ///
    /// - Throws: `RegistryError.Code.invalid` when it is about another version, or breaks its format.
    static func layers(
        ofManifest bytes: [UInt8], about subject: Digest
    ) throws(RegistryError) -> (document: Blob, others: [Blob]) {
        guard let json = try? JSONValue.parse(bytes), json["artifactType"]?.stringValue == mediaType,
            json["subject"]?["digest"]?.stringValue == subject.description,
            let layers = json["layers"]?.arrayValue, layers.count <= PackageManifest.mostLayers
        else { throw RegistryError(.invalid, "what the archive tells about the version is about something else") }
        var blobs: [Blob] = []
        for layer in layers { blobs.append(try PackageManifest.blob(layer, place: "a layer")) }
        guard let document = blobs.first else {
            throw RegistryError(.invalid, "what the archive tells about the version has no document")
        }
        return (document, Array(blobs.dropFirst()))
    }

    /// Reads a document and checks that all it names is among `blobs`.
    init(document: [UInt8], blobs: [Blob]) throws(RegistryError) {
        guard let json = try? JSONValue.parse(document), let elements = json.arrayValue,
            elements.count <= Self.mostReferrers
        else { throw RegistryError(.invalid, "what the archive tells about the version is no JSON array") }
        referrers = []
        for element in elements { referrers.append(try Self.entry(element)) }
        self.blobs = blobs
        let present = Set(blobs.map(\.digest))
        guard referrers.allSatisfy({ $0.named.allSatisfy(present.contains) }) else {
            throw RegistryError(
                .damaged, "the archive lacks a file that belongs to the version", help: "export it again")
        }
    }

    init(referrers: [Entry], blobs: [Blob]) {
        self.referrers = referrers
        self.blobs = blobs
    }

    private static func entry(_ json: JSONValue) throws(RegistryError) -> Entry {
        guard let kind = json["kind"]?.stringValue, (1...63).contains(kind.utf8.count),
            kind.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }),
            let name = json["name"]?.stringValue, name.utf8.count <= 255, let payload = json["payload"],
            let createdAt = json["createdAt"]?.stringValue.flatMap(Timestamp.init)
        else {
            throw RegistryError(
                .invalid, "what the archive tells about the version needs 'kind', 'name', 'createdAt' and 'payload'")
        }
        return Entry(kind: ReferrerKind(rawValue: kind), name: name, payload: payload, createdAt: createdAt)
    }
}
