import Glibc
import Tensors

/// Whose failure was it? Evidence that a canary fails more often than the stable arm, from failures alone.
///
/// Requests go to the canary with a known probability w. *Given* that one failed, and that the canary fails r times as
/// often, it was the canary's with probability wr/(wr+1-w), whatever the base rate does at that moment. Each failure
/// multiplies, for each alternative r of a grid, the ratio of its probability under r to that under `tolerance`; the mean over
/// the grid is a test martingale while the canary is no worse than `tolerance` times. By Ville's inequality it ever reaches
/// 1/a with probability at most a: however often one looks, whatever the share and the traffic do meanwhile.
///
/// The counts-in-continuous-time form of Lindon and Malek (arXiv:2011.03567). The other side bets on r = 1 against a canary
/// that is at least `bad` times worse, for early promotion. Allocates nothing once made.
package struct AttributionTest: Hashable, Sendable {
    /// The alternatives: twelve ratios from 1.5 to 200, evenly spaced on a logarithmic scale.
    package static let ratios: [Double] = (0..<12).map { 1.5 * pow(200 / 1.5, Double($0) / 11) }

    /// The canary may fail this many times as often without blame.
    package let tolerance: Double
    /// A canary that fails this many times as often must not be promoted.
    package let bad: Double
    private var logs: [Double]
    /// The logarithm of the evidence that the canary is less than `bad` times worse.
    package private(set) var safetyLog = 0.0

    package init(tolerance: Double = 1.1, bad: Double = 2) {
        self.tolerance = tolerance
        self.bad = bad
        logs = Array(repeating: 0, count: Self.ratios.count)
    }

    /// Counts failures while the canary got a share of the requests.
    ///
    /// - Parameters:
    ///   - share: the probability with which a request went to the canary; at 0 and 1 failures tell nothing.
    ///   - countsForSafety: `false` while something fails on both arms, and the ratio is not the canary's own.
    package mutating func add(canary: Int, stable: Int, share: Double, countsForSafety: Bool = true) {
        guard canary > 0 || stable > 0, share > 0, share < 1 else { return }
        let (canary, stable) = (Double(canary), Double(stable))
        func mixed(_ ratio: Double) -> Double { log(share * ratio + 1 - share) }
        let (null, allowed) = (mixed(tolerance), log(tolerance))
        for (index, ratio) in Self.ratios.enumerated() {
            logs[index] += canary * (log(ratio) - allowed) + (canary + stable) * (null - mixed(ratio))
        }
        guard countsForSafety else { return }
        safetyLog += (canary + stable) * mixed(bad) - canary * log(bad)
    }

    /// The logarithm of the evidence that the canary fails more often than allowed.
    package var harmLog: Double { LogSum.mean(logs) }
}

extension AttributionTest {
    var json: JSONValue {
        .object([("logs", .array(logs.map { .number($0) })), ("safety", .number(safetyLog))])
    }

    init(json: JSONValue, tolerance: Double, bad: Double) throws(ReleaseError) {
        let fields = try JSONFields(json, "attribution", known: ["logs", "safety"])
        self.init(tolerance: tolerance, bad: bad)
        let values = try fields.array("logs").compactMap(\.doubleValue)
        guard values.count == logs.count else {
            throw JSONFields.malformed("attribution.logs", "\(logs.count) numbers")
        }
        logs = values
        safetyLog = try fields.double("safety")
    }
}
