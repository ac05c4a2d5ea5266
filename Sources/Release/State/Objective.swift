/// What an endpoint promises.
package enum Objective: Hashable, Sendable {
    /// A share `quantile` of requests is answered within `seconds`.
    case latency(quantile: Double, seconds: Double)
    /// At most this share of requests fails.
    case errors(ratio: Double)

    func validate() throws(ReleaseError) {
        switch self {
        case .latency(let quantile, let seconds):
            guard quantile > 0, quantile < 1 else {
                throw ReleaseError(.invalid, "a latency objective's quantile lies between 0 and 1, found \(quantile)")
            }
            guard seconds > 0, seconds.isFinite else {
                throw ReleaseError(.invalid, "a latency objective is a positive time, found \(seconds) seconds")
            }
        case .errors(let ratio):
            guard ratio > 0, ratio < 1 else {
                throw ReleaseError(.invalid, "an error objective lies between 0 and 1, found \(ratio)")
            }
        }
    }

    /// Objectives of which an endpoint can have one each are the same subject.
    var subject: String {
        switch self {
        case .latency(let quantile, _): "latency p\(Self.plain(quantile * 100))"
        case .errors: "errors"
        }
    }

    /// The bound, for people.
    var bound: String {
        switch self {
        case .latency(_, let seconds) where seconds < 1: "\(Self.plain(seconds * 1_000)) ms"
        case .latency(_, let seconds): "\(Self.plain(seconds)) s"
        case .errors(let ratio): "\(Self.plain(ratio * 100))%"
        }
    }

    /// At most six decimals, none needless.
    private static func plain(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }
}

extension Objective: CustomStringConvertible {
    package var description: String { "\(subject) ≤ \(bound)" }
}
