import Engines
import Release

/// How an arm's version is really run: what settings say, what was measured for `auto`, and what the machine allows.
struct ArmSetup: Hashable, Sendable {
    var engine: EngineChoice
    var batching: BatchingChoice
    /// Why what was measured is not used, for the log.
    var doubt: String?

    /// - Parameter machine: where it will run.
    init(_ wanted: ArmSession, on engines: any EngineSource, machine: Machine = .present) {
        engine = wanted.engine
        batching = wanted.batching
        guard let tuning = wanted.tuning else { return }
        doubt = TuningDoubt(tuning, machine: machine, engines: engines)?.description
        guard doubt == nil else { return }
        engine = .named(tuning.engine)
        if batching == .auto { batching = tuning.batching }
    }
}

extension EngineChoice {
    /// The engine that a version is going to run on, as far as that can be told without opening any.
    ///
    /// - Parameter tuning: what was measured for it.
    func expectedKind(_ tuning: ArmTuning?) -> EngineKind {
        switch self {
        case .named(let engine): EngineKind(rawValue: engine.name) ?? .onnxRuntime
        case .auto: tuning.flatMap { EngineKind(rawValue: $0.engine.name) } ?? .onnxRuntime
        }
    }
}

extension Deployments {
    /// The engines that what is deployed is going to run on.
    func expectedEngines() throws -> Set<EngineKind> {
        var kinds: Set<EngineKind> = []
        for endpoint in try endpoints() {
            for session in try recentHistory(of: endpoint).current?.spec.sessions ?? [] {
                kinds.insert(session.engine.expectedKind(session.tuning))
            }
        }
        return kinds
    }
}

/// Why a tuning does not hold here.
struct TuningDoubt: CustomStringConvertible {
    let description: String

    /// - Returns: `nil` for one that holds.
    init?(_ tuning: ArmTuning, machine: Machine, engines: any EngineSource) {
        let remedy = "so the usual settings are used; tune it here with 'slipway tune'"
        guard tuning.machine == machine.identity else {
            description = "it was tuned on \(tuning.machine), and this is \(machine.identity), \(remedy)"
            return
        }
        let name = tuning.engine.name
        guard let kind = EngineKind(rawValue: name), let engine = try? engines.engine(kind) else {
            description = "it was tuned for the engine \(name), which is not installed here, \(remedy)"
            return
        }
        guard engine.version == tuning.engineVersion else {
            description = "it was tuned with \(name) \(tuning.engineVersion), and here is \(engine.version), \(remedy)"
            return
        }
        return nil
    }
}
