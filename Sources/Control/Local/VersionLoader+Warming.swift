import Engines
import Pipelines
import Release
import Serve
import Tensors

extension VersionLoader {
    /// Runs a loaded version until its times are known, and makes it ready to be served: of a pipeline each model, and then
    /// all of it once.
    ///
    /// - Parameters:
    ///   - reload: brings it back once it has left memory; pipelines and versions with state stay.
    ///   - onDrained: called once, when nothing will use it any more.
    /// - Throws: what a run throws.
    func servable(
        for loaded: Loaded, _ wanted: ArmSession, reload: @escaping SessionBerth.Reload,
        onDrained: @escaping @Sendable () -> Void
    ) async throws -> Servable {
        if let session = loaded.session as? StatefulSession {
            return try await stateful(session, loaded, wanted, onDrained)
        }
        guard let pipeline = loaded.session as? PipelineSession else {
            let (calibration, policy) = try await calibrated(loaded.session, loaded)
            return Servable(
                model: wanted.version.model, version: String(wanted.version.number), digest: wanted.digest,
                session: loaded.session, calibration: calibration, batching: policy, cacheBytes: wanted.cacheBytes,
                labels: loaded.labels, classes: loaded.classes, reload: reload, onDrained: onDrained)
        }
        var members: [Servable] = []
        for (member, session) in zip(pipeline.plan.members, pipeline.members) {
            let (calibration, policy) = try await calibrated(session, loaded)
            members.append(
                Servable(
                    model: member.reference, version: String(wanted.version.number), digest: member.digest ?? "",
                    session: session, calibration: calibration, batching: policy))
        }
        try await runOnce(pipeline)
        return Servable(
            model: wanted.version.model, version: String(wanted.version.number), digest: wanted.digest,
            session: pipeline, calibration: .none, cacheBytes: wanted.cacheBytes, labels: loaded.labels,
            classes: loaded.classes, pipeline: ServedPipeline(plan: pipeline.plan, members: members),
            onDrained: onDrained)
    }

    /// A version with state: the model is measured with all its inputs, clients see those that are theirs.
    private func stateful(
        _ session: StatefulSession, _ loaded: Loaded, _ wanted: ArmSession, _ onDrained: @escaping @Sendable () -> Void
    ) async throws -> Servable {
        let (calibration, policy) = try await calibrated(session.inner, loaded)
        let version = String(wanted.version.number)
        let inner = Servable(
            model: wanted.version.model, version: version, digest: wanted.digest, session: session.inner,
            calibration: calibration, batching: policy)
        return Servable(
            model: wanted.version.model, version: version, digest: wanted.digest, session: session,
            calibration: .none, labels: loaded.labels, classes: loaded.classes,
            sequences: SequenceState(session.state, inner: inner), onDrained: onDrained)
    }

    private func calibrated(
        _ session: any Session, _ loaded: Loaded
    ) async throws -> (calibration: Calibration, policy: BatchingPolicy) {
        let wish = BatchingWish(loaded.setup.batching)
        let calibration = try await warm(session, triesBatches: wish.isByHand, hasRun: loaded.isEvaluated)
        return (calibration, BatchingPolicy(wish, calibration, instances: loaded.setup.engine.instances))
    }

    private func runOnce(_ pipeline: PipelineSession) async throws {
        try await Blocking.run {
            guard let inputs = try? SampleInputs().tensors(for: pipeline.signature, rows: 1) else { return }
            _ = try pipeline.run(inputs)
        }
    }
}
