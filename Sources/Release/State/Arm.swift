/// One version behind an endpoint.
package struct Arm: Hashable, Sendable {
    /// What an arm is for.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// The version that is in production.
        case stable
        /// A version that takes a share of the traffic to prove itself.
        case canary
        /// A version that gets copies of requests and whose answers nobody receives.
        case shadow
    }

    package let version: VersionReference
    /// The version's manifest digest: its identity, of which `version` is the name.
    package let digest: String
    /// Basis points. The weights of the stable arm and the canary sum to `TrafficSplit.whole`; a shadow's weight is
    /// the share of all requests that is copied to it.
    package let weight: Int
    package let role: Role
    /// What was measured to be best for the version here; settings that name an engine go before it.
    package let tuning: ArmTuning?

    package init(
        version: VersionReference, digest: String, weight: Int, role: Role, tuning: ArmTuning? = nil
    ) {
        self.tuning = tuning
        self.version = version
        self.digest = digest
        self.weight = weight
        self.role = role
    }

    /// The only arm that takes traffic.
    package static func stable(_ candidate: Candidate) -> Arm {
        Arm(
            version: candidate.version, digest: candidate.digest, weight: TrafficSplit.whole, role: .stable,
            tuning: candidate.tuning)
    }

    /// The same version with other duties.
    package func with(weight: Int, role: Role) -> Arm {
        Arm(version: version, digest: digest, weight: weight, role: role, tuning: tuning)
    }
}

/// A version that may become an arm: its name and what the name stands for.
package struct Candidate: Hashable, Sendable {
    package let version: VersionReference
    /// The version's manifest digest.
    package let digest: String
    /// What was measured to be best for it here, if anything.
    package let tuning: ArmTuning?

    package init(version: VersionReference, digest: String, tuning: ArmTuning? = nil) {
        self.version = version
        self.digest = digest
        self.tuning = tuning
    }

    /// Without what was measured, where an engine is named by hand.
    func suiting(_ settings: EndpointSettings) -> Candidate {
        settings.engine == .auto ? self : Candidate(version: version, digest: digest)
    }
}
