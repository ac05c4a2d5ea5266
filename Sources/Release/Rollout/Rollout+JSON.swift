package import Tensors

extension Rollout.Phase {
    private static let names: [(name: String, phase: Rollout.Phase)] = [
        ("running", .running), ("paused", .paused), ("awaiting approval", .awaitingApproval),
        ("undecided", .undecided), ("promoting", .promoting), ("rolling back", .rollingBack),
        ("promoted", .promoted), ("rolled back", .rolledBack),
    ]

    /// What people read, and what is stored.
    package var name: String { Self.names.first { $0.phase == self }?.name ?? "" }

    init?(name: String) {
        guard let phase = Self.names.first(where: { $0.name == name })?.phase else { return nil }
        self = phase
    }
}

extension Rollout {
    /// Everything, as it is kept over restarts; `init(json:)` reads it back.
    package var json: JSONValue {
        let position = position
        return .present([
            ("policy", policy.json), ("evidence", evidence.json), ("phase", .string(position.phase.name)),
            ("step", .integer(position.step)), ("elapsed", .integer(position.elapsed)),
            ("lastTime", .integer(position.lastTime)), ("requestsAtStep", .integer(position.requestsAtStep)),
            ("held", position.heldBecause.map { .string($0) }), ("records", .array(position.records.map(\.json))),
        ])
    }

    /// - Throws: `ReleaseError.Code.malformed` for another shape, `invalid` for a policy that cannot be.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "rollout",
            known: [
                "policy", "evidence", "phase", "step", "elapsed", "lastTime", "requestsAtStep", "held", "records",
            ])
        let policy = try RolloutPolicy(json: fields.value("policy"))
        guard let phase = Phase(name: try fields.string("phase")) else {
            throw JSONFields.malformed("rollout.phase", "a known phase")
        }
        var records: [RolloutRecord] = []
        for record in try fields.array("records") { records.append(try RolloutRecord(json: record)) }
        let step = try fields.int("step")
        guard step == 0 || policy.strategy.steps.indices.contains(step) else {
            throw JSONFields.malformed("rollout.step", "one of the strategy's")
        }
        self.init(
            policy, try RolloutEvidence(json: fields.value("evidence"), policy),
            Position(
                phase: phase, step: step, elapsed: try fields.int("elapsed"), lastTime: try fields.int("lastTime"),
                requestsAtStep: try fields.int("requestsAtStep"), heldBecause: try fields.stringIfPresent("held"),
                records: records))
    }
}
