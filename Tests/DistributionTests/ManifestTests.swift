import Registry
import Tensors
import Testing
import Trust

@testable import Distribution

/// Row 87 of the attack table: manifests that are not to be taken.
@Suite(.timeLimit(.minutes(1))) struct ManifestTests {
    private static let model = "application/vnd.cncf.model."
    private static let one = Digest(of: [1]).description

    private static func descriptor(
        _ type: String, digest: String = one, size: String = "1", path: String? = nil, more: String = ""
    ) -> String {
        let note = path.map { #","annotations":{"org.cncf.model.filepath":"\#($0)"}"# } ?? ""
        return #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)\#(note)\#(more)}"#
    }

    private static let weight = descriptor(model + "weight.v1.raw", path: "model.onnx")
    private static let about = descriptor(model + "weight.config.v1.raw", path: "slipway.json")

    private static func manifest(
        layers: [String] = [weight, about], artifact: String = PackageManifest.artifactType,
        config: String = descriptor(model + "config.v1+json"), type: String = MediaType.imageManifest
    ) -> String {
        #"{"schemaVersion":2,"mediaType":"\#(type)","artifactType":"\#(artifact)","config":\#(config),"#
            + #""layers":[\#(layers.joined(separator: ","))]}"#
    }

    private func read(_ text: String, type: String = MediaType.imageManifest) throws -> RemotePackage {
        try RemotePackage(
            FetchedManifest(bytes: Array(text.utf8), mediaType: type, digest: Digest(of: Array(text.utf8))))
    }

    @Test func ourOwnPackageIsRead() throws {
        guard case .version(let version) = try read(Self.manifest()) else {
            Issue.record("not read as a version")
            return
        }
        #expect(version.layers.map(\.path) == ["model.onnx", "slipway.json"])
    }

    @Test func aPackageOfAnotherToolIsReadAsItsGraph() throws {
        let text = Self.manifest(layers: [
            Self.descriptor(Self.model + "weight.v1.raw", path: "nets/resnet.onnx"),
            Self.descriptor(Self.model + "doc.v1.raw", path: "README.md"),
        ])
        #expect(try read(text) == .foreign(graph: blob([1]), path: "nets/resnet.onnx"))
    }

    @Test func anEarlierDraftOfModelPackIsReadAsItsGraph() throws {
        let text = Self.manifest(layers: [Self.weight]).replacing("vnd.cncf.model", with: "vnd.cnai.model")
            .replacing("org.cncf.model", with: "org.cnai.model")
        #expect(try read(text) == .foreign(graph: blob([1]), path: "model.onnx"))
    }

    @Test(arguments: [
        ("a KitOps ModelKit", "application/vnd.kitops.modelkit.config.v1+json"),
        ("a model of Docker's", "application/vnd.docker.ai.model.config.v0.1+json"),
        ("a container image", "application/vnd.oci.image.config.v1+json"),
        ("a container image", "application/vnd.docker.container.image.v1+json"),
        ("of the kind", "application/vnd.unknown"),
    ])
    func whatIsNoModelPackageIsNamed(_ name: String, _ type: String) {
        let text = Self.manifest(config: Self.descriptor(type)).replacing(
            #""artifactType":"\#(PackageManifest.artifactType)","#, with: "")
        let error = #expect(throws: DistributionError.self) { try read(text) }
        #expect(error?.code == .refused && error?.message.contains(name) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        descriptor(model + "weight.v1.tar", path: "model.onnx"),
        descriptor(model + "weight.v1.tar+gzip", path: "model.onnx"),
        descriptor(model + "weight.v2.raw", path: "model.onnx"), descriptor("application/x-evil", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", path: "model.onnx", more: #","urls":["http://169.254.169.254/"]"#),
        descriptor(model + "weight.v1.raw", path: "model.onnx", more: #","urls":[]"#),
        descriptor(model + "weight.v1.raw", path: "model.gguf"),
    ])
    func layersThatAreNotTakenAreRefused(_ layer: String) {
        let error = #expect(throws: DistributionError.self) { try read(Self.manifest(layers: [layer])) }
        #expect(error?.code == .refused, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        descriptor(model + "weight.v1.raw", size: "9223372036854775808", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", size: "-1", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", size: "1.5", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", size: "\"1\"", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", size: "2", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", digest: "sha256:../../etc/x", path: "model.onnx"),
        descriptor(model + "weight.v1.raw", digest: "md5:d41d8cd98f00b204e9800998ecf8427e", path: "model.onnx"),
    ])
    func sizesAndDigestsThatCannotBeAreNoticed(_ layer: String) {
        let error = #expect(throws: DistributionError.self) { try read(Self.manifest(layers: [layer, Self.about])) }
        #expect(error?.code == .damaged, "\(error?.message ?? "")")
    }

    @Test func sizesWhoseSumOverflowsAreRefused() {
        let huge = (0..<3).map { index in
            Self.descriptor(
                Self.model + "weight.v1.raw", digest: Digest(of: [9, UInt8(index)]).description,
                size: "9223372036854775807", path: "w\(index).onnx")
        }
        let error = #expect(throws: DistributionError.self) { try read(Self.manifest(layers: huge)) }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: ["../model.onnx", "/etc/passwd", "a\\b", "C:x", ""])
    func pathsThatLeaveThePackageAreRefused(_ path: String) {
        let escaped = path.replacing("\\", with: "\\\\")
        let layer = Self.descriptor(Self.model + "code.v1.raw", path: escaped)
        #expect(throws: RegistryError.self) { try read(Self.manifest(layers: [Self.weight, Self.about, layer])) }
    }

    @Test func aHundredThousandLayersAreRefused() {
        let text = Self.manifest(layers: Array(repeating: #"{"size":1}"#, count: 100_000))
        let error = #expect(throws: DistributionError.self) { try read(text) }
        #expect(error?.code == .refused)
    }

    @Test func aManifestOverFourMegabytesIsNotRead() async throws {
        let registry = PretendRegistry()
        let counter = Counter()
        let spaces = [UInt8](repeating: 0x20, count: 1 << 20)
        registry.intercept { _ in WireReply(status: 200, body: Broken.endless(spaces, counted: counter)) }
        let error = await fault { try await client(registry).manifest(.tag("1")) }
        #expect(error?.code == .tooLarge && counter.value <= 6 << 20)
    }

    @Test func nestingTooDeepToReadIsAnError() {
        let deep = String(repeating: "[", count: 100_000)
        let error = #expect(throws: DistributionError.self) { try read(deep) }
        #expect(error?.code == .damaged)
    }

    @Test(arguments: [
        (#"{"manifests":[]}"#, false), (#"{"manifests":5}"#, false), ("{}", false),
        (#"{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"\#(one)"}]}"#, false),
        (#"{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(one)"}]}"#, true),
    ])
    func ofAListOnlyTheOneModelIsTaken(_ text: String, _ isTaken: Bool) {
        let package = try? read(text, type: MediaType.imageIndex)
        #expect((package == .list(next: Digest(of: [1]))) == isTaken)
    }

    /// A list cannot hold its own digest, but a registry may answer with the same list for every digest.
    @Test func aListThatContainsItselfEnds() async throws {
        let registry = PretendRegistry()
        let home = try TemporaryHome()
        let entry = #"{"mediaType":"\#(MediaType.imageManifest)","digest":"\#(Self.one)"}"#
        let list = Array(#"{"schemaVersion":2,"manifests":[\#(entry)]}"#.utf8)
        registry.intercept { _ in
            WireReply(
                status: 200, headers: HeaderFields([("Content-Type", MediaType.imageIndex)]), body: WireBody(list))
        }
        let puller = Puller(
            registry: try home.registry(), client: try client(registry),
            checks: PretendChecks())
        let error = await fault { try await puller.run(.tag("1"), as: ModelName("digits")) }
        #expect(error?.code == .damaged && registry.seen.count == 2)
    }

    @Test(arguments: ["sha256:../../etc/x", "sha256:00", "md5:x", ""])
    func aDigestThatTheRegistryMakesUpIsNoticed(_ digest: String) async throws {
        let registry = PretendRegistry()
        let text = Self.manifest()
        registry.intercept { _ in
            WireReply(
                status: 200, headers: HeaderFields([("Docker-Content-Digest", digest)]),
                body: WireBody(Array(text.utf8)))
        }
        let error = await fault { try await client(registry).manifest(.tag("1")) }
        #expect(error?.code == .damaged)
    }

    @Test func anotherManifestThanAskedForIsNoticed() async throws {
        let registry = PretendRegistry()
        let text = Self.manifest()
        registry.intercept { _ in WireReply(status: 200, body: WireBody(Array(text.utf8))) }
        let error = await fault {
            try await client(registry).manifest(.digest(Digest(of: [1])))
        }
        #expect(error?.code == .damaged)
    }
}
