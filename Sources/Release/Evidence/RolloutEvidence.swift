import Glibc
import Tensors

/// Everything that is known about a canary beside the stable arm: one e-process for each stream, and their weighted mean, which
/// is one too, however the streams depend on each other. So one error rate holds for all of them together.
package struct RolloutEvidence: Hashable, Sendable {
    package let baseline: RolloutBaseline
    /// In the order of `EvidenceStream.rates`; latency only where it is watched.
    package private(set) var rates: [RateEvidence]
    /// Failures of a version that has taken everything, against what the one before had.
    package private(set) var bound: BoundTest?
    package private(set) var disagreement: BoundTest?
    package private(set) var loss: PairedLossTest
    /// Totals since the start.
    package private(set) var stable = ArmTally()
    package private(set) var canary = ArmTally()
    /// Requests that failed, or were answered invalidly, only because the canary answered them; an estimate.
    package private(set) var excess = 0.0
    /// Labels that came for answers, whether or not the other version answered the same.
    package private(set) var labels = LabelTally()
    private var watch: IncidentWatch
    /// `nil` where latency is not watched.
    private var latencyWatch: IncidentWatch?
    private let lossMargin: Double?

    package init(_ policy: RolloutPolicy, _ baseline: RolloutBaseline) {
        self.baseline = baseline
        rates = EvidenceStream.rates.filter { $0.isWatched(baseline) }.map { stream in
            let isCommon =
                stream == .errors && baseline.errorRatio ?? 0 > 0.05
            return RateEvidence(stream, policy, isKeyed: baseline.isKeyed, isCommon: isCommon)
        }
        bound = policy.strategy.replacesAtOnce ? BoundTest(bound: Self.bound(baseline)) : nil
        disagreement = policy.maxDisagreement.map(BoundTest.init(bound:))
        loss = PairedLossTest(margin: policy.maxLossIncrease ?? 0)
        lossMargin = policy.maxLossIncrease
        watch = IncidentWatch(failures: baseline.errors, requests: baseline.requests)
        latencyWatch = baseline.slow.count == 3 ? .ofLatency : nil
    }

    /// Twice what the version before may have had, and at least 1 %.
    private static func bound(_ baseline: RolloutBaseline) -> Double {
        let requests = Double(baseline.requests)
        let rate = (Double(baseline.errors) + 1) / (requests + 2)
        return max(0.01, 2 * (rate + 2 * (rate / (requests + 2)).squareRoot()))
    }

    /// Takes what happened since the last time.
    package mutating func add(_ observation: RolloutObservation) {
        stable += observation.stable
        canary += observation.canary
        let failed = observation.stable[.errors]
        watch.add(failures: failed, requests: observation.stable.requests, at: observation.time)
        let isSteady = latencyWatch?.isOn != true
        latencyWatch?.add(
            failures: observation.stable[.slowerThan90th], requests: observation.stable.requests, at: observation.time)
        for index in rates.indices { rates[index].add(observation, isCalm: !watch.isOn, isSteady: isSteady) }
        let bad = observation.canary[.errors] + observation.canary[.invalid]
        bound?.add(events: min(bad, observation.canary.requests), trials: observation.canary.requests)
        disagreement?.add(events: observation.differing, trials: observation.compared)
        for difference in observation.losses { loss.add(difference) }
        labels += observation.labels
        excess += Double(bad) - expectedFailures(observation)
    }

    /// What the canary would have failed at, had it been the stable version.
    private func expectedFailures(_ observation: RolloutObservation) -> Double {
        let (share, whole) = (Double(observation.share), Double(TrafficSplit.whole))
        guard share < whole else { return Double(observation.canary.requests) * (baseline.errorRatio ?? 0) }
        return Double(observation.stable[.errors] + observation.stable[.invalid]) * share / (whole - share)
    }
}

extension RolloutEvidence {
    /// Something other than the canary is the matter.
    package var isIncident: Bool { isFailing || isSlow }

    /// The stable arm fails more than it used to.
    package var isFailing: Bool { watch.isOn }

    /// The stable arm is slower than it used to be.
    package var isSlow: Bool { latencyWatch?.isOn == true }

    /// How much worse the canary may be by labels; `nil` where they do not decide.
    package var allowedLoss: Double? { lossMargin }

    /// Whether slow requests of a stream are so many more that it matters; `nil` for what is not about latency.
    package func effect(_ stream: EvidenceStream) -> LatencyEffect? { rates.first { $0.stream == stream }?.effect }

    /// Seconds beyond which a request counts for a stream; `nil` for what is not about latency.
    package func limit(_ stream: EvidenceStream) -> Double? {
        guard baseline.slow.count == 3, let index = stream.index, stream.quantile != nil else { return nil }
        return baseline.slow[index - 2]
    }

    /// Requests harmed so far, for people and the budget: at least 0.
    package var harmed: Int { max(0, Int(excess.rounded())) }

    /// Streams with the logarithm of their evidence against the canary.
    package var streams: [(stream: EvidenceStream, log: Double)] {
        var all = rates.map { ($0.stream, $0.harmLog) }
        if let bound { all.append((.baseline, bound.harmLog)) }
        if let disagreement { all.append((.disagreement, disagreement.harmLog)) }
        if lossMargin != nil { all.append((.loss, loss.worseLog)) }
        return all
    }

    /// The logarithm of the evidence against the canary, all streams together.
    package var harmLog: Double {
        let streams = streams
        return LogSum.mean(zip(EvidenceStream.weights(streams.map(\.stream)), streams).map { ($0, $1.log) })
    }

    /// The stream that speaks loudest.
    package var loudest: EvidenceStream {
        let streams = streams
        let weighted = zip(EvidenceStream.weights(streams.map(\.stream)), streams).map { ($1.stream, log($0) + $1.log) }
        return weighted.max { $0.1 < $1.1 }?.0 ?? .errors
    }

    /// The logarithm of the evidence that the canary is not much worse, by its errors.
    package var safetyLog: Double { rates.first { $0.stream == .errors }?.safetyLog ?? 0 }

    /// Clients that have failed, on either arm, by the stream; `nil` where they are not told apart.
    package func clients(_ stream: EvidenceStream) -> (canary: Int, stable: Int)? {
        rates.first { $0.stream == stream }?.clients
    }
}

extension EvidenceStream {
    fileprivate func isWatched(_ baseline: RolloutBaseline) -> Bool {
        switch self {
        case .errors, .invalid: true
        // Of clients that stay on their arm, nearly every one is slow once in ten times: that tells nothing.
        case .slowerThanMedian, .slowerThan90th: baseline.slow.count == 3 && !baseline.isKeyed
        case .slowerThan99th: baseline.slow.count == 3
        case .baseline, .disagreement, .loss: false
        }
    }
}

// MARK: - Kept over restarts

extension RolloutEvidence {
    var json: JSONValue {
        .present([
            ("baseline", baseline.json), ("rates", .array(rates.map(\.json))), ("bound", bound?.json),
            ("disagreement", disagreement?.json), ("loss", loss.count > 0 ? .some(loss.json) : .none),
            ("labels", labels == LabelTally() ? .none : .some(labels.json)), ("slowWatch", latencyWatch?.json),
            ("stable", stable.json), ("canary", canary.json), ("excess", .number(excess)), ("watch", watch.json),
        ])
    }

    init(json: JSONValue, _ policy: RolloutPolicy) throws(ReleaseError) {
        let fields = try JSONFields(
            json, "evidence",
            known: [
                "baseline", "rates", "bound", "disagreement", "loss", "labels", "stable", "canary", "excess", "watch",
                "slowWatch",
            ])
        self.init(policy, try RolloutBaseline(json: fields.value("baseline")))
        var rates: [RateEvidence] = []
        for rate in try fields.array("rates") { rates.append(try RateEvidence(json: rate, policy)) }
        guard rates.map(\.stream) == self.rates.map(\.stream) else {
            throw JSONFields.malformed("evidence.rates", "those of the baseline")
        }
        self.rates = rates
        if let bound, let json = fields.valueIfPresent("bound") {
            self.bound = try BoundTest(json: json, bound: bound.bound)
        }
        if let disagreement, let json = fields.valueIfPresent("disagreement") {
            self.disagreement = try BoundTest(json: json, bound: disagreement.bound)
        }
        if let json = fields.valueIfPresent("loss") { loss = try PairedLossTest(json: json, margin: loss.margin) }
        if let json = fields.valueIfPresent("labels") { labels = try LabelTally(json: json) }
        if let model = latencyWatch, let json = fields.valueIfPresent("slowWatch") {
            latencyWatch = try IncidentWatch(json: json, like: model)
        }
        stable = try ArmTally(json: fields.value("stable"))
        canary = try ArmTally(json: fields.value("canary"))
        excess = try fields.double("excess")
        watch = try IncidentWatch(json: fields.value("watch"))
    }
}

extension ArmTally {
    var json: JSONValue {
        .object([("requests", .integer(requests)), ("failures", .array(failures.map { .integer($0) }))])
    }

    init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "tally", known: ["requests", "failures"])
        self.init(requests: try fields.int("requests"), failures: try fields.array("failures").compactMap(\.intValue))
    }
}

extension RolloutBaseline {
    var json: JSONValue {
        .object([
            ("requests", .integer(requests)), ("errors", .integer(errors)), ("rate", .number(requestsPerSecond)),
            ("slow", .array(slow.map { .number($0) })), ("keyed", .bool(isKeyed)),
        ])
    }

    init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "baseline", known: ["requests", "errors", "rate", "slow", "keyed"])
        self.init(
            requests: try fields.int("requests"), errors: try fields.int("errors"),
            requestsPerSecond: try fields.double("rate"), slow: try fields.array("slow").compactMap(\.doubleValue),
            isKeyed: try fields.boolIfPresent("keyed") ?? false)
    }
}
