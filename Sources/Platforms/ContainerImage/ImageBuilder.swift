package import Registry
import Tensors
package import Trust

/// An image that was made: its manifest, and the blobs that it names.
package struct BuiltImage: Hashable, Sendable {
    /// The manifest's bytes; their digest is the image's identity.
    package let manifest: [UInt8]
    package let configuration: Blob
    package let layers: [PackedLayer]

    package var digest: Digest { Digest(of: manifest) }
    /// Everything but the manifest.
    package var blobs: [Blob] { [configuration] + layers.map(\.blob) }
    /// Bytes that go over the wire.
    package var packedSize: Int { blobs.reduce(manifest.count) { $0 + $1.size } }
    /// Bytes on the disk of whoever runs it.
    package var unpackedSize: Int { layers.reduce(0) { $0 + $1.unpackedSize } }
}

/// Makes an image that serves one version, without a daemon. The same files give the same image, byte for byte.
package struct ImageBuilder {
    static let configurationType = "application/vnd.oci.image.config.v1+json"
    static let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

    /// What the image is called and how it runs.
    package struct Wish: Sendable {
        /// The version: `digits:3`.
        package var reference: String
        package var digest: Digest
        /// This program's version.
        package var programVersion: String
        /// The engine's name, as `run --engine` takes it, and its version.
        package var engine: (name: String, version: String)
        /// Where the image listens.
        package var port = 8080

        package init(reference: String, digest: Digest, programVersion: String, engine: (name: String, version: String))
        {
            self.reference = reference
            self.digest = digest
            self.programVersion = programVersion
            self.engine = engine
        }
    }

    private let contents: ImageContents
    private let store: ImageStore

    package init(contents: ImageContents, store: ImageStore) {
        self.contents = contents
        self.store = store
    }

    /// The layers, with the list of software in the last one.
    ///
    /// - Throws: `PlatformError` for a file that cannot be read.
    static func layers(
        _ contents: ImageContents, _ wish: Wish
    ) throws(PlatformError) -> [(title: String, entries: [LayerEntry])] {
        let software = SoftwareList(
            subject: wish.reference, items: try items(contents, wish), tool: "slipway-\(wish.programVersion)")
        return try contents.layers(software: software.document)
    }

    /// Makes the image. What was packed before is not packed again.
    ///
    /// - Parameter progress: told the layer that is worked at, and bytes read.
    /// - Throws: `PlatformError`.
    package func build(
        _ wish: Wish, progress: (_ layer: String, _ bytes: Int) -> Void = { _, _ in }
    ) throws(PlatformError) -> BuiltImage {
        var layers: [PackedLayer] = []
        for (title, entries) in try Self.layers(contents, wish) {
            layers.append(try store.add(title, entries) { progress(title, $0) })
        }
        let labels = Self.labels(wish)
        let configuration = try store.add(
            ImageConfiguration(
                architecture: .ofThisMachine, command: Self.command(wish), port: wish.port, labels: labels
            ).encoded(layers))
        return BuiltImage(
            manifest: Self.manifest(configuration, layers, labels), configuration: configuration, layers: layers)
    }

    /// What runs when nothing else is said. The console stays inside: whoever has a console looks from a home.
    static func command(_ wish: Wish) -> [String] {
        [
            "run", "/\(ImageContents.Place.model)", "--engine", wish.engine.name, "--host", "0.0.0.0", "--port",
            String(wish.port), "--control-host", "127.0.0.1", "--auth", "none",
        ]
    }

    static func labels(_ wish: Wish) -> [(String, String)] {
        let parts = wish.reference.split(separator: ":")
        return [
            ("dev.slipway.engine", "\(wish.engine.name)-\(wish.engine.version)"),
            ("dev.slipway.model.digest", wish.digest.description),
            ("dev.slipway.model.reference", wish.reference),
            ("org.opencontainers.image.description", "Serves the model \(wish.reference) with Slipway"),
            ("org.opencontainers.image.title", parts.first.map(String.init) ?? wish.reference),
            ("org.opencontainers.image.version", parts.dropFirst().first.map(String.init) ?? "1"),
        ]
    }

    private static func manifest(_ configuration: Blob, _ layers: [PackedLayer], _ labels: [(String, String)])
        -> [UInt8]
    {
        func descriptor(_ blob: Blob, _ type: String, _ title: String? = nil) -> JSONValue {
            var members: [(String, JSONValue)] = [
                ("digest", .string(blob.digest.description)), ("mediaType", .string(type)),
                ("size", .integer(blob.size)),
            ]
            if let title { members.append(("annotations", .object([("dev.slipway.layer", .string(title))]))) }
            return .object(members)
        }
        return JSONValue.object([
            ("annotations", .object(labels.map { ($0.0, .string($0.1)) })),
            ("config", descriptor(configuration, configurationType)),
            ("layers", .array(layers.map { descriptor($0.blob, layerType, $0.title) })),
            ("mediaType", .string(PackageManifest.mediaType)), ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
    }

    private static func items(
        _ contents: ImageContents, _ wish: Wish
    ) throws(PlatformError) -> [SoftwareList.Item] {
        var items = [
            SoftwareList.Item(
                name: "slipway", version: wish.programVersion, digest: try SoftwareList.digest(of: contents.program)),
            SoftwareList.Item(name: "model \(wish.reference)", version: wish.reference, digest: wish.digest),
        ]
        for (title, entries) in try contents.layers(software: []) where title == "engine" {
            for entry in entries {
                guard case .file(let path) = entry.content, path.contains(".so") else { continue }
                items.append(
                    SoftwareList.Item(
                        name: "\(wish.engine.name) \(ImageContents.name(of: path))", version: wish.engine.version,
                        digest: try SoftwareList.digest(of: path)))
            }
        }
        for package in BuiltPackages.all {
            var item = SoftwareList.Item(name: package.name, version: package.version, digest: nil)
            item.place = package.place
            items.append(item)
        }
        for library in contents.systemLibraries {
            items.append(
                SoftwareList.Item(
                    name: ImageContents.name(of: library.path), version: "as on the machine that made the image",
                    digest: try SoftwareList.digest(of: library.path)))
        }
        return items
    }
}
