/// In which way a version comes to its traffic.
package enum RolloutStrategy: Hashable, Sendable {
    /// At once, and nothing is watched.
    case allAtOnce
    /// At once, with the old version kept beside it for so long; back to it when failures exceed what it had.
    case blueGreen(bake: TimeSpan)
    /// Share by share, as evidence allows.
    case canary([RolloutStep])
    /// Copies of a share of the requests, whose answers nobody receives; then a person decides.
    case shadow(share: Share, for: TimeSpan)
    /// A fixed share by sticky key, reported arm by arm until a person ends it; only harm ends it by itself.
    case split(share: Share)
    /// A fixed share for some time; takes over only when labels show that it is better.
    case challenger(share: Share, for: TimeSpan)

    /// What people call it.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case allAtOnce = "all-at-once"
        case blueGreen = "blue-green"
        case canary
        case shadow
        case split = "ab"
        case challenger
    }

    package var name: Name {
        switch self {
        case .allAtOnce: .allAtOnce
        case .blueGreen: .blueGreen
        case .canary: .canary
        case .shadow: .shadow
        case .split: .split
        case .challenger: .challenger
        }
    }

    /// The new version has everything while it is watched, and there is no arm to compare it with.
    package var replacesAtOnce: Bool { if case .blueGreen = self { true } else { false } }

    /// What is gone through, in order.
    package var steps: [RolloutStep] {
        switch self {
        case .allAtOnce: []
        case .blueGreen(let bake): [RolloutStep(basisPoints: TrafficSplit.whole, duration: bake)]
        case .canary(let steps): steps
        case .shadow(_, let duration): [RolloutStep(basisPoints: 0, duration: duration)]
        case .split(let share): [RolloutStep(basisPoints: share.basisPoints, duration: nil)]
        case .challenger(let share, let duration): [RolloutStep(basisPoints: share.basisPoints, duration: duration)]
        }
    }

    func validate() throws(ReleaseError) {
        let steps = steps
        guard steps.count <= 50 else {
            throw ReleaseError(.invalid, "a rollout has at most 50 steps, found \(steps.count)")
        }
        switch self {
        case .allAtOnce, .blueGreen, .shadow: return
        case .canary, .split, .challenger: break
        }
        guard !steps.isEmpty else {
            throw ReleaseError(.invalid, "a canary has at least one step", help: "write them like 1%,5%,25%,50%")
        }
        var last = 0
        for step in steps {
            guard step.basisPoints > last, step.basisPoints < TrafficSplit.whole else {
                throw ReleaseError(
                    .invalid, "shares grow from step to step and stay below 100%, found \(Share.text(step.basisPoints))"
                )
            }
            last = step.basisPoints
        }
    }
}

/// A share and how long it lasts.
package struct RolloutStep: Hashable, Sendable {
    /// The canary's share.
    package let basisPoints: Int
    /// `nil` for until somebody ends it.
    package let duration: TimeSpan?
    /// Whether a person has to agree before the next one.
    package let needsApproval: Bool

    package init(basisPoints: Int, duration: TimeSpan?, needsApproval: Bool = false) {
        self.basisPoints = basisPoints
        self.duration = duration
        self.needsApproval = needsApproval
    }
}
