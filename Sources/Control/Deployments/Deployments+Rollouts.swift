import Home
import Registry
package import Release
import Tensors

/// A rollout as the home records it.
package struct RecordedRollout: Sendable {
    package let number: Int
    package let endpoint: EndpointName
    /// The revision that began it, and the one that ending it goes back to.
    package let revision: Int
    package let base: Int
    package let digest: String
    package let policy: RolloutPolicy
    /// `nil` before it began.
    package let rollout: Rollout?
    package let isOver: Bool

    /// - Throws: `ControlError.Code.damaged` when what was written down cannot be read.
    init(row: RolloutRow) throws(ControlError) {
        do {
            number = row.number
            endpoint = try EndpointName(row.endpoint)
            (revision, base, digest) = (row.revision, row.base, row.digest)
            policy = try RolloutPolicy(json: JSONValue.parse(Array(row.policy.utf8)))
            rollout = try row.state.map { try Rollout(json: JSONValue.parse(Array($0.utf8))) }
            isOver = row.endedAt != nil
        } catch {
            throw ControlError(
                .damaged, "'\(row.endpoint)': what is recorded of rollout \(row.number) cannot be read: \(error)",
                help: "its share stays as it is; end it with: slipway rollout abort \(row.endpoint)")
        }
    }
}

/// A rollout whose record cannot be read.
package struct DamagedRollout: Sendable {
    package let number: Int
    package let endpoint: String
    /// The revision that ending it goes back to.
    package let base: Int
    /// The digest of the version that is rolled out.
    package let digest: String
    /// What is the matter with it, for people.
    package let error: ControlError
}

extension Deployments {
    /// What a rollout begins with.
    ///
    /// - Throws: `ReleaseError` for a strategy that cannot be carried out here.
    package static func request(
        _ candidate: Candidate, _ policy: RolloutPolicy
    ) throws(ReleaseError) -> ReleaseRequest {
        try policy.validate()
        switch policy.strategy {
        case .allAtOnce: return .deploy(candidate)
        case .blueGreen: return .replace(candidate)
        case .canary, .split, .challenger:
            return .canary(candidate, share: try Share(basisPoints: policy.strategy.steps.first?.basisPoints ?? 0))
        case .shadow(let share, _): return .shadow(candidate, share: share)
        }
    }

    /// Rollouts under way; one that cannot be read is no reason not to see the others.
    package func activeRollouts() throws -> (readable: [RecordedRollout], damaged: [DamagedRollout]) {
        var (readable, damaged): ([RecordedRollout], [DamagedRollout]) = ([], [])
        for row in try registry.database.read({ try $0.activeRollouts() }) {
            do throws(ControlError) {
                readable.append(try RecordedRollout(row: row))
            } catch {
                damaged.append(
                    DamagedRollout(
                        number: row.number, endpoint: row.endpoint, base: row.base, digest: row.digest, error: error))
            }
        }
        return (readable, damaged)
    }

    /// The rollout that is under way at an endpoint, or was the last.
    package func latestRollout(of endpoint: EndpointName) throws -> RecordedRollout? {
        try registry.database.read { try $0.latestRollout(of: endpoint.text).map(RecordedRollout.init(row:)) }
    }

    /// Records what is known of a rollout.
    package func keep(_ rollout: Rollout, number: Int) throws {
        try registry.database.write {
            try $0.setRollout(number, state: rollout.json.encodedString(), isOver: rollout.isOver)
        }
    }

    /// Records that a rollout came to nothing.
    package func drop(rollout number: Int) throws {
        try registry.database.write { try $0.endRollout(number) }
    }
}
