import Pipelines
import Registry
import Tensors

/// How pipelines are written.
enum PipelineText {
    /// The graph, a line for each step.
    static func lines(_ plan: PipelinePlan) -> [String] { plan.lines.map { "  step    \($0)" } }

    /// A pipeline that was imported.
    static func json(
        _ record: VersionRecord, _ plan: PipelinePlan, outcome: ModelRegistry.Addition.Outcome
    ) -> JSONValue {
        guard case .object(var members) = VersionText.json(record, signature: plan.signature) else { return .null }
        members.append(.init(key: "outcome", value: .string("\(outcome)")))
        members.append(.init(key: "pipeline", value: plan.spec.json))
        return .object(members)
    }
}
