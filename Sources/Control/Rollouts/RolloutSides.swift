import Monitor
import Release
import Tensors

/// The two versions that a rollout is about, and how their requests fared in the last minute, side by side.
struct RolloutSides: Sendable {
    struct Side: Sendable {
        /// Such as `digits:2`.
        var version: String
        /// The last minute; `nil` where it was asked nothing of its own, as shadows are not.
        var traffic: TrafficSummary?
    }

    /// `nil` where the revision that the rollout began with is kept no longer.
    var stable: Side?
    var new: Side?

    init(stable: Side? = nil, new: Side? = nil) {
        self.stable = stable
        self.new = new
    }

    init(_ endpoint: Overview.Endpoint, _ record: RecordedRollout) {
        func side(_ arm: Arm?) -> Side? {
            guard let arm else { return nil }
            let traffic = endpoint.arms.first { $0.arm.digest == arm.digest }?.traffic
            return Side(
                version: arm.version.description, traffic: traffic.flatMap { $0.requests > 0 ? $0 : nil })
        }
        stable = side(endpoint.history.entry(record.base)?.revision.spec.stable)
        new = side(endpoint.history.entries.lazy.flatMap(\.revision.spec.arms).first { $0.digest == record.digest })
    }

    /// What a rollout's report has, and beside it the names of its versions and their last minute.
    func added(to report: JSONValue) -> JSONValue {
        guard case .object(var members) = report else { return report }
        members.append(.init(key: "version", value: new.map { .string($0.version) } ?? .null))
        members.append(.init(key: "stableVersion", value: stable.map { .string($0.version) } ?? .null))
        members.append(
            .init(
                key: "lastMinute",
                value: .object([
                    ("stable", stable?.traffic?.sideJSON ?? .null), ("new", new?.traffic?.sideJSON ?? .null),
                ])))
        return .object(members)
    }
}

extension TrafficSummary {
    fileprivate var sideJSON: JSONValue {
        func seconds(_ quantile: Double) -> JSONValue { latency.quantile(quantile).map(JSONValue.number) ?? .null }
        return .object([
            ("requests", .integer(requests)), ("errors", .integer(errors)), ("p50", seconds(0.5)),
            ("p90", seconds(0.9)), ("p99", seconds(0.99)),
        ])
    }
}
