import Glibc

/// What a rollout can be expected to notice, by when, and at which price: worked out before it begins, for the traffic that an
/// endpoint really has.
///
/// Follows the expected growth of the evidence on errors, step by step, as if failures came evenly. Evidence varies: half of all
/// rollouts take longer.
package struct RolloutForecast: Hashable, Sendable {
    /// What is expected of a canary that fails so many times as often.
    package struct Finding: Hashable, Sendable {
        package let ratio: Double
        /// Until it is rolled back; `nil` when the schedule ends before.
        package let seconds: Double?
        /// Requests harmed by then, or by the end of the schedule.
        package let harmed: Double
    }

    package let requestsPerSecond: Double
    /// The stable version's.
    package let errorRatio: Double
    /// At twice and at ten times the stable version's errors.
    package let findings: [Finding]
    /// The smallest ratio that is noticed before the schedule ends; `nil` when none is.
    package let detectable: Double?

    /// - Parameter streams: how many things are watched; errors have half of the weight where they are not alone.
    package init?(_ policy: RolloutPolicy, requestsPerSecond: Double, errorRatio: Double, streams: Int = 5) {
        guard requestsPerSecond > 0, errorRatio > 0, errorRatio < 1, let steps = Self.steps(policy) else { return nil }
        self.requestsPerSecond = requestsPerSecond
        self.errorRatio = errorRatio
        let course = Course(
            steps: steps, failures: requestsPerSecond * errorRatio, tolerance: policy.tolerance,
            needed: log(1 / policy.alpha) + (streams > 1 ? log(2) : 0))
        findings = Self.ratios.map(course.finding)
        detectable = course.detectable(atMost: 1 / errorRatio)
    }

    /// The ratios that a plan speaks of.
    private static let ratios = [2.0, 10]

    /// Those in which the new version has a part beside the stable one; `nil` where it never has.
    private static func steps(_ policy: RolloutPolicy) -> [RolloutStep]? {
        switch policy.strategy {
        case .canary, .split, .challenger: policy.strategy.steps
        case .allAtOnce, .blueGreen, .shadow: nil
        }
    }

    /// Requests that are harmed before it is noticed that the canary fails so many times as often, whatever the traffic is:
    /// at its first share, with as much time as it takes. Empty where the strategy has nothing to compare with.
    package static func harmWhateverTheTraffic(
        _ policy: RolloutPolicy, streams: Int = 5
    ) -> [(ratio: Double, harmed: Double)] {
        guard let first = steps(policy)?.first else { return [] }
        // Failures are what tells; how many requests there are between them does not matter.
        let endless = RolloutStep(basisPoints: first.basisPoints, duration: nil)
        let course = Course(
            steps: [endless], failures: 1, tolerance: policy.tolerance,
            needed: log(1 / policy.alpha) + (streams > 1 ? log(2) : 0))
        return ratios.map { ($0, course.finding($0).harmed) }
    }
}

/// The expected course of the evidence.
private struct Course {
    let steps: [RolloutStep]
    /// Of the stable version, if it had everything: a second.
    let failures: Double
    let tolerance: Double
    /// The logarithm of the evidence that ends it.
    let needed: Double

    func finding(_ ratio: Double) -> RolloutForecast.Finding {
        var logs = Array(repeating: 0.0, count: AttributionTest.ratios.count)
        var (seconds, harmed) = (0.0, 0.0)
        for step in steps {
            let share = Double(step.basisPoints) / Double(TrafficSplit.whole)
            let length = Double(step.duration?.milliseconds ?? 86_400_000) / 1000
            let speeds = AttributionTest.ratios.map { growth($0, share, ratio) }
            let rest = time(logs, speeds, length)
            harmed += failures * share * (ratio - 1) * min(rest ?? length, length)
            if let rest { return .init(ratio: ratio, seconds: seconds + rest, harmed: harmed) }
            for index in logs.indices { logs[index] += speeds[index] * length }
            seconds += length
        }
        return .init(ratio: ratio, seconds: nil, harmed: harmed)
    }

    /// How fast the bet on one alternative grows, a second.
    private func growth(_ bet: Double, _ share: Double, _ ratio: Double) -> Double {
        func mixed(_ ratio: Double) -> Double { log(share * ratio + 1 - share) }
        let canary = failures * share * ratio
        let all = canary + failures * (1 - share)
        return canary * (log(bet) - log(tolerance)) + all * (mixed(tolerance) - mixed(bet))
    }

    /// When the mean over the bets reaches what is needed, within `length` seconds.
    private func time(_ logs: [Double], _ speeds: [Double], _ length: Double) -> Double? {
        func evidence(_ time: Double) -> Double { LogSum.mean(zip(logs, speeds).map { $0 + $1 * time }) }
        guard evidence(length) >= needed else { return nil }
        var (low, high) = (0.0, length)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if evidence(middle) >= needed { high = middle } else { low = middle }
        }
        return high
    }

    func detectable(atMost largest: Double) -> Double? {
        guard finding(largest).seconds != nil else { return nil }
        var (low, high) = (tolerance, largest)
        for _ in 0..<40 {
            let middle = (low * high).squareRoot()
            if finding(middle).seconds != nil { high = middle } else { low = middle }
        }
        return high
    }
}
