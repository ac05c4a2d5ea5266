package import Engines
import Glibc
package import Logging
import Monitor
package import Registry
import Serve
package import Tensors
import Workshop

/// Searches for the way in which a version runs best on this machine, and says why it is.
///
/// Three rounds, each with fewer ways than the one before and more time for each ("successive halving", K. Jamieson,
/// A. Talwalkar, 2016): the engine alone; behind the data plane as fast as it goes; behind the data plane at rates, until
/// the objective breaks. Ways whose answers differ too much are out before any of them.
package struct Tuner: Sendable {
    /// What is wanted.
    package struct Request: Sendable {
        /// Without one, the highest rate wins, however long a request takes.
        package var objective: TuningObjective?
        /// The lowest cosine between the answers and those of ONNX Runtime in 32 bits.
        package var minimumCosine = 0.999
        /// Seconds to take, about.
        package var budget = 120.0
        /// Sets of inputs of one row each; `nil` to make them up.
        package var inputs: [[Tensor]]?

        package init() {}
    }

    let registry: ModelRegistry
    let engines: EngineCatalog
    let machine: Machine
    let version: String
    let logger: Logger

    /// - Parameter version: that of this program.
    package init(
        registry: ModelRegistry, engines: EngineCatalog, machine: Machine = .present, version: String, logger: Logger
    ) {
        (self.registry, self.engines, self.machine, self.version, self.logger) = (
            registry, engines, machine, version, logger
        )
    }

    /// What would be tried, before anything is.
    package func space(of record: VersionRecord, runSeconds: Double? = nil) throws -> TuningSpace {
        let installed = engines.survey().filter { $0.problem == nil }.map(\.kind)
        return TuningSpace(
            machine: machine, engines: installed, runSeconds: runSeconds,
            roundsByItself: try Self.roundsByItself(registry, record))
    }

    /// Whether a version was made for an engine that rounds activations by itself.
    private static func roundsByItself(_ registry: ModelRegistry, _ record: VersionRecord) throws -> Bool {
        try registry.referrers(of: record.digest, kind: .lineage).contains { lineage in
            (lineage.payload["steps"]?["steps"]?.arrayValue ?? []).contains { step in
                step["step"]?.stringValue == "int8-dynamic"
                    && step["target"]?.stringValue == EngineKind.openVINO.rawValue
            }
        }
    }

    /// Searches.
    ///
    /// - Parameter progress: told about every step, with the share of the budget that is used.
    /// - Throws: `EngineError` when not even the usual way runs.
    package func run(
        _ record: VersionRecord, _ request: Request, progress: @escaping @Sendable (Double, String) -> Void
    ) async throws -> TuningEvidence {
        let began = ContinuousClock.now
        let elapsed: @Sendable () -> Double = {
            let parts = (ContinuousClock.now - began).components
            return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        }
        try registry.verify(record.digest)
        let signature = try registry.description(record.digest).signature
        let path = try registry.modelFilePath(record.digest)
        let inputs = try request.inputs ?? Self.madeUp(for: signature)
        let screening = Screening(
            engines: engines, path: path, signature: signature, inputs: inputs, request: request)

        progress(0, "running it once")
        let reference = try await screening.reference(cores: machine.cores)
        let space = try space(of: record, runSeconds: reference.runSeconds)
        var trials = try await screening.first(space.setups, reference) { done, setup in
            progress(0.35 * done, "\(setup)")
        }
        let halved = try await screening.halve(&trials) { done, setup in progress(0.35 + 0.15 * done, "\(setup)") }

        let bench = try await ServingBench(cores: machine.cores, version: version, logger: logger)
        let round = ServingRound(bench: bench, screening: screening, request: request, elapsed: elapsed)
        let result: (servings: [TuningServing], chosen: Int, ended: String)
        do {
            result = try await round.run(halved.finalists, usual: .usual(cores: machine.cores)) { done, text in
                progress(0.5 + 0.5 * done, text)
            }
        } catch {
            await bench.stop()
            throw error
        }
        await bench.stop()
        let versions = engines.survey().compactMap { found in found.version.map { (found.kind.rawValue, $0) } }
        return TuningEvidence(
            machine: machine, engines: Dictionary(versions) { $1 }, slipway: version, objective: request.objective,
            minimumCosine: request.minimumCosine,
            inputs: "\(inputs.count) \(request.inputs == nil ? "made-up" : "given") rows", seconds: elapsed(),
            ended: result.ended, trials: trials, servings: result.servings, chosen: result.chosen)
    }

    /// Sixteen rows, each by itself.
    private static func madeUp(for signature: Signature) throws -> [[Tensor]] {
        try (0..<16).map { try SampleInputs(seed: UInt64($0) + 1).tensors(for: signature, rows: 1) }
    }
}
