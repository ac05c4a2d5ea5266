import Glibc
import Tensors

/// Evidence that a greater part of the canary's requests is slow than of the stable arm's, by more than a margin.
///
/// Slow requests come in bursts: a machine is busy for a moment, and whatever runs then is late. Counted one by one they would be
/// mistaken for evidence. So half a second of both arms is one datum, whatever is in it: the difference of the two shares,
/// from -1 to 1. A capital process bets that its mean is above the margin (Waudby-Smith and Ramdas, "Estimating means of
/// bounded random variables by betting", JRSS B 2024); stakes depend on earlier moments only. While the mean difference of a
/// moment is at most the margin, given what came before, it ever reaches 1/a with probability at most a, however
/// requests within a moment hang together.
package struct SlowTest: Hashable, Sendable {
    private struct Moment: Hashable {
        var number: Int
        /// Whether the stable arm was as fast as usual when it began.
        var isSteady: Bool
        var canarySlow = 0
        var canary = 0
        var stableSlow = 0
        var stable = 0
    }

    /// Milliseconds of a moment; one in which an arm answered nothing goes on until it has.
    package static let moment = 500
    /// The margin while the stable arm itself is slower than it used to be: near a limit that everything crosses, a version
    /// that is slower by little crosses it much more often.
    package static let unsteadyMargin = 0.5

    package let margin: Double
    /// Moments that counted.
    package private(set) var count = 0
    /// Of the differences.
    package private(set) var mean = 0.0
    /// The logarithm of the evidence that the canary is slow more often by more than the margin.
    package private(set) var harmLog = 0.0
    private var squares = 0.0
    private var open: Moment?

    package init(margin: Double) { self.margin = min(max(margin, 0), 0.9) }

    /// Takes what came since the last look.
    ///
    /// - Parameters:
    ///   - time: milliseconds.
    ///   - isSteady: whether the stable arm was as fast as usual before that.
    package mutating func add(
        canary: (slow: Int, requests: Int), stable: (slow: Int, requests: Int), at time: Int, isSteady: Bool
    ) {
        let number = time / Self.moment
        if let moment = open, number > moment.number, moment.canary > 0, moment.stable > 0 {
            bet(moment)
            open = nil
        }
        var moment = open ?? Moment(number: number, isSteady: isSteady)
        // The clock may have been set back.
        if moment.canary == 0 || moment.stable == 0 || moment.number > number { moment.number = number }
        moment.canarySlow += min(max(0, canary.slow), max(0, canary.requests))
        moment.canary += max(0, canary.requests)
        moment.stableSlow += min(max(0, stable.slow), max(0, stable.requests))
        moment.stable += max(0, stable.requests)
        open = moment
    }

    private mutating func bet(_ moment: Moment) {
        let value =
            Double(moment.canarySlow) / Double(moment.canary) - Double(moment.stableSlow) / Double(moment.stable)
        let margin = moment.isSteady ? margin : max(margin, Self.unsteadyMargin)
        // The mean is drawn towards 0 while it is known from few.
        let edge = mean * Double(count) / Double(count + 1) - margin
        let spread = (squares + 0.25) / Double(count + 1)
        if edge > 0 {
            // Never so much that it could be lost: the difference is at least -1.
            let stake = min(edge / (spread + edge * edge), 0.9 / (1 + margin))
            harmLog += log1p(stake * (value - margin))
        }
        count += 1
        let before = mean
        mean += (value - mean) / Double(count)
        squares += (value - before) * (value - mean)
    }
}

extension SlowTest {
    /// The moment that is open is not kept: it is over by then.
    var json: JSONValue {
        .object([
            ("count", .integer(count)), ("mean", .number(mean)), ("squares", .number(squares)),
            ("log", .number(harmLog)),
        ])
    }

    init(json: JSONValue, margin: Double) throws(ReleaseError) {
        let fields = try JSONFields(json, "slow", known: ["count", "mean", "squares", "log"])
        self.init(margin: margin)
        (count, mean) = (try fields.int("count"), try fields.double("mean"))
        (squares, harmLog) = (try fields.double("squares"), try fields.double("log"))
        guard count >= 0, count < 1 << 52 else { throw JSONFields.malformed("slow.count", "moments") }
    }
}
