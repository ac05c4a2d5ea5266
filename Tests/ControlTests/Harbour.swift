import Dispatch
import Engines
import Home
import Logging
import Monitor
import Registry
import Release
import Serve
import Synchronization
import Tensors
import TestSupport
import Trust

@testable import Control

/// A home with versions whose engine is made up: what is written in a "model" decides how it behaves.
final class Harbour: Sendable {
    let folder: TemporaryDirectory
    let registry: ModelRegistry
    let engine = MadeEngine()
    let metrics = MetricsRegistry()
    let serveMetrics: ServeMetrics
    let plane: DataPlane
    let platform: LocalPlatform

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        keepsMarks: Bool = true, seals: SealPolicy? = nil,
        memory: (MadeEngine) -> MemoryBudget = { _ in MemoryBudget(limit: nil) }
    ) throws {
        folder = try TemporaryDirectory()
        registry = ModelRegistry(try HomeDatabase.open(HomeDirectory(path: folder.file("home"))))
        serveMetrics = ServeMetrics(registry: metrics)
        plane = DataPlane(
            configuration: DataPlaneConfiguration(port: 0, serverVersion: "1"), authenticator: OpenAccess(),
            metrics: serveMetrics, logger: Self.logger)
        platform = LocalPlatform(
            plane: plane, registry: registry, engines: engine, concurrentRuns: 1, memory: memory(engine),
            metrics: metrics, keepsMarks: keepsMarks, seals: seals, logger: Self.logger)
    }

    var deployments: Deployments { Deployments(registry) }
    var marks: Marks { Marks(database: registry.database) }

    /// Registers the next version of `digits`.
    ///
    /// - Parameter model: begins with `runs`, `refuses`, `fails` or `waits`; what follows tells versions apart.
    @discardableResult
    func version(
        _ model: String, signature: Signature = .digits, processing: JSONValue? = nil, labels: [String: String] = [:],
        note: String = ""
    ) throws -> Candidate {
        let record = try registry.addVersion(
            of: try ModelName("digits"),
            package: PackageContents(
                graph: .bytes(Array(model.utf8)), signature: signature, processing: processing, labels: labels),
            note: note
        ).record
        return try deployments.candidate(record.reference)
    }

    func revision(_ number: Int, _ spec: EndpointSpec) throws -> Revision {
        Revision(endpoint: try .digits, number: number, spec: spec, cause: .deploy, createdAt: 0)
    }

    func mark(_ candidate: Candidate) throws -> MarkRow.State? {
        try registry.database.read { try $0.mark(ofDigest: candidate.digest, at: "digits")?.state }
    }
}

extension EndpointName {
    static var digits: EndpointName { get throws { try EndpointName("digits") } }
}

extension Signature {
    /// `pixels` FP32 [N, 2] to `label` INT64 [N].
    static let digits = Signature(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])],
        outputs: [TensorSpec(name: "label", elementType: .int64, dimensions: [.symbol("N")])])
}

extension EndpointSpec {
    static func only(_ candidate: Candidate, engine: EngineChoice = .auto) throws -> EndpointSpec {
        try EndpointSpec(arms: [.stable(candidate)], settings: EndpointSettings(engine: engine))
    }

    static func canary(_ stable: Candidate, _ canary: Candidate) throws -> EndpointSpec {
        try EndpointSpec(arms: [
            Arm(version: stable.version, digest: stable.digest, weight: 9_000, role: .stable),
            Arm(version: canary.version, digest: canary.digest, weight: 1_000, role: .canary),
        ])
    }
}

/// An engine that reads what to do from the model file, and knows which of its sessions are still in memory.
final class MadeEngine: Engine, EngineSource {
    let kind = EngineKind.onnxRuntime
    let version = "0"
    let devices = [Device.cpu]
    private let sessions = Mutex<[WeakSession]>([])
    private let gate = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    private struct WeakSession: Sendable { weak let session: MadeSession? }

    func engine(_ kind: EngineKind) throws(EngineError) -> any Engine { self }

    func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
        guard case .file(let path) = source, let text = try? TextFile.read(path) else {
            throw EngineError(.modelRejected, kind, "no file")
        }
        guard !text.hasPrefix("refuses") else { throw EngineError(.modelRejected, kind, "made to be refused") }
        if text.hasPrefix("waits") {
            arrivals.continuation.yield()
            gate.wait()
        }
        let session = MadeSession(fails: text.hasPrefix("fails"), options: options)
        sessions.withLock { $0.append(WeakSession(session: session)) }
        return session
    }

    /// Returns when a model that begins with `waits` is being loaded.
    func reached() async {
        for await _ in arrivals.stream { return }
    }

    /// Lets that load end.
    func goOn() { gate.signal() }

    /// Sessions loaded so far.
    var loaded: Int { sessions.withLock { $0.count } }
    /// Those still in memory.
    var alive: [MadeSession] { sessions.withLock { $0.compactMap(\.session) } }
}

final class MadeSession: Session {
    let engine = EngineKind.onnxRuntime
    let device = Device.cpu
    let signature = Signature.digits
    let options: SessionOptions
    private let fails: Bool

    init(fails: Bool, options: SessionOptions) {
        self.fails = fails
        self.options = options
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        guard !fails, let rows = inputs.first?.shape.dimensions.first else {
            throw EngineError(.runFailed, engine, "made to fail")
        }
        do {
            outputs = [.tensor(try Tensor(zeros: .int64, Shape([rows])))]
        } catch {
            throw EngineError(.runFailed, engine, error.message)
        }
    }
}
