import Tensors

/// What is known of one rate on both arms.
package struct RateEvidence: Hashable, Sendable {
    package let stream: EvidenceStream
    private var attribution: AttributionTest
    /// Where the rate is common, so that successes tell something: in place of the attribution of failures.
    private var blocks: BlockTest?
    private var ledger: ClientLedger?
    private var safety = SafetyDelay()

    /// - Parameter isCommon: whether the rate was above 5 % before the start.
    init(_ stream: EvidenceStream, _ policy: RolloutPolicy, isKeyed: Bool, isCommon: Bool) {
        self.stream = stream
        attribution = AttributionTest(tolerance: policy.tolerance, bad: policy.bad)
        blocks = isCommon && !isKeyed ? BlockTest(tolerance: policy.tolerance) : nil
        ledger = isKeyed ? ClientLedger(policy.clients) : nil
    }

    /// - Parameter isCalm: whether no incident is under way.
    mutating func add(_ observation: RolloutObservation, isCalm: Bool) {
        let before = attribution.safetyLog
        count(observation, isCalm: isCalm)
        safety.add(attribution.safetyLog - before, at: observation.time, isCalm: isCalm)
    }

    private mutating func count(_ observation: RolloutObservation, isCalm: Bool) {
        let whole = Double(TrafficSplit.whole)
        guard ledger != nil else {
            let (canary, stable) = (observation.canary[stream], observation.stable[stream])
            attribution.add(
                canary: canary, stable: stable, share: Double(observation.share) / whole, countsForSafety: isCalm)
            blocks?.add(
                canary: (canary, observation.canary.requests), stable: (stable, observation.stable.requests))
            return
        }
        for failure in observation.clients where failure.stream == stream {
            let known =
                failure.client == 0
                ? Double(observation.share) / whole
                : ledger?.admit(
                    failure.client, onCanary: failure.onCanary, share: observation.share, at: observation.time)
            guard let share = known else { continue }
            attribution.add(
                canary: failure.onCanary ? 1 : 0, stable: failure.onCanary ? 0 : 1, share: share,
                countsForSafety: isCalm)
        }
    }

    /// The logarithm of the evidence that the canary's rate is too high.
    package var harmLog: Double { blocks?.harmLog ?? attribution.harmLog }
    /// The logarithm of the evidence that it is not `RolloutPolicy.bad` times as high.
    package var safetyLog: Double { safety.log }
    /// Clients whose failures were looked at: on the canary and on the stable arm; `nil` where they are not told apart.
    package var clients: (canary: Int, stable: Int)? { ledger.map { ($0.canaryClients, $0.stableClients) } }
}

extension RateEvidence {
    var json: JSONValue {
        .present([
            ("stream", .string(stream.rawValue)), ("attribution", attribution.json), ("blocks", blocks?.json),
            ("clients", ledger?.json), ("safety", safety.json),
        ])
    }

    init(json: JSONValue, _ policy: RolloutPolicy) throws(ReleaseError) {
        let fields = try JSONFields(json, "stream", known: ["stream", "attribution", "blocks", "clients", "safety"])
        guard let stream = EvidenceStream(rawValue: try fields.string("stream")), stream.index != nil else {
            throw JSONFields.malformed("stream.stream", "a known stream")
        }
        self.stream = stream
        attribution = try AttributionTest(
            json: fields.value("attribution"), tolerance: policy.tolerance, bad: policy.bad)
        blocks = try fields.valueIfPresent("blocks").map { json throws(ReleaseError) in
            try BlockTest(json: json, tolerance: policy.tolerance)
        }
        ledger = try fields.valueIfPresent("clients").map { json throws(ReleaseError) in
            try ClientLedger(json: json, policy.clients)
        }
        if let json = fields.valueIfPresent("safety") { safety = try SafetyDelay(json: json) }
    }
}
