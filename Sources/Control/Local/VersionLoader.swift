package import Engines
import Registry
import Release
import Serve
import Tensors
import Trust
import Workshop

/// Where engines come from: the catalog of installed libraries, or one made up for tests.
package protocol EngineSource: Sendable {
    /// - Throws: `EngineError.Code.notInstalled` or `.incompatible`.
    func engine(_ kind: EngineKind) throws(EngineError) -> any Engine
}

extension EngineCatalog: EngineSource {}

/// Loads and measures versions, away from event loops and from Swift's own threads: both block for long.
struct VersionLoader: Sendable {
    let registry: ModelRegistry
    let engines: any EngineSource
    /// How many runs will be in flight at a time.
    let concurrentRuns: Int
    let memory: MemoryBudget
    /// Whether what engines make of graphs is used and kept.
    let keepsPrepared: Bool
    /// Whose seals a version needs to be loaded; `nil` for nobody's.
    var seals: SealPolicy?

    /// A version in memory.
    struct Loaded: Sendable {
        var session: any Session
        var labels: [String: String]
        /// The names of its classes, where its processing declares them.
        var classes: [String]
        /// How long it took.
        var seconds: Double
        /// Resident bytes that it took; `nil` when that could not be told from what else went on.
        var bytes: Int?
        /// What unloading it is expected to give back.
        var reclaimableBytes: Int
        /// It has been evaluated: it runs on real inputs.
        var isEvaluated: Bool
        /// The newest accuracy that was measured, if any.
        var accuracy: Double?
        /// How it is run.
        var setup: ArmSetup
        /// What became of what the engine made of its graphs.
        var preparations: [GraphRecorder.Outcome]
    }

    /// Loads a version on the engine that is asked for. What is read of it is compared with its digest first.
    ///
    /// - Parameter makeRoom: as in `MemoryBudget.load`; may block.
    func load(_ wanted: ArmSession, makeRoom: @escaping @Sendable (Int) -> Bool) async throws -> Loaded {
        try await Blocking.run { try loadHere(wanted, makeRoom: makeRoom) }
    }

    /// The same on this thread, which it blocks.
    func loadHere(_ wanted: ArmSession, makeRoom: (Int) -> Bool) throws -> Loaded {
        let began = ContinuousClock.now
        let digest = try Digest(wanted.digest)
        if let seals { _ = try registry.seal(of: digest, called: "\(wanted.version)", by: seals.keys) }
        let description = try registry.description(digest)
        let setup = ArmSetup(wanted, on: engines)
        let options = try options(setup.engine)
        let engine = try engines.engine(try kind(setup.engine))
        let target = keepsPrepared ? PreparationTarget(engine) : nil
        let checked = try registry.check(digest, for: target)
        let recorder = target.map { GraphRecorder(registry, for: $0) }
        let load = MemoryBudget.Load(
            digest: wanted.digest, engine: setup.engine, modelBytes: try registry.manifest(digest).contentSize)
        let mapping = MemoryBudget.Mapping(bytes: checked.mappedBytes, sparedBytes: checked.sparedBytes) {
            ProcessMemory.absentBytes(of: checked.mappedFiles.union(recorder?.mappedFiles ?? []))
        }
        let (session, bytes) = try memory.load(wanted.version.description, load, mapping, makeRoom: makeRoom) {
            let session = try registry.session(
                digest, on: engine, options: options, checked: checked, recorder: recorder)
            EngineMemory.trim()
            return try ClientSession.wrapping(session, processing: description.processing)
        }
        let took = (ContinuousClock.now - began).components
        let evaluation = try registry.referrers(of: digest, kind: .evaluation, limit: 1).first
        return Loaded(
            session: session, labels: description.labels,
            classes: description.processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            seconds: Double(took.seconds) + Double(took.attoseconds) / 1e18, bytes: bytes,
            reclaimableBytes: memory.reclaimable(load, mapping), isEvaluated: evaluation != nil,
            accuracy: evaluation?.payload["accuracy"]?.doubleValue, setup: setup,
            preparations: recorder?.outcomes.map(\.outcome) ?? [])
    }

    /// Runs a session until its times are known.
    ///
    /// - Parameters:
    ///   - triesBatches: finds out whether requests may share runs, however slow the runs are.
    ///   - hasRun: the version is known to run on real inputs.
    func warm(_ session: any Session, triesBatches: Bool = false, hasRun: Bool = false) async throws -> Calibration {
        try await Blocking.run { try Calibration.measure(session, triesBatches: triesBatches, hasRun: hasRun) }
    }

    /// Gives freed memory back to the system.
    func trim() async {
        _ = try? await Blocking.run { EngineMemory.trim() }
    }

    private func kind(_ choice: EngineChoice) throws -> EngineKind {
        guard case .named(let engine) = choice else { return .onnxRuntime }
        guard let kind = EngineKind(rawValue: engine.name) else {
            throw ReleaseError(
                .invalid, "there is no engine '\(engine.name)'",
                help: "choose \(EngineKind.allCases.dropLast().map(\.rawValue).joined(separator: ", ")) or "
                    + (EngineKind.allCases.last?.rawValue ?? ""))
        }
        return kind
    }

    private func options(_ choice: EngineChoice) throws -> SessionOptions {
        var options = SessionOptions()
        options.concurrentRuns = concurrentRuns
        guard case .named(let engine) = choice else { return options }
        options.threadsPerRun = engine.threads ?? options.threadsPerRun
        options.concurrentRuns = engine.instances ?? options.concurrentRuns
        if let precision = engine.precision {
            guard let known = SessionOptions.Precision(word: precision) else {
                throw ReleaseError(.invalid, "there is no precision '\(precision)'", help: "choose fp32, bf16 or fp16")
            }
            options.precision = known
        }
        options.roundingGroup = engine.roundingGroup
        return options
    }
}
