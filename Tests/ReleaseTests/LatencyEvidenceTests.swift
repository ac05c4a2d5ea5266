import Glibc
import Tensors
import Testing

@testable import Release

/// Slow requests: what counts, what does not, and that bursts are no evidence.
@Suite
struct LatencyEvidenceTests {
    private static func policy(_ more: String = "") throws -> RolloutPolicy {
        try RolloutPolicy(json: JSONValue.parse(Array(#"{"strategy": "canary"\#(more)}"#.utf8)))
    }

    /// Whatever came before, a moment in which all or none of the canary's requests are slow, as often as the margin allows,
    /// leaves the evidence as it is on average.
    @Test(arguments: [0.05, 0.1, 0.5])
    func aMomentIsAFairGameAtTheMargin(margin: Double) {
        var known = SlowTest(margin: margin)
        for moment in 0..<6 {
            known.add(
                canary: (9, 10), stable: (1, 10), at: SlowTest.moment * moment, isSteady: moment != 3)
        }
        func after(_ slow: Int) -> Double {
            var test = known
            test.add(canary: (0, 0), stable: (0, 0), at: SlowTest.moment * 6, isSteady: true)
            let before = test.harmLog
            test.add(canary: (slow, 50), stable: (0, 50), at: SlowTest.moment * 6, isSteady: true)
            test.add(canary: (0, 0), stable: (0, 0), at: SlowTest.moment * 7, isSteady: true)
            return exp(test.harmLog - before)
        }
        #expect(after(50) > 1 && after(0) < 1)
        #expect(abs(margin * after(50) + (1 - margin) * after(0) - 1) < 1e-12)
    }

    @Test
    func aMomentWaitsForBothArmsAndCountsOnce() {
        var test = SlowTest(margin: 0.05)
        test.add(canary: (0, 0), stable: (0, 40), at: 0, isSteady: true)
        test.add(canary: (0, 0), stable: (0, 40), at: 5000, isSteady: true)
        #expect(test.count == 0, "the canary has answered nothing")
        test.add(canary: (30, 30), stable: (0, 40), at: 5100, isSteady: true)
        test.add(canary: (30, 30), stable: (0, 40), at: 5400, isSteady: true)
        test.add(canary: (0, 1), stable: (0, 1), at: 5600, isSteady: true)
        #expect(test.count == 1 && test.mean == 1, "sixty slow requests of a moment are one datum")
    }

    @Test
    func whereTheStableArmIsSlowTooDifferencesAreNoEvidence() {
        var (steady, unsteady) = (SlowTest(margin: 0.05), SlowTest(margin: 0.05))
        for moment in 0..<60 {
            let time = moment * SlowTest.moment
            steady.add(canary: (8, 10), stable: (5, 10), at: time, isSteady: true)
            unsteady.add(canary: (8, 10), stable: (5, 10), at: time, isSteady: false)
        }
        #expect(steady.harmLog > log(100) && unsteady.harmLog <= 0)
    }

    @Test(arguments: [
        // 1.2 % beside 0.6 % beyond the limit of the slowest hundredth.
        (0.99, 12, 1000, 6, 1000, false), (0.99, 80, 1000, 10, 1000, true),
        // So many more, and the canary's own p99 is within the limit: cannot be.
        (0.9, 80, 1000, 10, 1000, false), (0.9, 160, 1000, 10, 1000, true),
        (0.5, 520, 1000, 480, 1000, false), (0.5, 700, 1000, 480, 1000, true), (0.5, 450, 1000, 100, 1000, false),
        (0.99, 5, 5, 0, 0, false),
    ])
    func whatMatters(
        quantile: Double, slow: Int, requests: Int, stableSlow: Int, stableRequests: Int, isLarge: Bool
    ) throws {
        var effect = LatencyEffect(quantile: quantile, declared: 0.05)
        effect.add(canary: (slow, requests), stable: (stableSlow, stableRequests))
        #expect(effect.isLarge == isLarge, "\(effect)")
        let back = try LatencyEffect(json: JSONValue.parse(effect.json.encoded()), quantile: quantile, declared: 0.05)
        #expect(back == effect)
    }

    @Test(arguments: [false, true])
    func aTinyShareTwiceAsLargeEndsNothing(isKeyed: Bool) throws {
        var rollout = Rollout(
            try Self.policy(), RolloutBaseline(requests: 6000, slow: [0.01, 0.02, 0.05], isKeyed: isKeyed), at: 0)
        for second in 1...600 {
            var observation = RolloutObservation(
                time: second * 1000, share: rollout.share,
                stable: ArmTally(requests: 500, failures: [0, 0, 30, 30, 3]),
                canary: ArmTally(requests: 500, failures: [0, 0, 30, 30, 6]))
            if isKeyed {
                observation.clients = (0..<9).map {
                    ClientFailure(stream: .slowerThan99th, client: UInt64(second * 9 + $0), onCanary: $0 < 6)
                }
            }
            _ = rollout.handle(.observed(observation))
        }
        #expect(rollout.phase != .rollingBack, "\(rollout.records.last?.reason ?? "")")
    }

    @Test
    func aSlowVersionIsTakenBackAndTheRecordSaysByHowMuch() throws {
        var rollout = Rollout(try Self.policy(), RolloutBaseline(requests: 6000, slow: [0.01, 0.02, 0.05]), at: 0)
        for second in 1...60 where rollout.phase == .running {
            let observation = RolloutObservation(
                time: second * 1000, share: rollout.share,
                stable: ArmTally(requests: 100, failures: [0, 0, 20, 2, 0]),
                canary: ArmTally(requests: 10, failures: [0, 0, 10, 9, 5]))
            _ = rollout.handle(.observed(observation))
        }
        #expect(rollout.phase == .rollingBack)
        let record = try #require(rollout.records.last)
        #expect(record.stream == .slowerThanMedian || record.stream == .slowerThan90th)
        #expect(record.excess ?? 0 > 0.7 && record.excessNeeded ?? 1 <= 0.1)
        #expect(record.reason.contains(" ms are ") && record.reason.contains("count;"), "\(record.reason)")
        #expect(try RolloutRecord(json: JSONValue.parse(record.json.encoded())) == record)
    }

    /// F37 for latency: both arms are slow, the clock stands still, and nobody is blamed.
    @Test
    func slownessOfBothArmsHoldsAndBlamesNobodyAndIsUsualAfterAMinute() throws {
        var rollout = Rollout(
            try Self.policy(#", "early": false"#), RolloutBaseline(requests: 6000, slow: [0.01, 0.02, 0.05]), at: 0)
        var held: [Int] = []
        for second in 1...200 {
            let slow = second > 30 ? [0, 0, 9, 8, 7] : [0, 0, 2, 0, 0]
            let observation = RolloutObservation(
                time: second * 1000, share: rollout.share,
                stable: ArmTally(requests: 90, failures: slow.map { $0 * 9 }),
                canary: ArmTally(requests: 10, failures: slow))
            _ = rollout.handle(.observed(observation))
            if rollout.evidence.isIncident { held.append(second) }
        }
        #expect(rollout.phase == .running && rollout.evidence.harmLog < 0.001)
        #expect(rollout.records.contains { $0.reason.contains("is slower than it used to be") })
        #expect(held.first ?? 0 > 30 && (55...75).contains(held.count), "\(held)")
        #expect(rollout.records.last?.kind == .resume)
    }

    /// A machine that stands still now and then: on either arm, or on both at once.
    @Test(arguments: [false, true])
    func aBusyMachineBlamesNobody(isShared: Bool) throws {
        var ends: [SimulatedRollout.Ending: Int] = [:]
        for seed in 0..<60 {
            var traffic = SimulatedTraffic(seed: UInt64(seed))
            traffic.stallsPerMinute = 6
            traffic.stallsAreShared = isShared
            ends[SimulatedRollout(try Self.policy(), traffic).ending, default: 0] += 1
        }
        #expect(ends[.rolledBack, default: 0] <= 1 && ends[.promoted, default: 0] >= 58, "\(ends)")
    }

    @Test
    func whatAnEarlierSlipwayWroteIsReadAndJudgedAnew() throws {
        let policy = try Self.policy()
        let evidence = RolloutEvidence(policy, RolloutBaseline(requests: 6000, slow: [0.01, 0.02, 0.05]))
        guard case .object(let members) = evidence.json else { return }
        let old = members.filter { $0.key != "slowWatch" }.map { member -> (String, JSONValue) in
            guard member.key == "rates", let rates = member.value.arrayValue else { return (member.key, member.value) }
            return (
                "rates",
                .array(
                    rates.map { rate in
                        .object(
                            (rate.objectValue ?? []).filter { $0.key != "slow" && $0.key != "effect" }
                                .map { ($0.key, $0.value) })
                    })
            )
        }
        #expect(try RolloutEvidence(json: .object(old), policy) == evidence)
    }
}
