import Engines
package import Pipelines
package import Registry
import Tensors
import Trust

extension Importer {
    /// Decides whether a pipeline that came in a package is what the package says, and stores nothing: each of its models
    /// passes the check of packages, and its graph is planned over what they were found to be.
    ///
    /// - Returns: the pipeline as it will run.
    /// - Throws: as `check` of a graph does; `WorkshopError.Code.rejected` for a pipeline that does not fit its models.
    package func check(
        _ pipeline: PackagedPipeline, runsOnce: Bool = true, progress: @Sendable (Step) -> Void = { _ in }
    ) async throws -> PipelinePlan {
        for member in pipeline.members { _ = try await check(member.graph, runsOnce: runsOnce, progress: progress) }
        do {
            let plan = try Self.plan(pipeline)
            guard plan.signature.isCompatible(with: pipeline.declared) else {
                throw WorkshopError(.rejected, "the package describes another pipeline than it holds")
            }
            return plan
        } catch let error as PipelineError {
            throw WorkshopError(.rejected, error.description, help: error.help).about(pipeline.source)
        } catch let error as WorkshopError {
            throw error.about(pipeline.source)
        }
    }

    private static func plan(_ pipeline: PackagedPipeline) throws -> PipelinePlan {
        let spec = try PipelineSpec(parsing: pipeline.text)
        let signatures = try spec.members.map { named in
            guard let member = pipeline.members.first(where: { $0.digest.description == named.digest }) else {
                throw WorkshopError(.rejected, "the pipeline names '\(named.reference)', which is not in its package")
            }
            guard !ModelState.isDeclared(member.description.labels) else {
                throw WorkshopError(.rejected, "'\(named.reference)' keeps state, and the models of a pipeline do not")
            }
            return member.description.signature
        }
        return try PipelinePlan(spec, signatures: signatures)
    }
}
