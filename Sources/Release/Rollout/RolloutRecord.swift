import Glibc
package import Tensors

/// What was decided, when, and on which numbers: written once, kept with the rollout.
package struct RolloutRecord: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case start, shift, hold, resume, promote, abort
        case rollBack = "rollback"
    }

    package let kind: Kind
    /// Milliseconds since 1970-01-01 UTC.
    package let time: Int
    /// The canary's share from then on, in basis points.
    package let share: Int
    /// For people: one sentence with its numbers.
    package let reason: String
    /// The stream that decided, where one did.
    package var stream: EvidenceStream?
    /// For each stream the evidence against the canary, as a base-10 logarithm: 2 is what a false rollback of 1 % needs.
    package var evidence: [EvidenceStream: Double] = [:]
    /// The evidence of all streams together, the same way.
    package var combined = 0.0
    /// Evidence that the canary is not much worse, by its errors, the same way; `nil` in records of an earlier Slipway.
    package var safety: Double?
    /// The same by labels; `nil` where they do not decide.
    package var labelSafety: Double?
    /// Of a stream of latency: by how much more of the canary's requests are slow than of the stable arm's, as a share.
    package var excess: Double?
    /// How much it takes to count.
    package var excessNeeded: Double?
    /// Of labels: how much more the canary loses on the same input, on average, and where that lies with 95 %.
    package var loss: Double?
    package var lossInterval: ClosedRange<Double>?
    package var canaryRequests = 0
    package var stableRequests = 0
    /// Failures by the stream that decided, or errors where none did.
    package var canaryFailures = 0
    package var stableFailures = 0
    /// Distinct clients among the failures; `nil` where they are not told apart.
    package var canaryClients: Int?
    package var stableClients: Int?
    /// Requests harmed, an estimate, and how many may be.
    package var harmed = 0
    package var harmBudget = 0

    /// A decision on what was known at the time.
    init(
        _ kind: Kind, at time: Int, share: Int, _ reason: String, _ evidence: RolloutEvidence, budget: Int,
        stream: EvidenceStream? = nil
    ) {
        self.kind = kind
        self.time = time
        self.share = share
        self.reason = reason
        self.stream = stream
        let told = stream ?? .errors
        for (stream, log) in evidence.streams { self.evidence[stream] = log / Glibc.log(10) }
        combined = evidence.harmLog / Glibc.log(10)
        (canaryRequests, stableRequests) = (evidence.canary.requests, evidence.stable.requests)
        (canaryFailures, stableFailures) = (evidence.canary[told], evidence.stable[told])
        if told == .disagreement, let pairs = evidence.disagreement {
            (canaryRequests, canaryFailures, stableFailures) = (pairs.trials, pairs.events, 0)
        }
        safety = evidence.safetyLog / Glibc.log(10)
        if evidence.allowedLoss != nil { labelSafety = evidence.loss.safeLog / Glibc.log(10) }
        if let effect = evidence.effect(told) { (excess, excessNeeded) = (effect.excess, effect.needed) }
        if told == .loss {
            let pairs = evidence.loss
            (canaryRequests, stableRequests) = (pairs.count, pairs.count)
            (canaryFailures, stableFailures) = (pairs.worse, pairs.better)
            (loss, lossInterval) = (pairs.mean, pairs.count > 0 ? pairs.interval : nil)
        }
        let clients = evidence.clients(told)
        (canaryClients, stableClients) = (clients?.canary, clients?.stable)
        harmed = evidence.harmed
        harmBudget = budget
    }
}

extension RolloutRecord {
    /// The record as it is stored and shown; `init(json:)` reads it back.
    package var json: JSONValue {
        .present([
            ("kind", .string(kind.rawValue)), ("time", .integer(time)), ("share", .integer(share)),
            ("reason", .string(reason)), ("stream", stream.map { .string($0.rawValue) }),
            (
                "evidence",
                .object(
                    evidence.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, .number($0.value)) })
            ),
            ("combined", .number(combined)), ("safety", safety.map { .number($0) }),
            ("labelSafety", labelSafety.map { .number($0) }), ("excess", excess.map { .number($0) }),
            ("excessNeeded", excessNeeded.map { .number($0) }), ("loss", loss.map { .number($0) }),
            (
                "lossInterval",
                lossInterval.map { .array([.number($0.lowerBound), .number($0.upperBound)]) }
            ), ("canaryRequests", .integer(canaryRequests)),
            ("stableRequests", .integer(stableRequests)), ("canaryFailures", .integer(canaryFailures)),
            ("stableFailures", .integer(stableFailures)), ("canaryClients", canaryClients.map { .integer($0) }),
            ("stableClients", stableClients.map { .integer($0) }), ("harmed", .integer(harmed)),
            ("harmBudget", .integer(harmBudget)),
        ])
    }

    /// - Throws: `ReleaseError.Code.malformed`.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "record",
            known: [
                "kind", "time", "share", "reason", "stream", "evidence", "combined", "canaryRequests",
                "stableRequests", "canaryFailures", "stableFailures", "canaryClients", "stableClients", "harmed",
                "harmBudget", "safety", "labelSafety", "excess", "excessNeeded", "loss", "lossInterval",
            ])
        guard let kind: Kind = try fields.choice("kind") else { throw JSONFields.malformed("record.kind", "a kind") }
        self.kind = kind
        time = try fields.int("time")
        share = try fields.int("share")
        reason = try fields.string("reason")
        stream = try fields.choice("stream")
        for member in try fields.value("evidence").objectValue ?? [] {
            if let stream = EvidenceStream(rawValue: member.key) { evidence[stream] = member.value.doubleValue }
        }
        combined = try fields.double("combined")
        func number(_ key: String) throws(ReleaseError) -> Double? { fields.has(key) ? try fields.double(key) : nil }
        (safety, labelSafety) = (try number("safety"), try number("labelSafety"))
        (excess, excessNeeded, loss) = (try number("excess"), try number("excessNeeded"), try number("loss"))
        if fields.has("lossInterval") {
            let ends = try fields.array("lossInterval").compactMap(\.doubleValue)
            guard ends.count == 2, ends[0] <= ends[1] else {
                throw JSONFields.malformed("record.lossInterval", "two numbers that rise")
            }
            lossInterval = ends[0]...ends[1]
        }
        canaryRequests = try fields.int("canaryRequests")
        stableRequests = try fields.int("stableRequests")
        canaryFailures = try fields.int("canaryFailures")
        stableFailures = try fields.int("stableFailures")
        canaryClients = try fields.intIfPresent("canaryClients")
        stableClients = try fields.intIfPresent("stableClients")
        harmed = try fields.int("harmed")
        harmBudget = try fields.int("harmBudget")
    }
}
