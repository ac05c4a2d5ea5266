import Home
import Registry
import Release
import Seals
import Trust

extension HomeReading {
    /// Checks a plan against what the home asks for: a seal of every version that will answer, and nothing older in place
    /// of something newer, but for a rollback, which says so itself.
    ///
    /// - Returns: what the history is to note.
    /// - Throws: `SealError.Code.required`, `.older`.
    func requireSeals(of plan: Plan, _ history: EndpointHistory, allowsOlder: Bool) throws -> String? {
        guard let policy = try sealPolicy() else { return nil }
        var entering: Arm?
        switch plan.cause {
        case .deploy: entering = plan.next.stable
        case .canary: entering = plan.next.canary
        default: break
        }
        for arm in plan.next.arms where arm.version != entering?.version {
            _ = try seal(of: try Digest(arm.digest), called: "\(arm.version)", by: policy.keys)
        }
        if let fallback = plan.next.fallback {
            _ = try seal(of: try Digest(fallback.digest), called: "\(fallback.version)", by: policy.keys)
        }
        guard let entering else { return nil }
        let succession = Succession(
            next: try Succession.Member(entering), present: try history.lastStable.map { try Succession.Member($0) },
            rollback: "slipway rollback \(plan.endpoint)")
        return try require(policy, for: succession, allowsOlder: allowsOlder)
    }
}

extension EndpointHistory {
    /// What answers now; where nothing does, what did so last: taking an endpoint down makes nobody forget.
    fileprivate var lastStable: Arm? {
        if let stable = current?.spec.stable { return stable }
        return entries.last { $0.outcome == .healthy && $0.revision.spec.stable != nil }?.revision.spec.stable
    }
}

extension Succession.Member {
    fileprivate init(_ arm: Arm) throws {
        self.init(model: arm.version.model, number: arm.version.number, digest: try Digest(arm.digest))
    }
}
