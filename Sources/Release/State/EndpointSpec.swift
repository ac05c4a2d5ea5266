/// The declared state of an endpoint: a value; two states that are equal are served alike.
package struct EndpointSpec: Hashable, Sendable {
    /// The stable arm first, then the canary, then shadows. Empty when the endpoint is withdrawn.
    package let arms: [Arm]
    package let settings: EndpointSettings

    /// Arms may come in any order.
    ///
    /// - Throws: `ReleaseError.Code.invalid` unless there is no arm at all, or exactly one stable arm and at most one
    ///   canary; their weights are positive and sum to 10,000; a shadow's weight is from 1 to 10,000; no version or
    ///   digest occurs twice; there are at most `maximumArms`; the settings can be; and their fallback version has a
    ///   digest and is no arm.
    package init(arms: [Arm], settings: EndpointSettings = EndpointSettings()) throws(ReleaseError) {
        try Self.validate(arms)
        try settings.validate()
        if !arms.isEmpty, let fallback = settings.watching.outliers.fallback { try Self.validate(fallback, arms) }
        self.arms = Arm.Role.allCases.flatMap { role in arms.filter { $0.role == role } }
        self.settings = settings
    }

    /// Each arm is a model in memory.
    package static let maximumArms = 8
}

/// What holds for all arms of an endpoint.
package struct EndpointSettings: Hashable, Sendable {
    package var engine: EngineChoice
    package var batching: BatchingChoice
    /// Bytes of answers that each version keeps for requests that come again; 0 keeps none.
    package var cacheBytes: Int
    /// Its versions stay in memory, whoever else needs room.
    package var isPinned: Bool
    package var objectives: [Objective]
    /// The header whose value decides a request's arm, in lowercase; without it, the identity of the caller's token
    /// does, and for anonymous callers chance.
    package var routingKeyHeader: String?
    package var watching: WatchingChoice
    /// Which requests are kept, to be asked again; `nil` for none.
    package var recording: TrafficRecording?

    package init(
        engine: EngineChoice = .auto, batching: BatchingChoice = .auto, cacheBytes: Int = 0,
        isPinned: Bool = false, objectives: [Objective] = [], routingKeyHeader: String? = nil,
        watching: WatchingChoice = WatchingChoice(), recording: TrafficRecording? = nil
    ) {
        self.recording = recording
        self.engine = engine
        self.batching = batching
        self.cacheBytes = cacheBytes
        self.isPinned = isPinned
        self.objectives = objectives
        self.routingKeyHeader = routingKeyHeader
        self.watching = watching
    }

    /// The latency objectives in seconds: the edges that the endpoint's histograms need.
    package var latencyBounds: [Double] {
        objectives.compactMap { if case .latency(_, let seconds) = $0 { seconds } else { nil } }
    }
}

// MARK: - Reading a state

extension EndpointSpec {
    /// Nothing is served.
    package var isWithdrawn: Bool { arms.isEmpty }
    /// The version in production; `nil` when withdrawn.
    package var stable: Arm? { arms.first { $0.role == .stable } }
    package var canary: Arm? { arms.first { $0.role == .canary } }
    package var shadows: [Arm] { arms.filter { $0.role == .shadow } }
    /// The arms that answer requests, the stable one first.
    package var answering: [Arm] { arms.filter { $0.role != .shadow } }
    /// How requests are divided between `answering`, in that order; `nil` when withdrawn.
    package var split: TrafficSplit? { TrafficSplit(weights: answering.map(\.weight)) }
    /// What has to be there to serve it.
    package var digests: Set<String> { Set(arms.map(\.digest) + [fallback?.digest].compactMap(\.self)) }
    /// Answers requests that are far outside the reference of their version; `nil` where none does, or when withdrawn.
    package var fallback: (version: VersionReference, digest: String)? {
        guard !isWithdrawn, let fallback = settings.watching.outliers.fallback, let digest = fallback.digest else {
            return nil
        }
        return (fallback.version, digest)
    }
    /// One version answers everything and nothing is tried beside it: neither withdrawn nor in the middle of a rollout.
    package var isSettled: Bool { stable != nil && arms.count == 1 }
}

// MARK: - Validation

extension EndpointSpec {
    private static func validate(_ arms: [Arm]) throws(ReleaseError) {
        guard !arms.isEmpty else { return }
        guard arms.count <= maximumArms else {
            throw ReleaseError(.invalid, "an endpoint has at most \(maximumArms) arms, found \(arms.count)")
        }
        try validateUniqueness(arms)
        try validateRoles(arms)
        try validateWeights(arms)
    }

    private static func validate(_ fallback: FallbackVersion, _ arms: [Arm]) throws(ReleaseError) {
        guard let digest = fallback.digest, !digest.isEmpty else {
            throw ReleaseError(.invalid, "the fallback version \(fallback.version) has no digest")
        }
        if let arm = arms.first(where: { $0.version == fallback.version || $0.digest == digest }) {
            throw ReleaseError(
                .invalid,
                "\(fallback.version) answers requests that are far outside the reference of others, so it cannot be the "
                    + "\(arm.role.rawValue) version too",
                help: "name another version with '--outliers fallback:MODEL:VERSION', or none with '--outliers refuse'")
        }
    }

    private static func validateUniqueness(_ arms: [Arm]) throws(ReleaseError) {
        var versions: Set<VersionReference> = []
        var digests: Set<String> = []
        for arm in arms {
            guard !arm.digest.isEmpty else { throw ReleaseError(.invalid, "arm \(arm.version) has no digest") }
            try arm.tuning?.validate()
            guard versions.insert(arm.version).inserted else {
                throw ReleaseError(.invalid, "\(arm.version) is in two arms", help: "give it one arm with both weights")
            }
            guard digests.insert(arm.digest).inserted else {
                throw ReleaseError(.invalid, "arm \(arm.version) is the same package as another arm")
            }
        }
    }

    private static func validateRoles(_ arms: [Arm]) throws(ReleaseError) {
        for (role, allowed) in [(Arm.Role.stable, 1...1), (.canary, 0...1)] {
            let found = arms.count { $0.role == role }
            guard allowed.contains(found) else {
                let expected = role == .stable ? "exactly one stable arm" : "at most one canary"
                throw ReleaseError(.invalid, "an endpoint has \(expected), found \(found)")
            }
        }
    }

    private static func validateWeights(_ arms: [Arm]) throws(ReleaseError) {
        for arm in arms where !(1...TrafficSplit.whole).contains(arm.weight) {
            throw ReleaseError(
                .invalid, "arm \(arm.version): the weight is from 1 to \(TrafficSplit.whole), found \(arm.weight)")
        }
        let sum = arms.reduce(0) { $0 + ($1.role == .shadow ? 0 : $1.weight) }
        guard sum == TrafficSplit.whole else {
            throw ReleaseError(.invalid, "the weights sum to \(Share.text(sum)), expected 100%")
        }
    }
}

extension EndpointSettings {
    fileprivate func validate() throws(ReleaseError) {
        try engine.validate()
        try batching.validate()
        try recording?.validate()
        guard (0...Self.largestCache).contains(cacheBytes) else {
            throw ReleaseError(
                .invalid, "a response cache has from 0 to \(Self.largestCache) bytes, found \(cacheBytes)")
        }
        var subjects: Set<String> = []
        for objective in objectives {
            try objective.validate()
            guard subjects.insert(objective.subject).inserted else {
                throw ReleaseError(.invalid, "the objective for \(objective.subject) is given twice")
            }
        }
        if let header = routingKeyHeader, !Self.isHeaderName(header) {
            throw ReleaseError(
                .invalid, "the routing key's header must be a header name in lowercase",
                help: "write it like x-user-id")
        }
    }

    /// A terabyte.
    private static let largestCache = 1_000_000_000_000

    /// A token of RFC 9110, section 5.6.2, without capitals.
    private static func isHeaderName(_ text: String) -> Bool {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        return (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || marks.contains(byte)
            }
    }
}
