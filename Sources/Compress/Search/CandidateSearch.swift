import Engines

/// Which candidate comes next, which need not be made, when to measure, and what came of it all. A value without clock, file or
/// engine: what happened goes in (`take`), what is to be done comes out (`next`).
package struct CandidateSearch: Hashable, Sendable {
    /// What the shell is to do.
    package enum Action: Hashable, Sendable {
        /// Make this candidate and measure size and answers. The original is only measured.
        case make(SearchCandidate)
        /// Run these side by side, the original first.
        case race([SearchCandidate])
        case finish(SearchOutcome)
    }

    /// What a candidate came to.
    package enum State: Hashable, Sendable {
        case waiting
        case made(SearchMeasurement)
        /// Not made, or not used, and why.
        case dropped(String)
    }

    package struct Entry: Hashable, Sendable {
        package internal(set) var candidate: SearchCandidate
        package internal(set) var state = State.waiting

        /// What was measured of one that was made.
        package var measurement: SearchMeasurement? { if case .made(let made) = state { made } else { nil } }
    }

    package private(set) var entries: [Entry]
    private let goals: SearchGoals
    /// The most that are run side by side.
    private let raceSize: Int
    /// What was handed out and has not come back.
    private var pending: String?
    private var isRacing = false
    private var hasRaced = false
    private var isOutOfTime = false

    /// - Parameter raceSize: how many models may be in memory at a time.
    package init(_ plan: SearchPlan, _ goals: SearchGoals, raceSize: Int = 12) {
        entries = plan.candidates.map { Entry(candidate: $0) }
        self.goals = goals
        self.raceSize = max(2, raceSize)
    }

    /// How many are decided, and how many there are.
    package var progress: (done: Int, total: Int) { (entries.count { $0.state != .waiting }, entries.count) }

    // MARK: - What is to be done

    /// What is next. Asked again before an answer came, the same.
    package mutating func next() -> Action {
        if let entry = entries.first(where: { $0.candidate.name == pending }) { return .make(entry.candidate) }
        while let index = entries.firstIndex(where: { $0.state == .waiting }) {
            fillShare(index)
            if let reason = needless(entries[index].candidate) {
                entries[index].state = .dropped(reason)
                continue
            }
            pending = entries[index].candidate.name
            return .make(entries[index].candidate)
        }
        let runners = self.runners
        if !hasRaced, runners.count > 1 {
            isRacing = true
            return .race(runners)
        }
        return .finish(SearchOutcome(entries, goals))
    }

    /// With the share that pruning alone found on the same engine.
    private mutating func fillShare(_ index: Int) {
        let candidate = entries[index].candidate
        guard candidate.needsShare, let share = prunedShare(candidate), let first = entries.first?.candidate.engine
        else {
            return
        }
        var recipe = candidate.recipe
        for place in recipe.parts.indices where recipe.parts[place].name == "prune" {
            recipe.parts[place].share = share
        }
        let filled = SearchCandidate(
            recipe, candidate.engine, first: first, why: candidate.why, needsShare: candidate.needsShare)
        guard !entries.contains(where: { $0.candidate.name == filled.name }) else { return }
        entries[index].candidate = filled
    }

    private func prunedShare(_ candidate: SearchCandidate) -> Double? {
        entry(["prune"], candidate)?.measurement.flatMap { made in
            guard made.drop <= goals.largestDrop else { return nil }
            return made.recipe.parts.first { $0.name == "prune" }?.share
        }
    }

    /// The entry with these recipes on the same engine.
    private func entry(_ recipes: [String], _ candidate: SearchCandidate) -> Entry? {
        entries.first { $0.candidate.recipe.recipes == recipes && $0.candidate.engine == candidate.engine }
    }

    /// Why a candidate need not be made, as far as cheaper ones tell.
    private func needless(_ candidate: SearchCandidate) -> String? {
        if isOutOfTime { return "not tried: out of time" }
        let origin = entries.first { $0.candidate.isOriginal && $0.candidate.engine == candidate.engine }
        if !candidate.isOriginal, case .dropped(let reason)? = origin?.state {
            return "\(candidate.engine.displayName) does not run the original: \(reason)"
        }
        if candidate.needsShare, prunedShare(candidate) == nil { return "nothing can be cut within the allowed loss" }
        let recipes = candidate.recipe.recipes
        if candidate.recipe.setting != .usual {
            let plain = entry(candidate.recipe.withoutSetting.recipes, candidate)
            guard let plain, plain.candidate.name != candidate.name, let why = failure(plain) else { return nil }
            return "\(plain.candidate.name) is not usable: \(why)"
        }
        if recipes.count > 1, let last = recipes.last, let alone = entry([last], candidate), let why = failure(alone) {
            return "\(last) alone is not usable: \(why)"
        }
        if recipes == ["int4-weights"], let eight = entry(["int8-weights"], candidate), let why = failure(eight) {
            return "8 bits are not usable already: \(why)"
        }
        return nil
    }

    /// Why one that was tried is not to be used.
    private func failure(_ entry: Entry) -> String? {
        switch entry.state {
        case .waiting: nil
        case .dropped(let reason): reason
        case .made(let made): made.drop > goals.largestDrop ? SearchOutcome.words(lost: made.drop, goals) : nil
        }
    }

    /// Originals, and what keeps the limits that are known by now; of equal files on an engine the first.
    private var runners: [SearchCandidate] {
        var digests: Set<String> = []
        let able = entries.filter { entry in
            guard let made = entry.measurement else { return false }
            guard entry.candidate.isOriginal || SearchOutcome.refusal(of: made, goals) == nil else { return false }
            return digests.insert("\(entry.candidate.engine) \(entry.candidate.recipe.setting) \(made.digest)").inserted
        }
        let others = able.dropFirst().sorted { left, right in
            (left.candidate.isOriginal ? 0 : 1, left.measurement?.bytes ?? 0)
                < (right.candidate.isOriginal ? 0 : 1, right.measurement?.bytes ?? 0)
        }
        return (able.prefix(1) + others).prefix(raceSize).map(\.candidate)
    }

    // MARK: - What happened

    /// A candidate was made and measured.
    package mutating func take(_ made: SearchMeasurement, of name: String) {
        guard let index = settle(name) else { return }
        let candidate = entries[index].candidate
        let twin = entries.first { entry in
            entry.measurement?.digest == made.digest && entry.candidate.engine == candidate.engine
                && entry.candidate.recipe.setting == candidate.recipe.setting
        }
        entries[index].state =
            twin.map { .dropped("the same file as \($0.candidate.name)") } ?? .made(made)
    }

    /// A candidate could not be made, or was given up.
    package mutating func drop(_ name: String, _ reason: String) {
        guard let index = settle(name) else { return }
        entries[index].state = .dropped(reason)
    }

    private mutating func settle(_ name: String) -> Int? {
        guard pending == name else { return nil }
        pending = nil
        return entries.firstIndex { $0.candidate.name == name && $0.state == .waiting }
    }

    /// Times of those that were run side by side, by name; empty where that failed.
    package mutating func take(times: [String: SearchTime]) {
        guard isRacing else { return }
        isRacing = false
        hasRaced = true
        for index in entries.indices {
            guard case .made(var made) = entries[index].state else { continue }
            made.time = times[entries[index].candidate.name]
            entries[index].state = .made(made)
        }
    }

    /// No further candidate is to be made; what is there is still measured.
    package mutating func endTime() { isOutOfTime = true }
}
