import Tensors
import Testing
import Trust

@testable import Registry

@Suite struct PackageTests {
    @Test func theManifestOfAPackageNeverChanges() throws {
        let home = try TemporaryHome()
        let contents = PackageContents(
            graph: .bytes([1, 2, 3]), signature: .sample,
            processing: ["output": ["argmax": ["axis": 1]]], labels: ["team": "vision", "stage": "test"],
            facts: ModelFacts(architecture: "mlp", precision: "fp32", parameterCount: 17_226),
            otherFiles: [.init(path: "docs/README.md", kind: .documentation, source: .bytes([4]))])
        let (manifest, blob) = try PackageBuilder(store: BlobStore(home.directory)).build(contents)
        let text = String(decoding: manifest.encoded(), as: UTF8.self)
        #expect(text == Self.golden)
        #expect(blob.digest == Digest(of: manifest.encoded()))
        #expect(try PackageManifest(parsing: manifest.encoded()) == manifest)
        #expect(manifest.graph?.blob == Blob(digest: Digest(of: [1, 2, 3]), size: 3))
    }

    @Test func theConfigurationHasModelPacksMembersOnly() throws {
        let home = try TemporaryHome()
        let store = BlobStore(home.directory)
        let (manifest, _) = try PackageBuilder(store: store).build(.sample("g"))
        let config = try store.bytes(manifest.config.digest, limit: 10_000)
        let diffs = manifest.layers.map { "\"\($0.blob.digest)\"" }.joined(separator: ",")
        #expect(
            String(decoding: config, as: UTF8.self)
                == #"{"config":{"format":"onnx"},"descriptor":{},"modelfs":{"diffIds":["# + diffs
                + #"],"type":"layers"}}"#)
    }

    @Test func theOrderOfFilesAndLabelsDoesNotMatter() throws {
        let home = try TemporaryHome()
        let files: [PackageContents.File] = [
            .init(path: "b", kind: .documentation, source: .bytes([1])),
            .init(path: "a", kind: .documentation, source: .bytes([2])),
        ]
        let digests = try [files, files.reversed()].map { files in
            let contents = PackageContents(
                graph: .bytes([1]), signature: .sample, labels: ["x": "1", "y": "2"], otherFiles: files)
            return try PackageBuilder(store: BlobStore(home.directory)).build(contents).blob.digest
        }
        #expect(digests[0] == digests[1])
    }

    @Test(arguments: [
        "", ".", "..", "../x", "/x", "a/../b", "a//b", "a/", "a\\b", "C:x", "a\nb", "slipway.json", "model.onnx",
        String(repeating: "x", count: 256),
    ])
    func pathsThatLeaveThePackageOrClashAreRefused(_ path: String) throws {
        let home = try TemporaryHome()
        let contents = PackageContents(
            graph: .bytes([1]), signature: .sample,
            otherFiles: [.init(path: path, kind: .documentation, source: .bytes([1]))])
        let error = try #require(throws: RegistryError.self) {
            try PackageBuilder(store: BlobStore(home.directory)).build(contents)
        }
        #expect(error.code == .invalid)
        #expect(try home.blobNames().isEmpty)
    }

    @Test func aStoredBlobHasToBeThere() throws {
        let home = try TemporaryHome()
        let store = BlobStore(home.directory)
        let blob = try store.put([1])
        _ = try PackageBuilder(store: store).build(PackageContents(graph: .stored(blob), signature: .sample))
        let missing = Blob(digest: Digest(of: [2]), size: 1)
        #expect(throws: RegistryError.self) {
            try PackageBuilder(store: store).build(PackageContents(graph: .stored(missing), signature: .sample))
        }
    }

    @Test(arguments: [
        "", "[]", "{}", "{", #"{"schemaVersion":1}"#, manifest(config: #"{"digest":"md5:x","size":1}"#),
        manifest(config: #"{"digest":"\#(digest)","size":-1}"#),
        manifest(config: #"{"digest":"\#(digest)","size":1.5}"#),
        manifest(config: #"{"digest":"\#(digest)","size":99999999999999999999}"#), manifest(layers: "{}"),
        manifest(layers: "[{}]"), manifest(layers: "[\(layer("../x"))]"),
        manifest(layers: "[\(layer("a")),\(layer("a"))]"), manifest(artifact: "application/other"),
        manifest() + "x",
    ])
    func brokenManifestsAreRefused(_ text: String) throws {
        let error = try #require(throws: RegistryError.self) { try PackageManifest(parsing: Array(text.utf8)) }
        #expect(error.code == .invalid)
    }

    @Test func manifestsOfOtherToolsAreRead() throws {
        let parsed = try PackageManifest(parsing: Array(Self.manifest(layers: "[\(Self.layer("model.gguf"))]").utf8))
        #expect(parsed.layers.map(\.path) == ["model.gguf"])
        #expect(parsed.graph == nil && parsed.description == nil)
    }

    @Test func largeManifestsAreRefusedUnread() throws {
        let bytes = [UInt8](repeating: 0x20, count: PackageManifest.largest + 1)
        let error = try #require(throws: RegistryError.self) { try PackageManifest(parsing: bytes) }
        #expect(error.code == .tooLarge)
    }

    /// What the first Slipway wrote: other bytes would give every version of every home another identity.
    private static let golden = """
        {"artifactType":"application/vnd.cncf.model.manifest.v1+json","config":{"digest":\
        "sha256:7ac5f85761bff6e12da84c5713a64dddcbbf1fb135f758c185be6007981f7400",\
        "mediaType":"application/vnd.cncf.model.config.v1+json","size":366},"layers":[\
        {"annotations":{"org.cncf.model.filepath":"docs/README.md"},\
        "digest":"sha256:e52d9c508c502347344d8c07ad91cbd6068afc75ff6292f062a09ca381c89e71",\
        "mediaType":"application/vnd.cncf.model.doc.v1.raw","size":1},\
        {"annotations":{"org.cncf.model.filepath":"model.onnx"},\
        "digest":"sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",\
        "mediaType":"application/vnd.cncf.model.weight.v1.raw","size":3},\
        {"annotations":{"org.cncf.model.filepath":"slipway.json"},\
        "digest":"sha256:4bfc3bdbc7741362f1ac53dd68ffa0fffc86ac8f94bf6111a516ab1e55f99fbc",\
        "mediaType":"application/vnd.cncf.model.weight.config.v1.raw","size":235}],\
        "mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
        """

    private static let digest = Digest(of: [1]).description

    private static func layer(_ path: String) -> String {
        #"{"annotations":{"org.cncf.model.filepath":"\#(path)"},"digest":"\#(digest)","mediaType":"m","size":1}"#
    }

    private static func manifest(
        artifact: String = PackageManifest.artifactType, config: String = #"{"digest":"\#(digest)","size":1}"#,
        layers: String = "[]"
    ) -> String {
        #"{"artifactType":"\#(artifact)","config":\#(config),"layers":\#(layers),"schemaVersion":2}"#
    }
}
