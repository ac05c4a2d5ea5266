import Tensors
package import Trust

/// What is signed: the files of a model with their digests, and how they were collected.
///
/// Source: OpenSSF Model Signing 1.0, "Statement"; in-toto Statement v1.
package struct SealStatement: Hashable, Sendable {
    /// One file.
    package struct Resource: Hashable, Sendable {
        /// Its path, with `/`; `.` where the model is one file.
        package var name: String
        package var digest: Digest

        package init(name: String, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    /// What is said beyond the files when a version of a registry is sealed. Other tools pass over it.
    package struct Version: Hashable, Sendable {
        /// Of the version's manifest: what it is, wherever it lies and whatever it is called.
        package var manifest: Digest
        /// When it was signed, in milliseconds since 1970 by the signer's clock; of two versions it tells the older.
        package var signedAt: Int

        package init(manifest: Digest, signedAt: Int) {
            self.manifest = manifest
            self.signedAt = signedAt
        }
    }

    /// What people call the model: its folder's or file's name, or `digits:3`.
    package var name: String
    /// In the order in which they were signed.
    package var resources: [Resource]
    /// Paths below the model that were left out, themselves and what is below them.
    package var ignoredPaths: [String]
    /// `nil` for a folder or file.
    package var version: Version?

    package static let type = "https://in-toto.io/Statement/v1"
    package static let predicateType = "https://model_signing/signature/v1.0"
    /// More files than any model has.
    package static let mostResources = 100_000
    /// More than any signer leaves out.
    private static let mostIgnoredPaths = 1000
    private static let versionMember = "slipway"

    package init(name: String, resources: [Resource], ignoredPaths: [String] = [], version: Version? = nil) {
        self.name = name
        self.resources = resources.sorted { CodePoints.precede($0.name, $1.name) }
        self.ignoredPaths = ignoredPaths
        self.version = version
    }

    /// The digest that stands for all files: of their digests, one after the other.
    package var rootDigest: Digest {
        Digest(of: resources.flatMap { DigestBytes.of($0.digest) })
    }

    /// The statement as it is signed.
    package func encoded() -> [UInt8] {
        var predicate: [(String, JSONValue)] = [
            (
                "serialization",
                .object([
                    ("method", "files"), ("hash_type", "sha256"), ("allow_symlinks", false),
                    ("ignore_paths", .array(ignoredPaths.map(JSONValue.string))),
                ])
            ),
            (
                "resources",
                .array(
                    resources.map { resource in
                        .object([
                            ("name", .string(resource.name)), ("digest", .string(resource.digest.hex)),
                            ("algorithm", "sha256"),
                        ])
                    })
            ),
        ]
        if let version {
            predicate.append(
                (
                    Self.versionMember,
                    .object([
                        ("manifest", .string(version.manifest.description)), ("signedAt", .integer(version.signedAt)),
                    ])
                ))
        }
        let subject = JSONValue.object([
            ("name", .string(name)), ("digest", .object([("sha256", .string(rootDigest.hex))])),
        ])
        return JSONValue.object([
            ("_type", .string(Self.type)), ("subject", .array([subject])),
            ("predicateType", .string(Self.predicateType)), ("predicate", .object(predicate)),
        ]).encoded()
    }

    // MARK: - Reading

    /// Reads a statement whose signature holds.
    ///
    /// - Throws: `SealError.Code.malformed`, naming the member that is wrong; `.unsupported` for shards, other hashes,
    ///   and links that were followed.
    package init(parsing bytes: [UInt8]) throws(SealError) {
        let json = try SealJSON.parse(bytes, "what was signed")
        guard json["_type"]?.stringValue == Self.type else {
            throw SealError(
                .malformed, "what was signed has '_type' \(SealJSON.words(json["_type"])), and \(Self.type) is expected"
            )
        }
        guard json["predicateType"]?.stringValue == Self.predicateType else {
            throw SealError(
                .malformed,
                "what was signed has 'predicateType' \(SealJSON.words(json["predicateType"])), and "
                    + "\(Self.predicateType) is expected",
                help: "sign the model again with a tool of the standard's 1.0")
        }
        guard let predicate = json["predicate"], predicate.objectValue != nil else {
            throw SealError(.malformed, "what was signed has no 'predicate'")
        }
        let subjects = json["subject"]?.arrayValue ?? []
        guard subjects.count == 1, let name = subjects[0]["name"]?.stringValue, name.utf8.count <= 4096,
            let root = subjects[0]["digest"]?["sha256"]?.stringValue
        else { throw SealError(.malformed, "what was signed needs one 'subject' with a name and a SHA-256") }
        self.name = name
        ignoredPaths = try Self.serialization(predicate["serialization"])
        resources = try Self.resources(predicate["resources"])
        version = try predicate[Self.versionMember].map { json throws(SealError) in try Self.version(json) }
        guard Digest(hex: root) == rootDigest else {
            throw SealError(.malformed, "the digest of the model that was signed is not that of its files' digests")
        }
    }

    /// - Returns: the paths that were left out.
    private static func serialization(_ json: JSONValue?) throws(SealError) -> [String] {
        guard let json, let method = json["method"]?.stringValue else {
            throw SealError(.malformed, "what was signed has no 'serialization' with a 'method'")
        }
        guard method == "files" else {
            throw SealError(
                .unsupported,
                "the model was signed by the method '\(SealJSON.quoted(method))', and only 'files' is read",
                help: "sign it again without shards")
        }
        guard json["hash_type"]?.stringValue == "sha256" else {
            throw SealError(
                .unsupported,
                "the files were hashed with \(SealJSON.words(json["hash_type"])), and only SHA-256 is read",
                help: "sign the model again with SHA-256")
        }
        guard json["allow_symlinks"]?.boolValue == false else {
            throw SealError(
                .unsupported, "the model was signed with symbolic links followed, which is not done here",
                help: "put files in place of the links, and sign it again")
        }
        guard let ignored = json["ignore_paths"] else { return [] }
        guard let paths = ignored.arrayValue, paths.count <= mostIgnoredPaths else {
            throw SealError(.malformed, "'ignore_paths' is no list of at most \(mostIgnoredPaths) paths")
        }
        var checked: [String] = []
        for path in paths {
            guard let text = path.stringValue, text.utf8.count <= 4096 else {
                throw SealError(.malformed, "'ignore_paths' holds something else than paths")
            }
            // Whoever leaves out the whole model signs nothing; what lies elsewhere is never looked at.
            if SealedPath.isPlain(text) { checked.append(text) }
        }
        return checked
    }

    private static func resources(_ json: JSONValue?) throws(SealError) -> [Resource] {
        guard let elements = json?.arrayValue, !elements.isEmpty else {
            throw SealError(.malformed, "no files were signed: 'resources' is missing or empty")
        }
        guard elements.count <= mostResources else {
            throw SealError(.malformed, "\(elements.count) files were signed; at most \(mostResources) are read")
        }
        var resources: [Resource] = []
        for element in elements {
            guard let name = element["name"]?.stringValue, SealedPath.isPlain(name) || name == "." else {
                throw SealError(
                    .malformed,
                    "a signed file is called \(SealJSON.words(element["name"])), which is no path below "
                        + "the model")
            }
            guard element["algorithm"]?.stringValue == "sha256", let hex = element["digest"]?.stringValue,
                let digest = Digest(hex: hex)
            else {
                throw SealError(
                    .malformed, "the signed file '\(SealJSON.quoted(name))' has no SHA-256 of 64 lower-case digits")
            }
            resources.append(Resource(name: name, digest: digest))
        }
        guard CodePoints.areAscending(resources.map(\.name)) else {
            throw SealError(.malformed, "the signed files are not in order, or one is named twice")
        }
        guard resources.count == 1 || !resources.contains(where: { $0.name == "." }) else {
            throw SealError(.malformed, "what was signed is both one file and several")
        }
        return resources
    }

    private static func version(_ json: JSONValue) throws(SealError) -> Version {
        guard let text = json["manifest"]?.stringValue, let manifest = try? Digest(text),
            let signedAt = json["signedAt"]?.intValue, (0...(1 << 53)).contains(signedAt)
        else { throw SealError(.malformed, "'\(versionMember)' of what was signed names no version and no time") }
        return Version(manifest: manifest, signedAt: signedAt)
    }
}

/// The order of names.
enum CodePoints {
    static func precede(_ left: String, _ right: String) -> Bool {
        left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    }

    /// Whether names ascend strictly: by code points, as the standard says; or folder by folder, as its reference client
    /// writes them.
    static func areAscending(_ names: [String]) -> Bool {
        zip(names, names.dropFirst()).allSatisfy { precede($0, $1) }
            || zip(names, names.dropFirst()).allSatisfy { left, right in
                left.split(separator: "/").map { Array($0.unicodeScalars) }
                    .lexicographicallyPrecedes(right.split(separator: "/").map { Array($0.unicodeScalars) }) {
                        $0.lexicographicallyPrecedes($1)
                    }
            }
    }
}

/// The rule for names of files below a model.
enum SealedPath {
    /// Whether a path is relative, leads nowhere else, and is written in one way only.
    static func isPlain(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return (1...4096).contains(path.utf8.count) && !path.utf8.contains(0)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

/// The 32 bytes of a digest.
enum DigestBytes {
    static func of(_ digest: Digest) -> [UInt8] {
        var bytes: [UInt8] = []
        var digits = digest.hex.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() { bytes.append(value(high) << 4 | value(low)) }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8 {
        digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }
}
