import Foundation
import Home
import Registry
import Synchronization
import Tensors
import Testing
import Trust

@testable import Distribution

func transientFault() -> any Error { DistributionError.transient("the connection broke") }

/// A home of its own for one test, removed with the last reference.
final class TemporaryHome: Sendable {
    let directory: HomeDirectory
    private let root: URL

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        directory = try HomeDirectory(path: root.path + "/home")
        try directory.create()
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func registry() throws -> ModelRegistry { ModelRegistry(try HomeDatabase.open(directory)) }
    func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
    var temporaryNames: [String] { names(in: directory.temporary) }
    var blobNames: [String] { names(in: directory.blobs) }

    func file(_ bytes: [UInt8]) throws -> String {
        let path = root.path + "/\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

extension Signature {
    /// `pixels` FP32 [N, 64] to `label` INT64 [N].
    static let sample = Signature(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])],
        outputs: [TensorSpec(name: "label", elementType: .int64, dimensions: [.symbol("N")])])
}

extension ModelRegistry {
    /// A version whose graph is these bytes.
    func add(_ graph: String, of model: String = "digits") throws -> VersionRecord {
        let contents = PackageContents(graph: .bytes(Array(graph.utf8)), signature: .sample)
        return try addVersion(of: try ModelName(model), package: contents).record
    }
}

/// Checks that find what they are told to find.
struct PretendChecks: PullChecks {
    var signature = Signature.sample
    var fault: (any Error & Sendable)?
    var registry: ModelRegistry?
    /// Gets what was checked.
    var seen: SeenGraphs?

    func check(_ graph: PackagedGraph) async throws -> JSONValue? {
        if let fault { throw fault }
        guard signature.isCompatible(with: graph.declared) else { throw DistributionError(.damaged, "another model") }
        for (name, path) in graph.others.merging(["": graph.path], uniquingKeysWith: { one, _ in one }) {
            let found = Digest(of: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
            guard name.isEmpty || found.hex == name else { throw DistributionError(.damaged, "'\(name)' is another") }
        }
        seen?.all.withLock { $0.append(graph) }
        return .object([("engines", [])])
    }

    func check(_ pipeline: PackagedPipeline) async throws {
        for member in pipeline.members { _ = try await check(member.graph) }
    }

    func importing(
        _ path: String, named name: String, as model: ModelName, provenance: JSONValue
    ) async throws -> ModelRegistry.Addition {
        let registry = try #require(registry)
        return try registry.addVersion(
            of: model, package: PackageContents(graph: .file(path), signature: signature), provenance: provenance,
            source: name)
    }
}

/// What was checked.
final class SeenGraphs: Sendable {
    let all = Mutex<[PackagedGraph]>([])
}

/// A client whose pauses take no time.
func client(
    _ wire: any Wire, at place: String = "registry.example/team/digits",
    _ change: (inout RegistryClient.Options) throws -> Void = { _ in }
) throws -> RegistryClient {
    var options = RegistryClient.Options()
    options.pause = { _ in }
    options.limits.chunk = 1000
    try change(&options)
    return RegistryClient(try RemoteReference(place), over: wire, options: options)
}

/// The code of the `DistributionError` that `body` throws.
func fault<Result>(_ body: () async throws -> Result) async -> DistributionError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? DistributionError
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

func randomBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

func blob(_ bytes: [UInt8]) -> Blob { Blob(digest: Digest(of: bytes), size: bytes.count) }
