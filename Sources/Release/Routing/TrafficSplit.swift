/// How an endpoint's requests are divided between its arms.
///
/// Weights are in basis points (1/10,000), so that a tenth of a percent can be expressed and sums are exact.
package struct TrafficSplit: Hashable, Sendable {
    /// One ten-thousandth.
    package static let whole = 10_000

    /// The weight of each arm, in the arms' order; they sum to `whole`.
    package let weights: [Int]

    /// - Returns: `nil` when a weight is negative or the sum is not `whole`.
    package init?(weights: [Int]) {
        guard !weights.isEmpty, weights.allSatisfy({ $0 >= 0 && $0 <= Self.whole }),
            weights.reduce(0, +) == Self.whole
        else { return nil }
        self.weights = weights
    }

    /// All traffic to the only arm.
    package static let single = TrafficSplit(only: ())

    private init(only: Void) { weights = [Self.whole] }

    /// The arm for a point chosen evenly from 0 up to `whole`: a hash of the routing key, or a random number.
    ///
    /// A key's point does not change when weights do, so a growing canary keeps the clients it has.
    package func arm(at point: Int) -> Int {
        var end = 0
        for (index, weight) in weights.enumerated() {
            end += weight
            if point < end { return index }
        }
        return weights.count - 1
    }
}
