import Glibc

/// A version's way to its traffic: what was declared, what is known, and what follows from it.
///
/// A value: events in, actions out, for a shell that reads counters, writes revisions and keeps this over restarts. Time
/// comes with the events. Actions that are not carried out (the process may die in between) come again with the next
/// observation: the share that is really in force is a part of it, and an ending stands until the shell says that it was
/// carried out.
package struct Rollout: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        /// What happened since the last look; the clock of everything here.
        case observed(RolloutObservation)
        /// A person wants the share to stay. Evidence of harm still ends it.
        case pause(by: String)
        /// Goes on after a pause, or agrees where approval is needed.
        case resume(by: String)
        /// A person wants the old version back.
        case abort(by: String)
        /// A person wants the new version now.
        case promote(by: String)
        /// The ending is in force; or somebody brought one about by other means.
        case carriedOut
    }

    package enum Action: Hashable, Sendable {
        /// Give the canary this share, in basis points.
        case shift(to: Int)
        /// Leave everything as it is, for this reason. Said once for each reason.
        case hold(String)
        case promote
        case rollBack(because: RolloutRecord)
    }

    package enum Phase: Hashable, Sendable {
        case running
        /// A person stopped it.
        case paused
        /// A step is over, and a person has to agree.
        case awaitingApproval
        /// The schedule is over, and a person has to say what becomes of it.
        case undecided
        /// Decided, and not yet in force.
        case promoting, rollingBack
        case promoted, rolledBack
    }

    package let policy: RolloutPolicy
    package private(set) var evidence: RolloutEvidence
    package private(set) var phase = Phase.running
    /// Which of the strategy's steps it is in.
    package private(set) var step = 0
    /// Milliseconds of the present step, without those that were paused or in an incident.
    package private(set) var elapsed = 0
    /// Newest last.
    package private(set) var records: [RolloutRecord] = []
    private var lastTime: Int
    /// What the canary had answered when the step began.
    private var requestsAtStep = 0
    private var heldBecause: String?

    private static let mostRecords = 200
    /// A longer time between looks was one in which nobody looked: milliseconds.
    private static let longestTick = 10_000

    /// - Parameter time: milliseconds since 1970-01-01 UTC.
    package init(_ policy: RolloutPolicy, _ baseline: RolloutBaseline, at time: Int) {
        self.policy = policy
        evidence = RolloutEvidence(policy, baseline)
        lastTime = time
        note(.start, "\(policy.strategy.name.rawValue), \(Share.text(share)) of the traffic")
        if policy.strategy.steps.isEmpty { phase = .promoting }
    }

    /// The share that the canary should have now, in basis points.
    package var share: Int {
        switch phase {
        case .promoted, .promoting: TrafficSplit.whole
        case .rolledBack, .rollingBack: 0
        case .running, .paused, .awaitingApproval, .undecided: present?.basisPoints ?? TrafficSplit.whole
        }
    }

    package var isOver: Bool { phase == .promoted || phase == .rolledBack }
    /// Why it does not go on by itself, for people.
    package var holding: String? { heldBecause }
    /// The step it is in.
    package var present: RolloutStep? {
        policy.strategy.steps.indices.contains(step) ? policy.strategy.steps[step] : nil
    }

    /// What to do now, in this order.
    package mutating func handle(_ event: Event) -> [Action] {
        guard !isOver else { return [] }
        switch event {
        case .observed(let observation): return observe(observation)
        case .pause(let person): return pause(person)
        case .resume(let person): return resume(person)
        case .abort(let person): return finish(.abort, "ended by \(person)")
        case .promote(let person): return finish(.promote, "promoted by \(person)")
        case .carriedOut:
            phase = phase == .promoting ? .promoted : .rolledBack
            return []
        }
    }
}

// MARK: - Observing

extension Rollout {
    private mutating func observe(_ observation: RolloutObservation) -> [Action] {
        let passed = min(max(0, observation.time - lastTime), Self.longestTick)
        // Also where the clock was set back: nothing is known of how long that took, and time goes on from there.
        lastTime = observation.time
        evidence.add(observation)
        switch phase {
        case .promoting: return [.promote]
        case .rollingBack: return records.last.map { [.rollBack(because: $0)] } ?? []
        case .promoted, .rolledBack: return []
        case .running, .paused, .awaitingApproval, .undecided: break
        }
        if let verdict = harm() { return verdict }
        let correction: [Action] = observation.share == share ? [] : [.shift(to: share)]
        guard phase == .running else { return correction }
        if evidence.isIncident {
            let what = evidence.isFailing ? "fails more than it used to" : "is slower than it used to be"
            return correction + hold("the stable version \(what): an incident, and nobody is blamed")
        }
        if let praise = safety() { return praise }
        elapsed += passed
        return correction + advance()
    }

    /// Whether it has to end.
    private mutating func harm() -> [Action]? {
        let log = evidence.harmLog
        let stream = evidence.loudest
        if log >= Glibc.log(1 / policy.alpha) { return finish(.rollBack, describe(stream, log), stream: stream) }
        guard evidence.harmed >= policy.harmBudget, log >= neededForBudget else { return nil }
        return finish(
            .rollBack,
            "the harm budget is spent: about \(evidence.harmed) requests failed that the stable version would have answered",
            stream: stream)
    }

    /// Budgets alone would be spent by chance on a busy endpoint: evidence has to point the same way, half of what a verdict
    /// needs where the stable version has not failed at all, three quarters otherwise (as logarithms).
    private var neededForBudget: Double {
        Glibc.log(1 / policy.alpha) * (evidence.stable[.errors] + evidence.stable[.invalid] == 0 ? 0.5 : 0.75)
    }

    private func describe(_ stream: EvidenceStream, _ log: Double) -> String {
        let odds = "evidence \(Self.power(log)), needed \(Self.power(Glibc.log(1 / policy.alpha)))"
        if stream == .disagreement, let pairs = evidence.disagreement {
            return "\(pairs.events) of \(pairs.trials) answers differ from the live version's, declared at most "
                + "\(Share.text(Int(pairs.bound * 10_000))); \(odds)"
        }
        if stream == .loss {
            return "\(evidence.loss.sentence), declared at most \(Share.signed(evidence.loss.margin)); \(odds)"
        }
        let told = stream == .baseline ? .errors : stream
        let counts =
            "\(evidence.canary[told]) of \(evidence.canary.requests) on the new version, "
            + "\(evidence.stable[told]) of \(evidence.stable.requests) on the stable one"
        guard let effect = evidence.effect(stream), let limit = evidence.limit(stream) else {
            return "\(stream.title): \(counts); \(odds)"
        }
        return
            "\(stream.title): beyond \(Self.short(limit * 1000)) ms are \(counts), \(Share.signed(effect.excess)) more "
            + "where \(Share.signed(effect.needed)) count; \(odds)"
    }

    /// Whether it may go on at once to the end.
    private mutating func safety() -> [Action]? {
        guard case .canary(let steps) = policy.strategy, policy.promotesEarly, evidence.disagreement == nil,
            evidence.safetyLog >= Glibc.log(1 / policy.beta), isSafeByLabels,
            !steps[step...].contains(where: \.needsApproval),
            evidence.streams.allSatisfy({ $0.log < Glibc.log(3) })
        else { return nil }
        return finish(
            .promote,
            "less than \(Self.short(policy.bad)) times the stable version's errors, evidence \(Self.power(evidence.safetyLog))"
        )
    }

    /// Where labels decide, they have to say that it is safe as well.
    private var isSafeByLabels: Bool {
        evidence.allowedLoss == nil || evidence.loss.safeLog >= Glibc.log(1 / policy.beta)
    }

    /// Goes to the next step where this one is over.
    private mutating func advance() -> [Action] {
        guard let present, let duration = present.duration else { return [] }
        guard elapsed >= duration.milliseconds || isAhead else { return free() }
        let answered = evidence.canary.requests - requestsAtStep
        guard policy.strategy.steps[step].basisPoints == 0 || answered >= policy.stepRequests else {
            return hold("the new version has answered \(answered) of \(policy.stepRequests) requests that a step needs")
        }
        guard !present.needsApproval else {
            phase = .awaitingApproval
            return hold("waits for approval: slipway rollout resume")
        }
        return next()
    }

    /// Whether the evidence of safety is as far as it would be at the end of this step if it grew evenly up to the promotion:
    /// then a larger share tells more at no greater risk.
    private var isAhead: Bool {
        guard case .canary(let steps) = policy.strategy, policy.promotesEarly, evidence.disagreement == nil,
            step + 1 < steps.count, evidence.harmLog <= 0
        else { return false }
        return evidence.safetyLog >= Glibc.log(1 / policy.beta) * Double(step + 1) / Double(steps.count)
    }

    private mutating func next() -> [Action] {
        guard step + 1 < policy.strategy.steps.count else { return conclude() }
        step += 1
        elapsed = 0
        requestsAtStep = evidence.canary.requests
        heldBecause = nil
        note(.shift, "step \(step + 1) of \(policy.strategy.steps.count): \(Share.text(share))")
        return [.shift(to: share)]
    }

    /// The schedule is over.
    private mutating func conclude() -> [Action] {
        switch policy.strategy {
        case .challenger:
            if evidence.loss.betterLog >= Glibc.log(1 / policy.alpha) {
                return finish(
                    .promote,
                    "\(evidence.loss.sentence): better, evidence \(Self.power(evidence.loss.betterLog))", stream: .loss)
            }
            return finish(
                .rollBack, "\(evidence.loss.sentence): not shown to be better, the champion stays", stream: .loss)
        case .blueGreen: return finish(.promote, "came through its time")
        case .shadow: return leaveOpen("its answers have been compared: promote it or end it")
        case .canary, .split, .allAtOnce: break
        }
        let log = evidence.harmLog
        if log >= Glibc.log(10) {
            return leaveOpen(
                "the schedule is over, and evidence \(Self.power(log)) speaks against it: promote it or end it")
        }
        guard policy.whenInconclusive == .promote else {
            return leaveOpen("the schedule is over without a verdict: promote it or end it")
        }
        return finish(.promote, "the schedule is over, nothing spoke against it")
    }

    private mutating func leaveOpen(_ reason: String) -> [Action] {
        phase = .undecided
        return hold(reason)
    }

    private mutating func hold(_ reason: String) -> [Action] {
        // The number of requests changes each time; the reason for people may, the record is made once.
        let kind = reason.prefix(24)
        defer { heldBecause = reason }
        guard heldBecause?.prefix(24) != kind else { return [] }
        note(.hold, reason)
        return [.hold(reason)]
    }

    private mutating func free() -> [Action] {
        guard heldBecause != nil else { return [] }
        heldBecause = nil
        note(.resume, "goes on")
        return []
    }
}

// MARK: - People, endings and records

extension Rollout {
    private mutating func pause(_ person: String) -> [Action] {
        guard phase == .running else { return [] }
        phase = .paused
        return hold("paused by \(person)")
    }

    private mutating func resume(_ person: String) -> [Action] {
        switch phase {
        case .paused:
            phase = .running
            heldBecause = nil
            note(.resume, "by \(person)")
            return []
        case .awaitingApproval:
            phase = .running
            note(.resume, "approved by \(person)")
            return next()
        case .running, .undecided, .promoting, .rollingBack, .promoted, .rolledBack: return []
        }
    }

    private mutating func finish(
        _ kind: RolloutRecord.Kind, _ reason: String, stream: EvidenceStream? = nil
    ) -> [Action] {
        phase = kind == .promote ? .promoting : .rollingBack
        heldBecause = nil
        note(kind, reason, stream)
        guard kind != .promote, let record = records.last else { return [.promote] }
        return [.rollBack(because: record)]
    }

    private mutating func note(_ kind: RolloutRecord.Kind, _ reason: String, _ stream: EvidenceStream? = nil) {
        records.append(
            RolloutRecord(
                kind, at: lastTime, share: share, reason, evidence, budget: policy.harmBudget, stream: stream))
        // The first one stays: what was declared.
        if records.count > Self.mostRecords { records.remove(at: 1) }
    }

    /// Evidence as a plain number below a million, else as a power of ten.
    private static func power(_ log: Double) -> String {
        let value = exp(min(log, 20))
        return value < 1e6 ? String(Int(value.rounded())) : "10^\(Int(log / Glibc.log(10)))"
    }

    private static func short(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }
}

// MARK: - Kept over restarts

extension Rollout {
    /// What is not in `RolloutPolicy`, for `Rollout+JSON`.
    struct Position: Hashable {
        var phase: Phase
        var step: Int
        var elapsed: Int
        var lastTime: Int
        var requestsAtStep: Int
        var heldBecause: String?
        var records: [RolloutRecord]
    }

    var position: Position {
        Position(
            phase: phase, step: step, elapsed: elapsed, lastTime: lastTime, requestsAtStep: requestsAtStep,
            heldBecause: heldBecause, records: records)
    }

    init(_ policy: RolloutPolicy, _ evidence: RolloutEvidence, _ position: Position) {
        self.policy = policy
        self.evidence = evidence
        phase = position.phase
        step = position.step
        elapsed = position.elapsed
        records = position.records
        lastTime = position.lastTime
        requestsAtStep = position.requestsAtStep
        heldBecause = position.heldBecause
    }
}
