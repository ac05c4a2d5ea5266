package import Tensors

/// How a version was measured to run best on one machine: what `auto` means for an arm.
///
/// It is part of the endpoint's state, so that what runs is written down, and rolling back brings back what ran.
package struct ArmTuning: Hashable, Sendable {
    package var engine: NamedEngine
    package var batching: BatchingChoice
    /// The machine's identity; on another one, the figures mean nothing.
    package var machine: String
    /// The engine library's own version.
    package var engineVersion: String

    package init(engine: NamedEngine, batching: BatchingChoice, machine: String, engineVersion: String) {
        self.engine = engine
        self.batching = batching
        self.machine = machine
        self.engineVersion = engineVersion
    }

    /// As it is stored.
    package var json: JSONValue {
        .present([
            ("engine", EngineChoice.named(engine).json), ("batching", batching.json), ("machine", .string(machine)),
            ("engineVersion", .string(engineVersion)),
        ])
    }

    /// - Throws: `ReleaseError.Code.malformed` for another shape, `invalid` for settings that cannot be.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "tuning", known: ["engine", "batching", "machine", "engineVersion"])
        guard case .named(let engine) = try EngineChoice(json: fields.value("engine")) else {
            throw JSONFields.malformed("tuning.engine", "an engine's name")
        }
        self.init(
            engine: engine, batching: try BatchingChoice(json: fields.valueIfPresent("batching")),
            machine: try fields.string("machine"), engineVersion: try fields.string("engineVersion"))
        try validate()
    }

    func validate() throws(ReleaseError) {
        try EngineChoice.named(engine).validate()
        try batching.validate()
    }
}

extension ArmTuning: CustomStringConvertible {
    /// `openvino precision=bf16 threads=2 instances=1, batches up to 8`.
    package var description: String {
        batching == .auto ? engine.description : "\(engine), batches \(batching)"
    }
}
