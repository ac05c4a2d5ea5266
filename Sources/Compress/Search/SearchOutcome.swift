import Engines

/// What came of a search: which candidates keep the limits, which lie on the Pareto front, and which one is best.
package struct SearchOutcome: Hashable, Sendable {
    /// A candidate with what is to be said of it.
    package struct Finding: Hashable, Sendable {
        package let candidate: SearchCandidate
        package let measurement: SearchMeasurement?
        /// Why it is not used; `nil` where it keeps every limit.
        package let reason: String?
        package internal(set) var isOnFront = false
    }

    /// In the order of the plan; the first is the original.
    package private(set) var findings: [Finding]
    /// The place of the best; `nil`: the original is kept.
    package private(set) var winner: Int?
    /// Why the original is kept, where it is.
    package private(set) var reason: String?
    /// What a person should know, a sentence each.
    package private(set) var notes: [String] = []

    init(_ entries: [CandidateSearch.Entry], _ goals: SearchGoals) {
        findings = entries.map { entry in
            let reason: String? =
                switch entry.state {
                case .waiting: "not tried"
                case .dropped(let reason): reason
                case .made(let made): Self.refusal(of: made, goals) ?? Self.slowness(made, goals)
                }
            return Finding(candidate: entry.candidate, measurement: entry.measurement, reason: reason)
        }
        markFront()
        choose(goals)
    }

    // MARK: - Limits

    /// Why a candidate is not used, by what is known before it is run side by side with others.
    static func refusal(of made: SearchMeasurement, _ goals: SearchGoals) -> String? {
        if made.drop > goals.largestDrop { return words(lost: made.drop, goals) }
        if let most = goals.largestBytes, made.bytes > most {
            return "\(made.bytes) bytes; at most \(most) are allowed"
        }
        return nil
    }

    private static func slowness(_ made: SearchMeasurement, _ goals: SearchGoals) -> String? {
        guard let most = goals.largestMilliseconds, let time = made.time, time.p50 > most else { return nil }
        return "\(rounded(time.p50)) ms a run; at most \(rounded(most)) are allowed"
    }

    static func words(lost drop: Double, _ goals: SearchGoals) -> String {
        "loses \(rounded(drop * 100)) points; at most \(rounded(goals.largestDrop * 100)) are allowed"
    }

    private static func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    // MARK: - The front

    /// Those than which no other is better in one of time, bytes and quality and as good in the rest.
    private mutating func markFront() {
        let measured = findings.indices.filter { findings[$0].measurement?.time != nil }
        for index in measured {
            findings[index].isOnFront = !measured.contains { dominates($0, index) }
        }
    }

    private func dominates(_ left: Int, _ right: Int) -> Bool {
        guard left != right, let a = findings[left].measurement, let b = findings[right].measurement,
            let quick = a.time?.p50, let slow = b.time?.p50
        else { return false }
        guard quick <= slow, a.bytes <= b.bytes, a.quality >= b.quality else { return false }
        return quick < slow || a.bytes < b.bytes || a.quality > b.quality
    }

    // MARK: - The best

    /// Bytes, and times, that differ by less are equal.
    private static let equal = (bytes: 0.01, time: 0.03)

    private mutating func choose(_ goals: SearchGoals) {
        guard let original = findings.first, let base = original.measurement else {
            reason = findings.first?.reason ?? "there is nothing to be tried"
            return
        }
        let able = findings.indices.filter { findings[$0].reason == nil && findings[$0].measurement != nil }
        let models = able.filter { !findings[$0].candidate.isOriginal }
        let better = models.filter { isBetter(findings[$0].measurement, than: base, original.reason == nil, goals) }
        winner = best(of: better, goals)
        if winner == nil { reason = why(models, original, goals) }
        noteEngines(base)
    }

    /// Whether a candidate is worth having instead of the original.
    private func isBetter(
        _ made: SearchMeasurement?, than base: SearchMeasurement, _ isOriginalAllowed: Bool, _ goals: SearchGoals
    ) -> Bool {
        guard let made else { return false }
        // Where the original breaks a limit, whatever keeps them all is better.
        guard isOriginalAllowed else { return true }
        let isSmaller = Double(made.bytes) < Double(base.bytes) * (1 - Self.equal.bytes)
        guard let time = made.time, let before = base.time else { return isSmaller }
        let noise = max(Self.equal.time, max(time.noise, before.noise))
        let isFaster = time.p50 < before.p50 / (1 + noise)
        let isSlower = time.p50 > before.p50 * (1 + noise)
        return isFaster || isSmaller && (!isSlower || goals.aim == .smallest)
    }

    /// What is compared, the most important first: less is better. What differs by less than `equal` of the best is equal.
    private static func criteria(
        _ aim: SearchGoals.Aim
    ) -> [@Sendable (SearchMeasurement) -> (value: Double, equal: Double)?] {
        let time: @Sendable (SearchMeasurement) -> (value: Double, equal: Double)? = { made in
            made.time.map { ($0.p50, max(equal.time, $0.noise)) }
        }
        let bytes: @Sendable (SearchMeasurement) -> (value: Double, equal: Double)? = {
            (Double($0.bytes), equal.bytes)
        }
        let loss: @Sendable (SearchMeasurement) -> (value: Double, equal: Double)? = { (1 - $0.quality, 0) }
        return switch aim {
        case .fastest: [time, bytes, loss]
        case .smallest: [bytes, time, loss]
        case .mostAccurate: [loss, time, bytes]
        }
    }

    /// What is left when those that are not best, or as good, go criterion by criterion; of what is equal in all the first.
    private func best(of places: [Int], _ goals: SearchGoals) -> Int? {
        var left = places
        for criterion in Self.criteria(goals.aim) {
            let values = left.map { place in findings[place].measurement.flatMap(criterion) }
            guard let best = values.compactMap(\.self).min(by: { $0.value < $1.value }) else { continue }
            let most = best.value + best.equal * best.value.magnitude
            left = zip(left, values).filter { $0.1.map { $0.value <= most } ?? false }.map(\.0)
        }
        return left.first { findings[$0].isOnFront } ?? left.first
    }

    private func why(_ models: [Int], _ original: Finding, _ goals: SearchGoals) -> String {
        guard models.isEmpty else { return "what keeps the limits is neither smaller nor faster" }
        let tried = findings.filter { !$0.candidate.isOriginal && $0.measurement != nil }
        guard !tried.isEmpty else { return "nothing could be tried" }
        if goals.largestMilliseconds != nil,
            let nearest = tried.filter({ $0.measurement?.time != nil }).min(by: {
                ($0.measurement?.time?.p50 ?? 0) < ($1.measurement?.time?.p50 ?? 0)
            })
        {
            return "nothing keeps the limits; the fastest is \(nearest.candidate.name): \(nearest.reason ?? "")"
        }
        let nearest = tried.min { ($0.measurement?.drop ?? 1) < ($1.measurement?.drop ?? 1) }
        return "nothing keeps the limits; the nearest is "
            + "\(nearest?.candidate.name ?? "none"): \(nearest?.reason ?? "")"
    }

    private mutating func noteEngines(_ base: SearchMeasurement) {
        if let winner, let first = findings.first?.candidate.engine {
            let candidate = findings[winner].candidate
            let setting = candidate.recipe.setting
            if candidate.engine != first || setting != .usual {
                let how = setting == .usual ? "" : ", \(setting.words)"
                notes.append(
                    "measured on \(candidate.engine.displayName)\(how): a version that is deployed on this machine runs so; "
                        + "by hand: --engine \(candidate.engine.rawValue)\(setting.arguments)")
                return
            }
        }
        let best = winner.flatMap { findings[$0].measurement?.time?.p50 } ?? base.time?.p50
        for finding in findings.dropFirst() where finding.candidate.isOriginal && finding.reason == nil {
            guard let best, let time = finding.measurement?.time, time.p50 * (1 + Self.equal.time) < best else {
                continue
            }
            let factor = (best / time.p50 * 100).rounded() / 100
            notes.append(
                "the original as it is takes \(Self.rounded(time.p50)) ms on \(finding.candidate.engine.displayName), "
                    + "\(factor) times as fast: deploy it with --engine \(finding.candidate.engine.rawValue)")
        }
    }
}
