package import Release

/// How far a revision and the rollout that it may have begun have come.
package enum ReleaseProgress: Hashable, Sendable {
    /// No server has carried the revision out yet.
    case pending
    /// In force; evidence decides from here on. With the rollout's state, such as `running` or `awaiting approval`.
    case rolling(String)
    /// In force, and nothing is left to be decided.
    case inForce
    case promoted
    case rolledBack(because: String)
    /// The server could not carry it out; what ran before runs on.
    case failed(because: String)

    /// Whether nothing more is going to happen.
    package var isOver: Bool {
        switch self {
        case .pending, .rolling: false
        case .inForce, .promoted, .rolledBack, .failed: true
        }
    }

    /// In one word or two.
    package var name: String {
        switch self {
        case .pending: "pending"
        case .rolling(let state): state
        case .inForce: "in service"
        case .promoted: "promoted"
        case .rolledBack: "rolled back"
        case .failed: "given up"
        }
    }

    /// Why it ended badly; `nil` where it did not.
    package var reason: String? {
        switch self {
        case .rolledBack(let reason), .failed(let reason): reason
        case .pending, .rolling, .inForce, .promoted: nil
        }
    }
}

extension Deployments {
    /// How far a revision has come.
    ///
    /// - Parameters:
    ///   - digest: the version that the revision brought.
    ///   - isRollout: whether it began a rollout.
    /// - Throws: `ControlError.Code.damaged` when the rollout's record cannot be read.
    package func progress(
        of endpoint: EndpointName, revision: Int, digest: String, isRollout: Bool
    ) throws -> ReleaseProgress {
        let history = try recentHistory(of: endpoint)
        switch history.entry(revision)?.outcome {
        case .pending?: return .pending
        case .failed(let reason)?: return .failed(because: reason)
        case .healthy?, nil: break
        }
        guard isRollout else { return .inForce }
        let rollout = try latestRollout(of: endpoint)
        if let rollout, rollout.revision == revision {
            guard rollout.isOver else { return .rolling(rollout.rollout?.phase.name ?? "waiting") }
            switch rollout.rollout?.phase {
            case .promoted?: return .promoted
            case .rolledBack?:
                return .rolledBack(because: rollout.rollout?.records.last?.reason ?? "no reason was recorded")
            default: break
            }
        }
        // Ended by hand, or so long ago that another one has followed.
        let isThere = history.current?.spec.stable?.digest == digest
        return isThere ? .promoted : .rolledBack(because: "it was ended by hand")
    }
}
