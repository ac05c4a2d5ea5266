/// A rollout played to its end on simulated traffic, look by look.
package struct SimulatedRollout: Sendable {
    package enum Ending: Hashable, Sendable {
        case promoted, rolledBack
        /// Still running, or waiting for a person, when time was over.
        case open
    }

    package let ending: Ending
    /// Until the end.
    package let seconds: Double
    /// Failures that a stable version would not have had: expected, not drawn.
    package let harmed: Double
    /// Requests that failed on the canary.
    package let canaryFailures: Int
    package let rollout: Rollout

    /// - Parameters:
    ///   - length: seconds between looks.
    ///   - limit: seconds after which it is left open.
    package init(_ policy: RolloutPolicy, _ traffic: SimulatedTraffic, length: Double = 1, limit: Double = 3600) {
        self.init(policy, traffic, length: length, limit: limit, interruption: { $0 })
    }

    /// - Parameter interruption: called after each look with the rollout, which may be written down and read back there.
    package init(
        _ policy: RolloutPolicy, _ traffic: SimulatedTraffic, length: Double = 1, limit: Double = 3600,
        interruption: (Rollout) throws -> Rollout
    ) rethrows {
        var (traffic, second, harmed) = (traffic, 0.0, 0.0)
        var rollout = Rollout(policy, traffic.baseline, at: 0)
        var share = rollout.share
        while second < limit, rollout.phase != .promoting, rollout.phase != .rollingBack, rollout.phase != .undecided {
            second += length
            let observation = traffic.observe(upTo: second, length: length, share: share)
            let part = Double(share) / Double(TrafficSplit.whole)
            harmed +=
                traffic.requestsPerSecond * length * part
                * (min(1, traffic.errorRatio * traffic.canaryRatio) - traffic.errorRatio)
            for case .shift(let next) in rollout.handle(.observed(observation)) { share = next }
            rollout = try interruption(rollout)
        }
        self.harmed = max(0, harmed)
        self.seconds = second
        self.rollout = rollout
        canaryFailures = rollout.evidence.canary[.errors]
        switch rollout.phase {
        case .promoting, .promoted: ending = .promoted
        case .rollingBack, .rolledBack: ending = .rolledBack
        case .running, .paused, .awaitingApproval, .undecided: ending = .open
        }
    }
}
