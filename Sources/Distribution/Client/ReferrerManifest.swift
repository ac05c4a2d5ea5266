import Registry
import Tensors
import Trust

/// What is known about a version, as a manifest of its own whose subject is the version's.
///
/// Source: OCI Image Specification 1.1, "Guidelines for Artifact Usage".
struct ReferrerManifest: Hashable, Sendable {
    let kind: ReferrerKind
    let name: String
    /// RFC 3339. Part of what was said, and what puts several in order.
    let created: String
    /// The JSON document itself.
    let payload: Blob
    /// A file that the document tells of.
    let attachment: Blob?
    let subject: Blob

    static let largestPayload = PackageManifest.largest
    static let emptyBytes = Array("{}".utf8)
    static let empty = Blob(digest: Digest(of: emptyBytes), size: 2)
    private static let prefix = "application/vnd.slipway."
    private static let suffix = ".v1+json"
    private static let nameAnnotation = "io.slipway.referrer.name"
    private static let payloadAnnotation = "io.slipway.referrer.payload"
    private static let createdAnnotation = "org.opencontainers.image.created"
    private static let fileMediaType = "application/octet-stream"

    /// Kinds that mean something in another home. How fast a version is here is not told elsewhere.
    static let shared: Set<ReferrerKind> = [
        .provenance, .evaluation, .comparison, .lineage, .seal, ReferrerKind(rawValue: "evaluation-set"),
    ]

    init(
        kind: ReferrerKind, name: String, created: String, payload: Blob, attachment: Blob? = nil, subject: Blob
    ) {
        self.kind = kind
        self.name = name
        self.created = created
        self.payload = payload
        self.attachment = attachment
        self.subject = subject
    }

    static func artifactType(_ kind: ReferrerKind) -> String { prefix + kind.rawValue + suffix }

    /// The kind that an artifact type tells; `nil` for what is not ours.
    static func kind(ofType type: String) -> ReferrerKind? {
        guard type.hasPrefix(prefix), type.hasSuffix(suffix), type.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return nil }
        let kind = ReferrerKind(rawValue: String(type.dropFirst(prefix.count).dropLast(suffix.count)))
        return shared.contains(kind) ? kind : nil
    }

    private var annotations: JSONValue {
        .object([
            (Self.nameAnnotation, .string(name)), (Self.payloadAnnotation, .string(payload.digest.description)),
            (Self.createdAnnotation, .string(created)),
        ])
    }

    private static func descriptor(_ blob: Blob, _ mediaType: String) -> JSONValue {
        .object([
            ("digest", .string(blob.digest.description)), ("mediaType", .string(mediaType)),
            ("size", .integer(blob.size)),
        ])
    }

    /// Its bytes; equal referrers give equal bytes.
    func encoded() -> [UInt8] {
        var layers = [Self.descriptor(payload, "application/json")]
        if let attachment { layers.append(Self.descriptor(attachment, Self.fileMediaType)) }
        return JSONValue.object([
            ("annotations", annotations), ("artifactType", .string(Self.artifactType(kind))),
            ("config", Self.descriptor(Self.empty, MediaType.empty)), ("layers", .array(layers)),
            ("mediaType", .string(MediaType.imageManifest)), ("schemaVersion", 2),
            ("subject", Self.descriptor(subject, MediaType.imageManifest)),
        ]).encoded(sortedKeys: true)
    }

    /// Reads a referrer of ours.
    ///
    /// - Throws: `DistributionError.Code.damaged` for what is none, or is about something else than `subject`.
    init(parsing bytes: [UInt8], about expected: Digest) throws(DistributionError) {
        let json = try JSONDocument.parse(bytes, "the manifest of a referrer")
        guard let type = json["artifactType"]?.stringValue, let kind = Self.kind(ofType: type),
            let subject = Self.blob(json["subject"]), subject.digest == expected,
            let layers = json["layers"]?.arrayValue, (1...2).contains(layers.count),
            let payload = Self.blob(layers.first), payload.size <= Self.largestPayload
        else {
            throw DistributionError(.damaged, "the manifest of a referrer of \(expected) is not what it says it is")
        }
        var attachment: Blob?
        if layers.count == 2 {
            attachment = Self.blob(layers.last)
            guard attachment != nil else {
                throw DistributionError(.damaged, "the second layer of a referrer of \(expected) is no blob")
            }
        }
        let notes = json["annotations"]
        self.init(
            kind: kind, name: String((notes?[Self.nameAnnotation]?.stringValue ?? "").prefix(200)),
            created: notes?[Self.createdAnnotation]?.stringValue ?? "", payload: payload, attachment: attachment,
            subject: subject)
    }

    private static func blob(_ json: JSONValue?) -> Blob? {
        guard let text = json?["digest"]?.stringValue, let digest = try? Digest(text),
            let size = json?["size"]?.intValue, size >= 0, json?["urls"] == nil
        else { return nil }
        return Blob(digest: digest, size: size)
    }

    /// How an index lists it.
    func listed(_ blob: Blob) -> JSONValue {
        .object([
            ("annotations", annotations), ("artifactType", .string(Self.artifactType(kind))),
            ("digest", .string(blob.digest.description)), ("mediaType", .string(MediaType.imageManifest)),
            ("size", .integer(blob.size)),
        ])
    }

    /// One entry of such an index.
    struct Listed: Hashable, Sendable {
        let blob: Blob
        let kind: ReferrerKind
        let name: String
        let created: String
        /// The digest of its document, where the index tells it.
        let payload: String?

        /// `nil` for what is not ours.
        init?(_ json: JSONValue) {
            guard let type = json["artifactType"]?.stringValue, let kind = ReferrerManifest.kind(ofType: type),
                let blob = ReferrerManifest.blob(json), blob.size <= PackageManifest.largest
            else { return nil }
            self.blob = blob
            self.kind = kind
            let notes = json["annotations"]
            name = notes?[ReferrerManifest.nameAnnotation]?.stringValue ?? ""
            created = notes?[ReferrerManifest.createdAnnotation]?.stringValue ?? ""
            payload = notes?[ReferrerManifest.payloadAnnotation]?.stringValue
        }
    }
}
