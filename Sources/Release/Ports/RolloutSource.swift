/// Where a rollout's evidence comes from: the counters of this process, another one's, or a simulation.
package protocol RolloutSource: Sendable {
    /// What is known of the version in production before a rollout. Asked once, when the rollout's first revision is in
    /// force.
    func baseline(of subject: RolloutSubject, _ policy: RolloutPolicy) async -> RolloutBaseline

    /// Begins to count, or goes on after a restart.
    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy, _ baseline: RolloutBaseline) async

    /// What happened since the last time; `nil` while the endpoint is not served by these two versions.
    ///
    /// - Parameter time: milliseconds since 1970-01-01 UTC.
    func observe(_ subject: RolloutSubject, at time: Int) async -> RolloutObservation?

    /// Counts no longer.
    func close(_ subject: RolloutSubject) async
}

/// Which two versions of an endpoint a rollout is about.
package struct RolloutSubject: Hashable, Sendable {
    package let endpoint: EndpointName
    package let stable: Arm
    package let candidate: Arm

    package init(endpoint: EndpointName, stable: Arm, candidate: Arm) {
        self.endpoint = endpoint
        self.stable = stable
        self.candidate = candidate
    }
}
