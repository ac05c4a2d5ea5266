/// Accuracy of answers nobody has labelled, as far as their confidence tells it.
package struct AccuracyTally: Hashable, Sendable {
    /// Answers so far.
    package private(set) var count = 0
    private var sum = 0.0
    /// Of the chance of each to be right or wrong: p(1 - p).
    private var spread = 0.0

    package init() {}

    /// Takes in an answer's calibrated confidence.
    package mutating func add(_ right: Double) {
        count += 1
        sum += right
        spread += right * (1 - right)
    }

    package static func + (left: AccuracyTally, right: AccuracyTally) -> AccuracyTally {
        var both = left
        both.count += right.count
        both.sum += right.sum
        both.spread += right.spread
        return both
    }

    /// The mean of calibrated confidences; `nil` without answers. Source: NannyML, confidence-based performance
    /// estimation, "Accuracy".
    package var accuracy: Double? { count > 0 ? sum / Double(count) : nil }

    /// The standard deviation that the true share of right answers has around `accuracy` if the assumption holds.
    package var deviation: Double? { count > 0 ? spread.squareRoot() / Double(count) : nil }
}
