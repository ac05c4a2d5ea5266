import Monitor
import Release
import Serve

/// A rollout's evidence from this process's own data plane.
struct LocalRolloutSource: RolloutSource {
    let platform: LocalPlatform
    let metrics: ServeMetrics
    let sampler: TrafficSampler
    /// Whether callers are known by their tokens, which divide requests where no header does.
    let asksForTokens: Bool
    /// `nil` where nobody compares answers.
    let pairs: (any AnswerPairs)?
    /// Called after a failure: evidence need not wait for the next look.
    let onFailure: @Sendable () -> Void

    /// Requests from which quantiles of latency can be told.
    private static let fewest = 200

    func baseline(of subject: RolloutSubject, _ policy: RolloutPolicy) async -> RolloutBaseline {
        let name = subject.endpoint.text
        let arm = arm(subject.stable, name)
        let latency = arm.latency.snapshot()
        var slow: [Double] = []
        if policy.watchesLatency, latency.count >= Self.fewest {
            slow = [0.5, 0.9, 0.99].compactMap { latency.quantile($0).map(policy.slow) }
        }
        let running = await platform.answering()[subject.endpoint]
        let isKeyed = asksForTokens || running?.revision.spec.settings.routingKeyHeader != nil
        return RolloutBaseline(
            requests: arm.requests, errors: arm.failures,
            requestsPerSecond: sampler.summary(of: name)?.requestsPerSecond ?? 0, slow: slow, isKeyed: isKeyed)
    }

    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy, _ baseline: RolloutBaseline) async {
        for version in [subject.stable, subject.candidate] {
            arm(version, subject.endpoint.text).evidence.open(
                slow: baseline.slow, keyed: baseline.isKeyed, onFailure: onFailure)
        }
        await pairs?.open(subject, policy)
    }

    func observe(_ subject: RolloutSubject, at time: Int) async -> RolloutObservation? {
        guard let share = await platform.share(of: subject) else { return nil }
        let (stable, canary) = (
            arm(subject.stable, subject.endpoint.text).evidence.take(),
            arm(subject.candidate, subject.endpoint.text).evidence.take()
        )
        var observation = RolloutObservation(
            time: time, share: share, stable: ArmTally(stable), canary: ArmTally(canary))
        observation.clients = stable.clients(onCanary: false) + canary.clients(onCanary: true)
        if let pairs { observation.add(await pairs.take(subject)) }
        return observation
    }

    func close(_ subject: RolloutSubject) async {
        for version in [subject.stable, subject.candidate] { arm(version, subject.endpoint.text).evidence.close() }
        await pairs?.close(subject)
    }

    private func arm(_ arm: Arm, _ endpoint: String) -> ArmMetrics {
        metrics.arm(endpoint: endpoint, model: arm.version.model, version: String(arm.version.number))
    }
}

extension LocalPlatform {
    /// The share, in basis points, that a rollout's new version has; `nil` while the endpoint is not served by its versions.
    func share(of subject: RolloutSubject) -> Int? {
        guard let spec = answering()[subject.endpoint]?.revision.spec else { return nil }
        if spec.stable?.digest == subject.candidate.digest { return TrafficSplit.whole }
        guard spec.stable?.digest == subject.stable.digest else { return nil }
        return spec.canary?.digest == subject.candidate.digest ? spec.canary?.weight ?? 0 : 0
    }
}

extension ArmTally {
    fileprivate init(_ count: EvidenceTap.Count) {
        self.init(requests: count.requests, failures: [count.errors, count.invalid] + count.slow)
    }
}

extension EvidenceTap.Count {
    fileprivate func clients(onCanary: Bool) -> [ClientFailure] {
        failures.flatMap { failure in
            var streams: [EvidenceStream] = []
            if failure.isError { streams.append(.errors) }
            if failure.isInvalid { streams.append(.invalid) }
            if failure.isSlowest { streams.append(.slowerThan99th) }
            return streams.map { ClientFailure(stream: $0, client: failure.client, onCanary: onCanary) }
        }
    }
}
