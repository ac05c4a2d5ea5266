package import Drift
import Home
package import Registry
import Tensors
package import Trust

/// What a version's evaluation rows, and its answers to them, look like: what its traffic is compared with.
///
/// Kept as a blob that a referrer of the version names, with the version's own checks, archives and garbage collection.
package struct ReferenceProfile: Sendable {
    /// The evaluation set's file name.
    package let set: String
    /// One sketch for each feature; no row is in it.
    package let profile: Profile
    /// How often a classifier was right at which confidence; `nil` for what is none.
    package let confidence: ConfidenceReference?

    /// - Parameter set: the evaluation set's file name.
    package init(_ profile: Profile, set: String, confidence: ConfidenceReference? = nil) {
        self.profile = profile
        self.set = set
        self.confidence = confidence
    }

    /// Stores it and says so, unless the version's newest says the same.
    func attach(to record: VersionRecord, _ registry: ModelRegistry) throws {
        guard !profile.layout.features.isEmpty else { return }
        let lock = try HomeLock.acquire(.blobs, .shared, in: registry.database.home, wait: true)
        defer { lock.release() }
        var writer = try BlobWriter(registry.blobs)
        try profile.encoded.withUnsafeBytes { try writer.write($0) }
        let blob = try writer.finish()
        var members: [(String, JSONValue)] = [
            ("digest", .string(blob.digest.description)), ("bytes", .integer(blob.size)), ("set", .string(set)),
            ("rows", .integer(Int(clamping: profile.rows))),
            ("features", .integer(profile.layout.features.count)),
        ]
        if let confidence { members.append(("confidence", confidence.json)) }
        try registry.attach(.object(members), kind: .profile, to: record.digest)
    }

    /// The newest of a version; `nil` where it was never evaluated with rows that are kept.
    ///
    /// - Throws: `DriftError` when what is stored is damaged.
    package static func read(of digest: Digest, _ registry: ModelRegistry) throws -> ReferenceProfile? {
        guard let payload = try registry.referrers(of: digest, kind: .profile, limit: 1).first?.payload,
            let text = payload["digest"]?.stringValue
        else { return nil }
        let bytes = try registry.blobs.bytes(try Digest(text), limit: Profile.largestEncoding)
        return ReferenceProfile(
            try Profile(encoded: bytes), set: payload["set"]?.stringValue ?? "",
            confidence: payload["confidence"].flatMap(ConfidenceReference.init))
    }
}

extension ReferrerKind {
    /// What evaluation rows and the answers to them look like, feature by feature.
    package static let profile = ReferrerKind(rawValue: "profile")
}
