package import Engines
package import Pipelines
package import Registry
import Tensors
package import Trust

extension ModelRegistry {
    /// The plan of the version with this manifest digest; `nil` where it is a model.
    ///
    /// - Throws: `RegistryError.Code.damaged` when stored bytes are missing or altered, or are no pipeline of these models.
    package func pipelinePlan(_ digest: Digest) throws -> PipelinePlan? {
        guard let text = try pipeline(digest) else { return nil }
        do {
            let spec = try PipelineSpec(parsing: text)
            let signatures = try spec.members.map { try description(try memberDigest($0)).signature }
            return try PipelinePlan(spec, signatures: signatures)
        } catch let error as PipelineError {
            throw RegistryError(
                .damaged, "the stored pipeline \(digest) is not one: \(error)", help: "import its file again")
        }
    }

    /// The digest of a stored pipeline's model.
    package func memberDigest(_ member: PipelineSpec.Member) throws -> Digest {
        guard let text = member.digest else {
            throw RegistryError(.damaged, "the stored pipeline names '\(member.reference)' without its digest")
        }
        return try Digest(text)
    }

    /// Loads a version to be run on the caller's threads: a model, or a pipeline with all its models.
    ///
    /// - Throws: `RegistryError` when its files are damaged, `EngineError` when the engine refuses it.
    package func session(
        _ digest: Digest, on engine: any Engine, options: SessionOptions = SessionOptions()
    ) throws -> any Session {
        guard let plan = try pipelinePlan(digest) else { return try modelSession(digest, on: engine, options) }
        let members = try plan.members.map { try modelSession(try memberDigest($0), on: engine, options) }
        return PipelineSession(plan: plan, members: members)
    }

    private func modelSession(
        _ digest: Digest, on engine: any Engine, _ options: SessionOptions
    ) throws -> any Session {
        var options = options
        let description = try description(digest)
        options.declared = description.signature
        let session = try engine.load(.file(try modelFilePath(digest)), options: options)
        do throws(ModelState.Fault) {
            guard let state = try ModelState(session.signature, labels: description.labels) else { return session }
            return StatefulSession(state, session)
        } catch {
            throw WorkshopError(.rejected, "the version's labels declare state that it cannot have: \(error)")
        }
    }
}
