import Monitor
import Synchronization

/// Evidence that was written down beforehand: totals of arms at moments.
package final class SimulatedEvidence: EvidenceSource {
    private struct Arm: Hashable {
        let endpoint: EndpointName
        let digest: String
    }

    private struct Total {
        let time: Int
        let evidence: ArmEvidence
    }

    /// Totals of each arm in the order of their times.
    private let totals = Mutex<[Arm: [Total]]>([:])

    package init() {}

    /// Sets what an arm has done in all up to `time`, in milliseconds since 1970-01-01 UTC.
    package func set(_ evidence: ArmEvidence, for digest: String, of endpoint: EndpointName, at time: Int) {
        totals.withLock { totals in
            let arm = Arm(endpoint: endpoint, digest: digest)
            let known = (totals[arm] ?? []).filter { $0.time != time }
            totals[arm] = (known + [Total(time: time, evidence: evidence)]).sorted { $0.time < $1.time }
        }
    }

    package func evidence(
        for digest: String, of endpoint: EndpointName, since time: Int
    ) async throws(ReleaseError) -> ArmEvidence? {
        totals.withLock { totals in
            let known = totals[Arm(endpoint: endpoint, digest: digest)] ?? []
            guard let latest = known.last?.evidence else { return nil }
            guard let earlier = known.last(where: { $0.time <= time })?.evidence else { return latest }
            return latest.since(earlier)
        }
    }
}
