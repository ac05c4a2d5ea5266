import Tensors
import Trust

/// Stores the blobs of a package.
struct PackageBuilder {
    let store: BlobStore

    /// Stores every file, the configuration, the description and last the manifest.
    ///
    /// - Returns: the manifest and its blob.
    func build(_ contents: PackageContents) throws(RegistryError) -> (manifest: PackageManifest, blob: Blob) {
        try check(contents)
        var layers: [PackageManifest.Layer] = []
        for file in contents.files {
            layers.append(
                PackageManifest.Layer(
                    path: file.path, mediaType: file.kind.mediaType, blob: try put(file.source)))
        }
        let description = PackageDescription(
            signature: contents.signature, processing: contents.processing, labels: contents.labels)
        layers.append(
            PackageManifest.Layer(
                path: PackageDescription.path, mediaType: LayerKind.configuration.mediaType,
                blob: try store.put(description.encoded())))
        layers.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let config = try store.put(Self.configuration(contents.facts, layers))
        let manifest = PackageManifest(config: config, layers: layers)
        return (manifest, try store.put(manifest.encoded()))
    }

    private func check(_ contents: PackageContents) throws(RegistryError) {
        var paths: Set<String> = [PackageDescription.path]
        for file in contents.files {
            guard paths.insert(try PackageManifest.checked(path: file.path)).inserted else {
                throw RegistryError(.invalid, "the package has two files '\(file.path)'")
            }
        }
        let hasContent = paths.contains(PackageContents.graphPath) || paths.contains(PackageContents.pipelinePath)
        guard hasContent, paths.count <= PackageManifest.mostLayers else {
            throw RegistryError(
                .invalid,
                "a package needs '\(PackageContents.graphPath)' and at most \(PackageManifest.mostLayers) files")
        }
    }

    private func put(_ source: PackageContents.File.Source) throws(RegistryError) -> Blob {
        switch source {
        case .file(let path): return try store.put(file: path)
        case .bytes(let bytes): return try store.put(bytes)
        case .stored(let blob):
            _ = try store.checkedPath(blob)
            return blob
        }
    }

    /// Source: ModelPack model-spec, `config-schema.json`. Layers are stored raw, so that their digests are the
    /// `diffIds` too.
    private static func configuration(_ facts: ModelFacts, _ layers: [PackageManifest.Layer]) -> [UInt8] {
        var config: [(String, JSONValue)] = [("format", .string(facts.format))]
        if let architecture = facts.architecture { config.append(("architecture", .string(architecture))) }
        if let precision = facts.precision { config.append(("precision", .string(precision))) }
        if let count = facts.parameterCount { config.append(("paramSize", .string(String(count)))) }
        return JSONValue.object([
            ("config", .object(config)), ("descriptor", [:]),
            (
                "modelfs",
                .object([
                    ("diffIds", .array(layers.map { .string($0.blob.digest.description) })), ("type", "layers"),
                ])
            ),
        ]).encoded(sortedKeys: true)
    }
}
