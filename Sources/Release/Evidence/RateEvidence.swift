import Tensors

/// What is known of one rate on both arms.
package struct RateEvidence: Hashable, Sendable {
    package let stream: EvidenceStream
    private var attribution: AttributionTest
    /// Where the rate is common, so that successes tell something: in place of the attribution of failures.
    private var blocks: BlockTest?
    private var ledger: ClientLedger?
    /// For latency where requests are divided one by one: in place of both.
    private var slow: SlowTest?
    /// For latency: whether it matters.
    package private(set) var effect: LatencyEffect?
    private var safety = SafetyDelay()

    /// - Parameter isCommon: whether the rate was above 5 % before the start.
    init(_ stream: EvidenceStream, _ policy: RolloutPolicy, isKeyed: Bool, isCommon: Bool) {
        self.stream = stream
        attribution = AttributionTest(tolerance: policy.tolerance, bad: policy.bad)
        effect = stream.quantile.map { LatencyEffect(quantile: $0, declared: policy.latencyExcess) }
        slow = isKeyed ? nil : effect.map { SlowTest(margin: $0.needed) }
        blocks = isCommon && !isKeyed && slow == nil ? BlockTest(tolerance: policy.tolerance) : nil
        ledger = isKeyed ? ClientLedger(policy.clients) : nil
    }

    /// - Parameters:
    ///   - isCalm: whether no incident is under way.
    ///   - isSteady: whether the stable arm was as fast as usual before.
    mutating func add(_ observation: RolloutObservation, isCalm: Bool, isSteady: Bool) {
        let canary = (slow: observation.canary[stream], requests: observation.canary.requests)
        let stable = (slow: observation.stable[stream], requests: observation.stable.requests)
        effect?.add(canary: canary, stable: stable)
        if slow != nil {
            slow?.add(canary: canary, stable: stable, at: observation.time, isSteady: isSteady)
            return
        }
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

    /// The logarithm of the evidence that the canary's rate is too high. Of latency that does not matter none counts against
    /// it: evidence that is left out makes no version look worse, and the error rate holds.
    package var harmLog: Double {
        let log = slow?.harmLog ?? blocks?.harmLog ?? attribution.harmLog
        return effect?.isLarge ?? true ? log : min(log, 0)
    }
    /// The logarithm of the evidence that it is not `RolloutPolicy.bad` times as high.
    package var safetyLog: Double { safety.log }
    /// Clients whose failures were looked at: on the canary and on the stable arm; `nil` where they are not told apart.
    package var clients: (canary: Int, stable: Int)? { ledger.map { ($0.canaryClients, $0.stableClients) } }
}

extension RateEvidence {
    var json: JSONValue {
        .present([
            ("stream", .string(stream.rawValue)), ("attribution", attribution.json), ("blocks", blocks?.json),
            ("clients", ledger?.json), ("slow", slow?.json), ("effect", effect?.json), ("safety", safety.json),
        ])
    }

    init(json: JSONValue, _ policy: RolloutPolicy) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "stream", known: ["stream", "attribution", "blocks", "clients", "slow", "effect", "safety"])
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
        // A rollout that an earlier Slipway began has neither: its latency is judged anew.
        let isKeyed = ledger != nil
        effect = try stream.quantile.map { quantile throws(ReleaseError) in
            try fields.valueIfPresent("effect").map { json throws(ReleaseError) in
                try LatencyEffect(json: json, quantile: quantile, declared: policy.latencyExcess)
            } ?? LatencyEffect(quantile: quantile, declared: policy.latencyExcess)
        }
        if let effect, !isKeyed {
            slow =
                try fields.valueIfPresent("slow").map { json throws(ReleaseError) in
                    try SlowTest(json: json, margin: effect.needed)
                } ?? SlowTest(margin: effect.needed)
            blocks = nil
        }
        if let json = fields.valueIfPresent("safety") { safety = try SafetyDelay(json: json) }
    }
}
