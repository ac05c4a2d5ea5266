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
    /// - Parameters:
    ///   - checked: what is used in place of graphs; `nil` loads the graphs themselves, which nobody compares with their
    ///     digests here.
    ///   - recorder: writes down what the engine makes of graphs.
    /// - Throws: `RegistryError` when its files are damaged, `EngineError` when the engine refuses it.
    package func session(
        _ digest: Digest, on engine: any Engine, options: SessionOptions = SessionOptions(),
        checked: CheckedVersion? = nil, recorder: GraphRecorder? = nil
    ) throws -> any Session {
        let loader = ModelLoader(
            registry: self, engine: engine, options: options, checked: checked, recorder: recorder)
        guard let plan = try pipelinePlan(digest) else { return try loader.session(digest) }
        let members = try plan.members.map { try loader.session(try memberDigest($0)) }
        return PipelineSession(plan: plan, members: members)
    }
}

/// Loads single models the way that was asked for.
private struct ModelLoader {
    let registry: ModelRegistry
    let engine: any Engine
    let options: SessionOptions
    let checked: CheckedVersion?
    let recorder: GraphRecorder?

    func session(_ digest: Digest) throws -> any Session {
        var options = options
        let description = try registry.description(digest)
        options.declared = description.signature
        let session = try bareSession(digest, options)
        do throws(ModelState.Fault) {
            guard let state = try ModelState(session.signature, labels: description.labels) else { return session }
            return StatefulSession(state, session)
        } catch {
            throw WorkshopError(.rejected, "the version's labels declare state that it cannot have: \(error)")
        }
    }

    private func bareSession(_ digest: Digest, _ options: SessionOptions) throws -> any Session {
        if let prepared = checked?.prepared[digest] {
            var options = options
            options.optimization = .done
            let path = try registry.blobs.checkedPath(prepared.graph)
            if let session = try? engine.load(.file(path), options: options) { return session }
            // It was made by this very engine: whatever is wrong with it, the original is there. Nobody looked at it yet.
            try registry.verify(digest)
        }
        let path = try registry.modelFilePath(digest)
        if let session = recorder?.load(digest, on: engine, options, path: path) { return session }
        return try engine.load(.file(path), options: options)
    }
}
