/// How much can be cut without losing more than allowed: halves what is open, a few times. A value: drops in, amounts out.
package struct AmountSearch: Hashable, Sendable {
    /// The largest amount that was tried and allowed.
    package private(set) var best: Double?
    /// What was tried, in that order.
    package private(set) var tried: [Double] = []
    private let limit: Double
    private let tries: Int
    /// Allowed, or nothing; and too much.
    private var low = 0.0
    private var high: Double
    private let most: Double

    /// Amounts nearer than this are one.
    private static let step = 0.04
    /// What is tried at most when nobody says how much, and how often.
    package static let most = 0.75
    package static let tries = 5

    /// - Parameters:
    ///   - limit: what may be lost.
    ///   - most: the largest amount that may be tried.
    ///   - tries: how many.
    package init(limit: Double, most: Double = AmountSearch.most, tries: Int = AmountSearch.tries) {
        self.limit = limit
        self.most = most
        self.tries = tries
        high = most + Self.step
    }

    /// The amount to try next, in whole hundredths; `nil` where it is found, or nothing can be cut.
    package var next: Double? {
        guard tried.count < tries, high - low > Self.step else { return nil }
        let amount = tried.isEmpty ? min(0.5, most) : min(most, (low + high) / 2)
        let rounded = (amount * 100).rounded() / 100
        return rounded > 0 && !tried.contains(rounded) ? rounded : nil
    }

    /// Takes what was lost with the amount that `next` named.
    package mutating func take(drop: Double) {
        guard let amount = next else { return }
        tried.append(amount)
        if drop <= limit {
            low = amount
            best = max(best ?? 0, amount)
        } else {
            high = amount
        }
    }
}
