import Engines
import Glibc
import Home
import Registry
import Tensors
import TestSupport
import Testing
import Trust

@testable import Workshop

/// What an engine's optimisation made of a graph is kept, compared, used, and never believed from elsewhere.
@Suite(.timeLimit(.minutes(2))) struct PreparedGraphTests {
    private let folder: TemporaryDirectory
    private let registry: ModelRegistry
    private let engine: any Engine
    private let target: PreparationTarget
    private static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])],
        outputs: [TensorSpec(name: "y", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])])

    init() throws {
        folder = try TemporaryDirectory()
        registry = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("home"))))
        engine = try EngineCatalog().engine(.onnxRuntime)
        target = try #require(PreparationTarget(engine))
    }

    private func version(_ model: [UInt8]? = nil) throws -> Digest {
        try registry.addVersion(
            of: ModelName("chain"),
            package: PackageContents(
                graph: .bytes(model ?? MadeModel.chain(layers: 2, width: 64)), signature: Self.signature)
        ).record.digest
    }

    /// Loads a version for the first time, and keeps what came of it.
    private func keep(_ digest: Digest) throws -> GraphRecorder.Outcome {
        let recorder = GraphRecorder(registry, for: target, least: 1)
        _ = try registry.session(
            digest, on: engine, checked: try registry.check(digest, for: target), recorder: recorder)
        return try #require(recorder.outcomes.first).outcome
    }

    private func answer(_ digest: Digest, _ checked: CheckedVersion?) throws -> [UInt8] {
        let session = try registry.session(digest, on: engine, checked: checked)
        let inputs = try SampleInputs().tensors(for: session.signature, rows: 3)
        return Array(try session.run(inputs)[0].bytes)
    }

    @Test func whatIsKeptIsUsedAndAnswersTheSame() throws {
        let digest = try version()
        #expect(try registry.check(digest, for: target).prepared.isEmpty)
        guard case .kept(let bytes) = try keep(digest) else {
            Issue.record("it was not kept")
            return
        }
        #expect(bytes >= 64 * 64 * 4)
        let checked = try registry.check(digest, for: target)
        #expect(checked.prepared[digest]?.weightBytes == 64 * 64 * 4 && checked.sparedBytes > 0)
        #expect(try answer(digest, checked) == answer(digest, nil))
        #expect(try registry.check().findings == [])
        #expect(TextFile.list(registry.database.home.temporary) == [], "what the engine wrote is gone")
    }

    @Test func itIsLoadedWithoutTheOriginal() throws {
        let digest = try version()
        let expected = try answer(digest, nil)
        _ = try keep(digest)
        let path = try registry.modelFilePath(digest)
        chmod(path, 0o600)
        try TextFile.write([UInt8](repeating: 7, count: Int(TextFile.bytes(path).count)), to: path)
        #expect(try answer(digest, registry.check(digest, for: target)) == expected)
        #expect(throws: RegistryError.self, "who reads it compares it") { try registry.check(digest, for: nil) }
    }

    @Test(arguments: [true, false])
    func oneThatWasDamagedIsForgottenAndMadeAgain(_ graph: Bool) throws {
        let digest = try version()
        _ = try keep(digest)
        let prepared = try #require(try registry.check(digest, for: target).prepared[digest])
        let path = registry.blobs.path(graph ? prepared.graph.digest : prepared.weights[0].digest)
        var bytes = try TextFile.bytes(path)
        bytes[bytes.count / 2] ^= 1
        chmod(path, 0o600)
        try TextFile.write(bytes, to: path)
        #expect(try registry.check(digest, for: target).prepared.isEmpty)
        #expect(try registry.referrers(of: digest, kind: .prepared).isEmpty)
        guard case .kept = try keep(digest) else {
            Issue.record("it was not made again")
            return
        }
        #expect(try registry.check(digest, for: target).prepared[digest] == prepared)
    }

    @Test func anotherMachineOrEngineHasItsOwnAndReplacesIt() throws {
        let digest = try version()
        _ = try keep(digest)
        let other = try #require(
            PreparationTarget(engine, machine: Machine(processor: "another", cores: 1, extensions: ["sve"])))
        #expect(try registry.check(digest, for: other).prepared.isEmpty)
        try registry.recordPrepared(.object([("refused", "a test")]), of: digest, other)
        #expect(try registry.check(digest, for: target).prepared.isEmpty, "one for each version and engine")
        #expect(registry.hasPreparedGraph(digest, for: other), "it is not tried again")
    }

    @Test func garbageCollectionKeepsItWithItsVersionAndFreesItAfterwards() throws {
        let digest = try version()
        _ = try keep(digest)
        let prepared = try #require(try registry.check(digest, for: target).prepared[digest])
        #expect(try registry.collectGarbage(undoWindow: -1).freedBlobs == 0)
        #expect(try !registry.check(digest, for: target).prepared.isEmpty)
        try registry.remove(Reference("chain:1"))
        _ = try registry.collectGarbage(undoWindow: -1)
        for blob in prepared.blobs { #expect(registry.blobs.size(blob.digest) == nil) }
    }

    @Test func noneLeavesInAnArchiveAndNoneIsTakenFromOne() async throws {
        let digest = try version()
        _ = try keep(digest)
        let archive = folder.file("chain.tar")
        _ = try registry.exportArchive(of: Reference("chain:1"), to: archive)
        let other = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("other"))))
        _ = try await other.importArchive(ModelArchive(archive))
        #expect(try other.referrers(of: digest).isEmpty)
        #expect(try other.check(digest, for: target).prepared.isEmpty)
    }

    @Test func smallGraphsAndEnginesThatDoNotRecordAreLoadedAsTheyAre() throws {
        let digest = try version()
        let recorder = GraphRecorder(registry, for: target)
        _ = try registry.session(digest, on: engine, recorder: recorder)
        #expect(recorder.outcomes.isEmpty)
        #expect(PreparationTarget(try EngineCatalog().engine(.openVINO)) == nil)
    }
}
