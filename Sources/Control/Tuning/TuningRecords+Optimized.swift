package import Engines
package import Registry
import Release
import Tensors

extension TuningRecords {
    /// Keeps on which engine, told what, an optimisation measured a version, as a tuning of this machine: a deployment that
    /// leaves the engine open runs it so. `slipway tune` replaces it, with threads and batches.
    ///
    /// - Returns: what was kept, as people read it; `nil` where it is what a server does anyway.
    /// - Throws: `EngineError` when the engine is not there any more.
    @discardableResult
    package func attach(
        optimized setting: EngineSetting, on kind: EngineKind, to record: VersionRecord, slipway: String
    ) throws -> String? {
        guard kind != .onnxRuntime || setting != .usual else { return nil }
        let version = try engines.engine(kind).version
        let engine = NamedEngine(
            name: kind.rawValue, precision: setting.precision.word, roundingGroup: setting.roundingGroup)
        let tuning = ArmTuning(
            engine: engine, batching: .auto, machine: machine.identity, engineVersion: version)
        let evidence = JSONValue.object([
            ("tuning", tuning.json), ("machine", machine.json),
            ("engines", .object([(kind.rawValue, .string(version))])), ("slipway", .string(slipway)),
            ("inputs", "the rows that judged the optimisation"), ("ended", "measured by 'slipway optimize'"),
        ])
        try registry.attach(evidence, kind: .tuning, name: machine.identity, to: record.digest)
        return tuning.description
    }
}
