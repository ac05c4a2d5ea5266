import Release

/// A source of evidence to which this process's own comparisons are added.
struct PairedRolloutSource: RolloutSource {
    let source: any RolloutSource
    let pairs: any AnswerPairs

    func baseline(of subject: RolloutSubject, _ policy: RolloutPolicy) async -> RolloutBaseline {
        await source.baseline(of: subject, policy)
    }

    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy, _ baseline: RolloutBaseline) async {
        await source.open(subject, policy, baseline)
        await pairs.open(subject, policy)
    }

    func observe(_ subject: RolloutSubject, at time: Int) async -> RolloutObservation? {
        guard var observation = await source.observe(subject, at: time) else { return nil }
        observation.add(await pairs.take(subject))
        return observation
    }

    func close(_ subject: RolloutSubject) async {
        await source.close(subject)
        await pairs.close(subject)
    }
}
