/// One thing about an arm that evidence is gathered on.
package enum EvidenceStream: String, Hashable, Sendable, CaseIterable {
    /// Answers of 5xx: the version's fault or the server's.
    case errors
    /// Answers with NaN, infinity, a wrong shape, or nothing in them.
    case invalid
    /// Slower than the stable arm's median was before the start.
    case slowerThanMedian
    /// Slower than nine in ten of the stable arm's requests were.
    case slowerThan90th
    /// Slower than 99 in a hundred of them were.
    case slowerThan99th
    /// Failures beyond what the old version had before, where the new one has taken everything.
    case baseline
    /// Answers that differ from the live version's on the same input, beyond what was declared.
    case disagreement
    /// Labels that came late: the loss on the same input.
    case loss

    /// Those that count requests on both arms, in the order of a tally.
    package static let rates: [EvidenceStream] = [
        .errors, .invalid, .slowerThanMedian, .slowerThan90th, .slowerThan99th,
    ]

    /// Position in a tally; `nil` for those that are no rates.
    package var index: Int? { Self.rates.firstIndex(of: self) }

    /// The quantile of the stable arm's latency that its limit is made from; `nil` for those that are not about latency.
    package var quantile: Double? {
        switch self {
        case .slowerThanMedian: 0.5
        case .slowerThan90th: 0.9
        case .slowerThan99th: 0.99
        case .errors, .invalid, .baseline, .disagreement, .loss: nil
        }
    }

    /// For people, after "because of".
    package var title: String {
        switch self {
        case .errors: "errors"
        case .invalid: "invalid answers"
        case .slowerThanMedian: "latency (half)"
        case .slowerThan90th: "latency (slowest tenth)"
        case .slowerThan99th: "latency (slowest hundredth)"
        case .baseline: "failures against before"
        case .disagreement: "answers that differ"
        case .loss: "labels"
        }
    }

    /// Half of all weight is on errors, the rest on the others alike: what a combination loses by watching more.
    static func weights(_ streams: [EvidenceStream]) -> [Double] {
        guard streams.contains(.errors), streams.count > 1 else {
            return streams.map { _ in 1 / Double(max(1, streams.count)) }
        }
        return streams.map { $0 == .errors ? 0.5 : 0.5 / Double(streams.count - 1) }
    }
}
