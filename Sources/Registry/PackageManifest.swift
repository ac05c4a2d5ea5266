import Tensors
import Trust

/// The manifest of a version: an OCI image manifest in ModelPack's form.
///
/// Equal packages give equal bytes: members are sorted, nothing tells a time, a host or a measurement. The digest of
/// these bytes is the version's identity.
///
/// Source: OCI Image Specification 1.1, "Image Manifest"; ModelPack model-spec.
package struct PackageManifest: Hashable, Sendable {
    /// One file of the package.
    package struct Layer: Hashable, Sendable {
        package let path: String
        package let mediaType: String
        package let blob: Blob
    }

    package let config: Blob
    package let layers: [Layer]

    package static let mediaType = "application/vnd.oci.image.manifest.v1+json"
    package static let artifactType = "application/vnd.cncf.model.manifest.v1+json"
    static let configMediaType = "application/vnd.cncf.model.config.v1+json"
    static let pathAnnotation = "org.cncf.model.filepath"
    /// The largest manifest that registries have to accept. Source: OCI Distribution Specification 1.1.
    package static let largest = 4 << 20
    static let mostLayers = 10_000

    /// The layer of the graph.
    package var graph: Layer? { layers.first { $0.path == PackageContents.graphPath } }
    /// The layer of the pipeline, in a package that is one.
    package var pipeline: Layer? { layers.first { $0.path == PackageContents.pipelinePath } }
    /// Whether it is a version as Slipway writes it: described, and a graph or a pipeline.
    package var isVersion: Bool { description != nil && (graph != nil || pipeline != nil) }

    /// The layer that holds the `PackageDescription`.
    package var description: Layer? { layers.first { $0.path == PackageDescription.path } }
    /// Bytes of the configuration and all layers.
    package var contentSize: Int {
        layers.reduce(config.size) { $0.addingReportingOverflow($1.blob.size).partialValue }
    }

    init(config: Blob, layers: [Layer]) {
        self.config = config
        self.layers = layers
    }

    /// The manifest's bytes.
    package func encoded() -> [UInt8] {
        let layers = layers.map { layer in
            JSONValue.object([
                ("annotations", .object([(Self.pathAnnotation, .string(layer.path))])),
                ("digest", .string(layer.blob.digest.description)), ("mediaType", .string(layer.mediaType)),
                ("size", .integer(layer.blob.size)),
            ])
        }
        return JSONValue.object([
            ("artifactType", .string(Self.artifactType)),
            (
                "config",
                .object([
                    ("digest", .string(config.digest.description)), ("mediaType", .string(Self.configMediaType)),
                    ("size", .integer(config.size)),
                ])
            ),
            ("layers", .array(layers)), ("mediaType", .string(Self.mediaType)), ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
    }

    /// Reads a manifest, of ours or of another tool.
    ///
    /// - Throws: `RegistryError.Code.invalid`, naming the member that is wrong; `.tooLarge` over 4 MiB.
    package init(parsing bytes: [UInt8]) throws(RegistryError) {
        guard bytes.count <= Self.largest else {
            throw RegistryError(.tooLarge, "a manifest of \(bytes.count) bytes; at most \(Self.largest) are accepted")
        }
        let json = try Self.parsed(bytes)
        guard json["schemaVersion"]?.intValue == 2, json["artifactType"]?.stringValue == Self.artifactType else {
            throw RegistryError(
                .invalid, "the manifest is not that of a model: expected artifactType \(Self.artifactType)")
        }
        guard let config = json["config"], let elements = json["layers"]?.arrayValue, elements.count <= Self.mostLayers
        else {
            throw RegistryError(.invalid, "the manifest needs 'config' and at most \(Self.mostLayers) 'layers'")
        }
        var layers: [Layer] = []
        for element in elements { layers.append(try Self.layer(element, place: "layers[\(layers.count)]")) }
        guard Set(layers.map(\.path)).count == layers.count else {
            throw RegistryError(.invalid, "two layers of the manifest have the same path")
        }
        self.init(config: try Self.blob(config, place: "config"), layers: layers)
    }

    private static func parsed(_ bytes: [UInt8]) throws(RegistryError) -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw RegistryError(.invalid, "the manifest is not valid JSON: \(error.message)")
        }
    }

    private static func layer(_ json: JSONValue, place: String) throws(RegistryError) -> Layer {
        guard let path = json["annotations"]?[pathAnnotation]?.stringValue,
            let mediaType = json["mediaType"]?.stringValue
        else {
            throw RegistryError(.invalid, "\(place) of the manifest needs 'mediaType' and \(pathAnnotation)")
        }
        return Layer(path: try checked(path: path), mediaType: mediaType, blob: try blob(json, place: place))
    }

    /// Reads a descriptor.
    static func blob(_ json: JSONValue, place: String) throws(RegistryError) -> Blob {
        guard let text = json["digest"]?.stringValue, let size = json["size"]?.intValue, size >= 0 else {
            throw RegistryError(.invalid, "\(place) of the manifest needs 'digest' and 'size'")
        }
        do {
            return Blob(digest: try Digest(text), size: size)
        } catch {
            throw RegistryError(.invalid, "\(place) of the manifest: \(error.message)")
        }
    }

    /// A path that stays inside the directory it is unpacked in, on every system.
    ///
    /// - Throws: `RegistryError.Code.invalid`.
    static func checked(path: String) throws(RegistryError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0 != "\\" && $0 != ":" }
        // Windows leaves dots and blanks at the end of a name out: 'a.' would be 'a', and '...' the folder above.
        let arePlain = parts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") && !$0.hasSuffix(" ") }
        guard isPlain, arePlain, path.utf8.count <= 255 else {
            throw RegistryError(
                .invalid,
                "'\(path.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined())' is no path of"
                    + " a file inside a package", help: "use a relative path with '/' and without '..', ':' or '\\'")
        }
        return path
    }
}
