import Glibc
import Tensors

/// Evidence from labels that come late: the loss of the canary less that of the stable arm on the same input.
///
/// Differences lie in -1...1. Three capital processes bet on their mean, which is how much worse the canary is: that it is
/// above `margin`, that it is below 0, and, for an interval that holds at all times at once, against each mean of a grid
/// (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024). Bets depend on
/// earlier differences only. Costs a few hundred multiplications a label.
package struct PairedLossTest: Hashable, Sendable {
    /// How much worse the canary may be on average without blame.
    package let margin: Double
    package private(set) var count = 0
    package private(set) var mean = 0.0
    /// Inputs on which the canary lost more than the stable arm, and less: where losses are 0 and 1, those on which it alone
    /// was wrong, and alone was right.
    package private(set) var worse = 0
    package private(set) var better = 0
    /// The logarithm of the evidence that the canary is worse by more than `margin`.
    package private(set) var worseLog = 0.0
    /// The logarithm of the evidence that the canary is better.
    package private(set) var betterLog = 0.0
    /// The logarithm of the evidence that the canary is not worse by `margin`.
    package private(set) var safeLog = 0.0
    private var squares = 0.0
    /// For each mean of the grid: bets that the true one is above, and below.
    private var above: [Double]
    private var below: [Double]

    private static let grid: [Double] = (-40...40).map { Double($0) / 40 }

    package init(margin: Double = 0) {
        self.margin = min(max(margin, 0), 0.99)
        above = Array(repeating: 0, count: Self.grid.count)
        below = above
    }

    /// Takes a difference; what is not a number is left out, what is outside -1...1 is moved to its end.
    package mutating func add(_ difference: Double) {
        guard !difference.isNaN else { return }
        let value = min(max(difference, -1), 1)
        let spread = (squares + 0.25) / Double(count + 1)
        worseLog += log1p(Self.bet(mean * weight - margin, spread, 1 + margin) * (value - margin))
        betterLog += log1p(-Self.bet(-mean * weight, spread, 1) * value)
        safeLog += log1p(-Self.bet(margin - mean * weight, spread, 1) * (value - margin))
        if value > 0 { worse += 1 } else if value < 0 { better += 1 }
        let time = Double(count + 1)
        let size = (2 * log(2 / 0.05) / (spread * time * log(1 + time))).squareRoot()
        for (index, candidate) in Self.grid.enumerated() {
            let stake = min(size, 0.5 / (1 + abs(candidate)))
            above[index] += log1p(stake * (value - candidate))
            below[index] += log1p(-stake * (value - candidate))
        }
        count += 1
        let before = mean
        mean += (value - mean) / Double(count)
        squares += (value - before) * (value - mean)
    }

    /// Draws the mean towards 0 while it is known from few.
    private var weight: Double { Double(count) / Double(count + 1) }

    /// A stake that grows capital fastest for a mean so far beyond the bound, never so large that it could be lost.
    private static func bet(_ edge: Double, _ spread: Double, _ range: Double) -> Double {
        edge <= 0 ? 0 : min(edge / (spread + edge * edge), 0.5 / range)
    }

    /// Where the mean difference lies, with 95 % confidence at all times at once.
    package var interval: ClosedRange<Double> {
        let limit = log(2 / 0.05)
        let kept = Self.grid.indices.filter { above[$0] < limit && below[$0] < limit }.map { Self.grid[$0] }
        guard let low = kept.first, let high = kept.last else { return mean...mean }
        // The truth may lie between a mean of the grid that is refused and one that is not.
        return max(-1, low - 0.025)...min(1, high + 0.025)
    }
}

extension PairedLossTest {
    /// What is known, for people: without a stop.
    package var sentence: String {
        guard count > 0 else { return "labels: none came for an input that both versions answered" }
        let (low, high) = (Share.signed(interval.lowerBound), Share.signed(interval.upperBound))
        return
            "labels: of \(count) inputs that both answered, the new version alone was wrong on \(worse), the stable one alone "
            + "on \(better), a difference of \(Share.signed(mean)) (95 %: \(low) to \(high))"
    }
}

extension PairedLossTest {
    var json: JSONValue {
        .object([
            ("count", .integer(count)), ("mean", .number(mean)), ("squares", .number(squares)),
            ("worse", .number(worseLog)), ("better", .number(betterLog)), ("safe", .number(safeLog)),
            ("lost", .integer(worse)), ("won", .integer(better)),
            ("above", .array(above.map { .number($0) })), ("below", .array(below.map { .number($0) })),
        ])
    }

    init(json: JSONValue, margin: Double) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "loss",
            known: ["count", "mean", "squares", "worse", "better", "safe", "lost", "won", "above", "below"])
        self.init(margin: margin)
        (count, mean, squares) = (try fields.int("count"), try fields.double("mean"), try fields.double("squares"))
        (worseLog, betterLog) = (try fields.double("worse"), try fields.double("better"))
        if fields.has("safe") { safeLog = try fields.double("safe") }
        (worse, better) = (try fields.intIfPresent("lost") ?? 0, try fields.intIfPresent("won") ?? 0)
        let (up, down) = (
            try fields.array("above").compactMap(\.doubleValue), try fields.array("below").compactMap(\.doubleValue)
        )
        guard up.count == above.count, down.count == below.count, count >= 0 else {
            throw JSONFields.malformed("loss", "\(above.count) numbers on either side")
        }
        (above, below) = (up, down)
    }
}
