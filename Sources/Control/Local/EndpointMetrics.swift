import Monitor
import Release

/// What Prometheus is told of the revision in force at each endpoint, so that a change shows beside its effect.
struct EndpointMetrics: Sendable {
    let registry: MetricsRegistry

    /// `revision` is in force from now on, `previous` was until now.
    func inForce(_ revision: Revision, after previous: Revision?) {
        let endpoint = Label("endpoint", revision.endpoint.text)
        if let previous { forgetShares(of: previous) }
        guard !revision.spec.isWithdrawn else { return registry.remove(Self.revision, labels: [endpoint]) }
        registry.gauge(Self.revision, "The number of the revision in force.", [endpoint]).set(Double(revision.number))
        for arm in revision.spec.arms {
            registry.gauge(
                Self.share, "Share of an endpoint's requests that a version is given; of a shadow, that it is shown.",
                labels(arm, endpoint)
            ).set(Double(arm.weight) / Double(TrafficSplit.whole))
        }
    }

    /// Nothing of `revision` is in force any more.
    func gone(_ revision: Revision) {
        forgetShares(of: revision)
        registry.remove(Self.revision, labels: [Label("endpoint", revision.endpoint.text)])
    }

    private func forgetShares(of revision: Revision) {
        let endpoint = Label("endpoint", revision.endpoint.text)
        for arm in revision.spec.arms { registry.remove(Self.share, labels: labels(arm, endpoint)) }
    }

    private func labels(_ arm: Arm, _ endpoint: Label) -> [Label] {
        [
            endpoint, Label("model", arm.version.model), Label("version", String(arm.version.number)),
            Label("role", arm.role.rawValue),
        ]
    }

    private static let revision = "slipway_endpoint_revision"
    private static let share = "slipway_traffic_share_ratio"
}
