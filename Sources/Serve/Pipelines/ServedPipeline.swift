package import Pipelines

/// What a version is made of that is a pipeline: its plan, and its models as they are run.
package struct ServedPipeline: Sendable {
    package let plan: PipelinePlan
    /// One for each of the plan's members; each has a queue, batches and a pace of its own.
    package let members: [Servable]

    package init(plan: PipelinePlan, members: [Servable]) {
        self.plan = plan
        self.members = members
    }
}

/// One step of a pipeline that is a model, under an endpoint.
struct StepArm: Sendable {
    let name: String
    /// The model, for the jobs of its runs. They are counted as runs of the endpoint.
    let arm: LiveArm
    let metrics: StepMetrics
}

extension StepArm {
    /// One for each step of the plan; `nil` for those that are no models.
    static func all(
        of servable: Servable, endpoint: String, _ metrics: ServeMetrics, _ handles: ArmMetrics
    ) -> [StepArm?] {
        guard let pipeline = servable.pipeline else { return [] }
        let arms = pipeline.members.map { member in
            LiveArm(endpoint: endpoint, servable: member, versions: [member.version], metrics: handles)
        }
        let key = ArmKey(endpoint: endpoint, model: servable.model, version: servable.version)
        return pipeline.plan.steps.map { step in
            step.model.map { model in
                StepArm(name: step.name, arm: arms[model.member], metrics: metrics.step(step.name, of: key))
            }
        }
    }
}
