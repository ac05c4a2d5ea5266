/// How a version is rolled out and when it is rolled back: a value that a person declares and that stays what it is while the
/// rollout lasts.
package struct RolloutPolicy: Hashable, Sendable {
    package var strategy: RolloutStrategy
    /// The probability with which a version that is no worse is ever rolled back, at most.
    package var alpha = 0.01
    /// The probability with which a version that is `bad` times worse is promoted early, at most.
    package var beta = 0.05
    /// Rates may be this many times those of the stable arm without blame.
    package var tolerance = 1.1
    package var bad = 2.0
    /// Requests that may be harmed before it ends, if evidence speaks against the version at all.
    package var harmBudget = 50
    /// Inputs on which the answer may differ from the live version's, as a share; `nil` for any.
    package var maxDisagreement: Double?
    /// How much worse the mean loss may be where labels come; `nil` where they do not decide.
    package var maxLossIncrease: Double?
    package var watchesLatency = true
    /// What is called slow: beyond the stable arm's quantile times this, and more than a millisecond beyond it.
    package var latencyTolerance = 1.25
    /// By how much the new version's share of slow requests has to exceed the stable arm's before it counts at all.
    package var latencyExcess = 0.05
    package var clients = ClientLedger.Rule.perClient
    package var promotesEarly = true
    /// What happens at the end of the schedule when evidence decided nothing.
    package var whenInconclusive = Ending.promote
    /// Requests that the new version has to have answered before a step ends.
    package var stepRequests = 10

    package enum Ending: String, Hashable, Sendable, CaseIterable {
        case promote, hold
    }

    package init(_ strategy: RolloutStrategy) { self.strategy = strategy }

    /// Five minutes each at 1, 5, 25 and 50 %.
    package static let usualShares = [100, 500, 2500, 5000]

    /// - Throws: `ReleaseError.Code.invalid`.
    package func validate() throws(ReleaseError) {
        try strategy.validate()
        try Self.check("alpha", alpha, 0.000_001...0.2)
        try Self.check("beta", beta, 0.000_001...0.5)
        try Self.check("tolerance", tolerance, 1...10)
        try Self.check("bad", bad, 1.01...100)
        try Self.check("harmBudget", Double(harmBudget), 1...1_000_000)
        try Self.check("stepRequests", Double(stepRequests), 0...1_000_000)
        try Self.check("latencyTolerance", latencyTolerance, 1...100)
        try Self.check("latencyExcess", latencyExcess, 0...0.9)
        if let maxDisagreement { try Self.check("maxDisagreement", maxDisagreement, 0...0.9) }
        if let maxLossIncrease { try Self.check("maxLossIncrease", maxLossIncrease, 0...0.9) }
        guard bad > tolerance else {
            throw ReleaseError(.invalid, "rollout: 'bad' (\(bad)) must exceed 'tolerance' (\(tolerance))")
        }
    }

    private static func check(
        _ name: String, _ value: Double, _ range: ClosedRange<Double>
    ) throws(ReleaseError) {
        guard range.contains(value) else {
            throw ReleaseError(
                .invalid, "rollout: '\(name)' lies from \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
    }

    /// Whether labels for answers of both versions to the same input are evidence: then canaries are asked what the stable
    /// version answers, and the other way round.
    package var comparesLabels: Bool {
        if case .challenger = strategy { return true }
        return maxLossIncrease != nil
    }

    /// What a request has to exceed to be slow, in seconds, beside what the stable arm's quantile was.
    package func slow(_ quantile: Double) -> Double { max(quantile * latencyTolerance, quantile + 0.001) }
}
