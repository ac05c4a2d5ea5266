import Registry
import Tensors
import Trust

/// What a manifest of a registry turns out to be.
enum RemotePackage: Hashable, Sendable {
    /// A version as Slipway writes it: it is taken as it is, with its digest.
    case version(PackageManifest)
    /// A model of another tool in ModelPack's form: its graph is imported as a file.
    case foreign(graph: Blob, path: String)
    /// A list of manifests, of which one is a model.
    case list(next: Digest)

    /// Bytes of all blobs of a package, at most.
    static let largest = 1 << 40
    private static let draft = "application/vnd.cnai.model."
    private static let current = "application/vnd.cncf.model."

    /// Reads a manifest and refuses what is not to be fetched, before anything of it is.
    ///
    /// - Throws: `DistributionError.Code.refused`, naming what it is; `.damaged` where it contradicts itself.
    init(_ manifest: FetchedManifest) throws {
        let json = try JSONDocument.parse(manifest.bytes, "the manifest")
        let type = json["mediaType"]?.stringValue ?? manifest.mediaType
        guard manifest.mediaType.isEmpty || manifest.mediaType == type || Self.isVague(manifest.mediaType) else {
            throw DistributionError(
                .damaged,
                "the manifest says it is '\(SafeText.short(type))', and the registry says"
                    + " '\(SafeText.short(manifest.mediaType))'")
        }
        if type == MediaType.imageIndex || type == MediaType.dockerList {
            self = .list(next: try Self.only(of: json, in: manifest.digest))
        } else {
            self = try Self.package(json, manifest)
        }
    }

    private static func isVague(_ type: String) -> Bool {
        ["application/json", "application/octet-stream", "text/plain"].contains(type)
    }

    // MARK: - Lists

    /// The one model of a list. A list in a list, and so one in itself, is not followed.
    private static func only(of json: JSONValue, in list: Digest) throws(DistributionError) -> Digest {
        guard let entries = json["manifests"]?.arrayValue, entries.count <= 10_000 else {
            throw DistributionError(.damaged, "the list of manifests has no 'manifests', or too many")
        }
        let models = entries.filter { entry in
            guard entry["mediaType"]?.stringValue == MediaType.imageManifest else { return false }
            guard let type = entry["artifactType"]?.stringValue else { return entries.count == 1 }
            return type.hasPrefix(current) || type.hasPrefix(draft)
        }
        guard models.count == 1, let text = models[0]["digest"]?.stringValue, let digest = try? Digest(text) else {
            throw DistributionError(
                .refused, "this is a list of \(entries.count) manifests, and not exactly one of them is a model",
                help: models.count > 1 ? "name one of them by its digest, with @sha256:…" : nil)
        }
        guard digest != list else { throw DistributionError(.refused, "this is a list that contains itself") }
        return digest
    }

    // MARK: - Packages

    private static func package(_ json: JSONValue, _ manifest: FetchedManifest) throws -> RemotePackage {
        let config = json["config"]?["mediaType"]?.stringValue ?? ""
        let kind = json["artifactType"]?.stringValue ?? config
        guard kind.hasPrefix(current) || kind.hasPrefix(draft), config.hasPrefix(current) || config.hasPrefix(draft)
        else { throw other(kind.isEmpty ? config : kind) }
        guard config.hasSuffix(".config.v1+json") else {
            throw DistributionError(
                .refused, "the model's configuration is of the unknown kind '\(SafeText.short(config))'")
        }
        let layers = json["layers"]?.arrayValue ?? []
        guard !layers.isEmpty, layers.count <= 10_000 else {
            throw DistributionError(.refused, "the manifest has \(layers.count) layers; expected 1 to 10000")
        }
        var blobs: [Blob] = []
        for (place, layer) in [("config", json["config"] ?? .null)] + layers.enumerated().map({ ("layers[\($0)]", $1) })
        {
            blobs.append(try blob(layer, place))
        }
        try check(blobs)
        for (index, layer) in layers.enumerated() { try check(layer, "layers[\(index)]") }
        if let version = try version(manifest, kind) { return .version(version) }
        return try foreign(layers)
    }

    /// Our own form; `nil` for another tool's, which has no description or names the graph otherwise.
    private static func version(_ manifest: FetchedManifest, _ kind: String) throws -> PackageManifest? {
        guard kind == PackageManifest.artifactType else { return nil }
        let parsed = try PackageManifest(parsing: manifest.bytes)
        return parsed.isVersion ? parsed : nil
    }

    private static func foreign(_ layers: [JSONValue]) throws(DistributionError) -> RemotePackage {
        let weights = layers.enumerated().filter { $1["mediaType"]?.stringValue?.contains(".weight.v1.") ?? false }
        let graphs = weights.filter { path($1)?.lowercased().hasSuffix(".onnx") ?? false }
        guard let (index, layer) = graphs.first, graphs.count == 1, weights.count == 1, let path = path(layer) else {
            let names = weights.compactMap { path($1) }.prefix(5).map(SafeText.short).joined(separator: ", ")
            throw DistributionError(
                .refused,
                "the package of another tool has no single ONNX file; its weights are: "
                    + (names.isEmpty ? "none" : names),
                help: "unpack it with the tool that made it, and import the ONNX file with 'slipway import'")
        }
        return .foreign(graph: try blob(layer, "layers[\(index)]"), path: path)
    }

    private static func path(_ layer: JSONValue) -> String? {
        let notes = layer["annotations"]
        return notes?["org.cncf.model.filepath"]?.stringValue ?? notes?["org.cnai.model.filepath"]?.stringValue
    }

    private static func blob(_ json: JSONValue, _ place: String) throws(DistributionError) -> Blob {
        guard let text = json["digest"]?.stringValue, let digest = try? Digest(text) else {
            throw DistributionError(.damaged, "\(place) of the manifest has no SHA-256 digest")
        }
        guard let size = json["size"]?.intValue, size >= 0 else {
            throw DistributionError(.damaged, "\(place) of the manifest has no size that can be")
        }
        guard json["urls"] == nil else {
            throw DistributionError(
                .refused, "\(place) of the manifest is to be fetched from elsewhere, which is not done")
        }
        return Blob(digest: digest, size: size)
    }

    /// No digest has two sizes, and all of them together can be counted.
    private static func check(_ blobs: [Blob]) throws(DistributionError) {
        var sizes: [Digest: Int] = [:]
        var total = 0
        for blob in blobs {
            if let known = sizes[blob.digest] {
                guard known == blob.size else {
                    throw DistributionError(.damaged, "the manifest tells two sizes of blob \(blob.digest)")
                }
                continue
            }
            sizes[blob.digest] = blob.size
            let (sum, overflow) = total.addingReportingOverflow(blob.size)
            guard !overflow, sum <= largest else {
                throw DistributionError(.tooLarge, "the package is larger than the \(largest) bytes that are accepted")
            }
            total = sum
        }
    }

    private static func check(_ layer: JSONValue, _ place: String) throws(DistributionError) {
        let type = layer["mediaType"]?.stringValue ?? ""
        let name = type.replacing(draft, with: current)
        if LayerKind(rawValue: name) != nil { return }
        if name.hasPrefix(current), name.contains(".v1.tar") {
            throw DistributionError(
                .refused, "\(place) is packed as '\(SafeText.short(type))'; only raw files are read",
                help: "unpack it with the tool that made it, and import the ONNX file with 'slipway import'")
        }
        throw DistributionError(.refused, "\(place) is of the unknown kind '\(SafeText.short(type))'")
    }

    private static func other(_ type: String) -> DistributionError {
        let known = [
            ("application/vnd.kitops.", "a KitOps ModelKit", "unpack it with 'kit unpack'"),
            ("application/vnd.docker.ai.", "a model of Docker's", "get its file with that tool"),
            ("application/vnd.ollama.", "a model of Ollama's", "get its file with that tool"),
            ("application/vnd.oci.image.config", "a container image", nil),
            ("application/vnd.docker.container.image", "a container image", nil),
            ("application/vnd.slipway.", "something known about a version", "pull the version itself"),
        ]
        let match = known.first { type.hasPrefix($0.0) }
        let what = match.map { "\($0.1), '\(SafeText.short(type))'" } ?? "of the kind '\(SafeText.short(type))'"
        let help = match?.2.map { $0.hasPrefix("pull") ? $0 : "\($0), and import the ONNX file with 'slipway import'" }
        return DistributionError(
            .refused, "this is \(what), and not a model package (\(PackageManifest.artifactType))", help: help ?? nil)
    }
}
