import Comparing
import Home
import Monitor
import Release
import Serve
import Synchronization
import Tensors

/// What versions that are asked the same have answered, endpoint by endpoint.
///
/// Comparisons live as long as this process; how many answers differed is kept by the rollout that asked.
final class ComparisonBoard: Sendable {
    /// Two versions of an endpoint, by their manifests' digests.
    struct Key: Hashable, Sendable {
        var endpoint: EndpointName
        var base: String
        var candidate: String
    }

    /// One comparison.
    final class Entry: Sendable {
        let base: VersionReference
        let candidate: VersionReference
        let role: Arm.Role
        let mirror: Mirror
        fileprivate let ledger: ComparisonLedger

        fileprivate init(
            _ base: VersionReference, _ candidate: VersionReference, _ role: Arm.Role, _ ledger: ComparisonLedger
        ) {
            (self.base, self.candidate, self.role, self.ledger) = (base, candidate, role, ledger)
            mirror = Mirror(counts: ledger.metrics.counts) { ledger.add($0) }
        }
    }

    private struct State {
        /// In the order in which they began.
        var keys: [Key] = []
        var entries: [Key: Entry] = [:]
        /// Canaries whose answers a rollout asks for.
        var wanted: Set<Key> = []
    }

    /// Comparisons of an endpoint that are remembered when they are over.
    private static let kept = 4
    /// Pairs a second for a canary: enough to decide within a second, and little beside what serving takes.
    private static let canaryPairs = 100

    private let registry: MetricsRegistry
    private let state = Mutex(State())

    init(registry: MetricsRegistry) {
        self.registry = registry
    }
}

// MARK: - Versions come and go

extension ComparisonBoard {
    /// What is mirrored at an endpoint in this state.
    ///
    /// - Parameter servables: the versions in memory, by their arms.
    func mirrored(
        _ endpoint: EndpointName, _ spec: EndpointSpec, _ servable: (Arm) -> Servable?
    ) -> [MirroredVersions] {
        guard let stable = spec.stable, let base = servable(stable) else {
            settle(endpoint, [])
            return []
        }
        var mirrored: [MirroredVersions] = []
        var keys: Set<Key> = []
        for arm in spec.arms where arm.role != .stable {
            guard let candidate = servable(arm) else { continue }
            let key = Key(endpoint: endpoint, base: stable.digest, candidate: arm.digest)
            let entry = entry(key, stable, arm, base)
            let versions = MirroredVersions(entry.mirror, base: base, candidate: candidate)
            entry.ledger.state.withLock { state in
                (state.obstacle, state.isInForce) = (versions.obstacle, true)
                state.labelled = (base.labelled, candidate.labelled)
                state.shown = Self.shown(base.signature, spec.settings.recording)
            }
            if arm.role == .shadow { entry.mirror.open(basisPoints: arm.weight) }
            keys.insert(key)
            mirrored.append(versions)
        }
        settle(endpoint, keys)
        return mirrored
    }

    /// The inputs that the settings allow to be kept as they are.
    private static func shown(
        _ signature: Signature, _ recording: TrafficRecording?
    ) -> [(position: Int, name: String)] {
        guard let recording else { return [] }
        return signature.inputs.enumerated().compactMap { position, input in
            recording.without.contains(input.name) || recording.hashed.contains(input.name)
                ? nil : (position, input.name)
        }
    }

    private func entry(_ key: Key, _ stable: Arm, _ arm: Arm, _ base: Servable) -> Entry {
        if let known = state.withLock({ $0.entries[key] }), known.role == arm.role { return known }
        let metrics = ComparisonMetrics(registry, key.endpoint, arm.version)
        let comparison = VersionComparison(outputs: base.signature.outputs.map(\.name), classes: base.classes)
        let made = Entry(stable.version, arm.version, arm.role, ComparisonLedger(comparison, metrics))
        return state.withLock { state in
            state.keys.removeAll { $0 == key }
            state.keys.append(key)
            state.entries[key] = made
            if arm.role == .canary, state.wanted.contains(key) { open(made) }
            return made
        }
    }

    /// What is not in force any more is remembered for a while.
    private func settle(_ endpoint: EndpointName, _ present: Set<Key>) {
        state.withLock { state in
            let over = state.keys.filter { $0.endpoint == endpoint && !present.contains($0) }
            for key in over {
                state.entries[key]?.mirror.close()
                state.entries[key]?.ledger.state.withLock { $0.isInForce = false }
            }
            for key in over.dropLast(Self.kept) {
                state.entries[key] = nil
                state.keys.removeAll { $0 == key }
            }
        }
    }

    private func open(_ entry: Entry) {
        entry.mirror.open(basisPoints: TrafficSplit.whole, perSecond: Self.canaryPairs)
    }
}

// MARK: - Rollouts

extension ComparisonBoard: AnswerPairs {
    /// Compares what a canary answers, from now on, where a bound is declared or labels decide; a shadow's answers are
    /// compared anyway.
    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy) {
        // What labels said before is no evidence of this rollout.
        _ = take(subject)
        guard policy.maxDisagreement != nil || policy.comparesLabels else { return }
        let key = Key(subject)
        let entry = state.withLock { state in
            state.wanted.insert(key)
            return state.entries[key]
        }
        guard let entry else { return }
        if entry.role == .canary { open(entry) }
        entry.ledger.state.withLock { ($0.compared, $0.differing) = (0, 0) }
    }

    /// Compares a canary's answers no longer.
    func close(_ subject: RolloutSubject) {
        let key = Key(subject)
        let entry = state.withLock { state in
            state.wanted.remove(key)
            return state.entries[key]
        }
        if let entry, entry.role == .canary { entry.mirror.close() }
    }

    /// Inputs that both versions answered since the last look, those on which the answers differ, and what labels said.
    func take(_ subject: RolloutSubject) -> PairTally {
        guard let entry = state.withLock({ $0.entries[Key(subject)] }) else { return PairTally() }
        let (known, labelled) = entry.ledger.state.withLock { state in
            defer { (state.compared, state.differing) = (0, 0) }
            return (PairTally(compared: state.compared, differing: state.differing), state.labelled)
        }
        var tally = known
        guard let labelled else { return tally }
        let (base, candidate) = (
            labelled.base.take(beside: subject.candidate.digest), labelled.candidate.take(beside: subject.stable.digest)
        )
        tally.losses = candidate.differences.map(Double.init)
        (tally.labels.stableLabelled, tally.labels.stableRight) = (base.labelled, base.right)
        (tally.labels.canaryLabelled, tally.labels.canaryRight) = (candidate.labelled, candidate.right)
        return tally
    }
}

extension ComparisonBoard.Key {
    init(_ subject: RolloutSubject) {
        self.init(endpoint: subject.endpoint, base: subject.stable.digest, candidate: subject.candidate.digest)
    }
}

// MARK: - Telling

extension ComparisonBoard {
    /// The newest comparison with a version, by its manifest's digest, as in `json`; `nil` where there is none.
    func newest(_ endpoint: EndpointName, candidate: String) -> JSONValue? {
        let newest: (key: Key, entry: Entry)? = state.withLock { state in
            guard let key = state.keys.last(where: { $0.endpoint == endpoint && $0.candidate == candidate }),
                let entry = state.entries[key]
            else { return nil }
            return (key, entry)
        }
        return newest.map { $0.entry.json($0.key) }
    }

    /// What `slipway compare ENDPOINT --live` shows: the newest comparison first.
    func json(_ endpoint: EndpointName) -> JSONValue {
        let entries = state.withLock { state in
            state.keys.reversed().filter { $0.endpoint == endpoint }.compactMap { key in
                state.entries[key].map { (key, $0) }
            }
        }
        return .object([
            ("endpoint", .string(endpoint.text)), ("comparisons", .array(entries.map { $1.json($0) })),
        ])
    }
}

extension ComparisonBoard.Entry {
    fileprivate func json(_ key: ComparisonBoard.Key) -> JSONValue {
        let state = ledger.state.withLock { $0 }
        let counts = mirror.counts
        let labelled = state.labelled?.candidate.pairs(beside: key.base) ?? LabelledAnswers.Pairs()
        return .object([
            ("baseDigest", .string(key.base)), ("candidateDigest", .string(key.candidate)),
            ("base", .string(base.description)), ("candidate", .string(candidate.description)),
            ("role", .string(role.rawValue)), ("inForce", .bool(state.isInForce)), ("open", .bool(mirror.isOpen)),
            ("obstacle", state.obstacle.map(JSONValue.string) ?? .null),
            (
                "mirrored",
                .object([
                    ("compared", .integer(counts.compared.value)), ("failed", .integer(counts.failed.value)),
                    ("dropped", .integer(counts.dropped.value)), ("late", .integer(counts.late.value)),
                    ("absent", .integer(counts.absent.value)),
                ])
            ),
            ("answers", state.comparison.json),
            (
                "labelled",
                .object([
                    ("pairs", .integer(labelled.count)), ("bothRight", .integer(labelled.bothRight)),
                    ("onlyCandidate", .integer(labelled.onlyThis)), ("onlyBase", .integer(labelled.onlyOther)),
                    ("neither", .integer(labelled.neither)),
                ])
            ),
        ])
    }
}
