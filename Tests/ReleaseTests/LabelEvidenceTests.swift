import Release
import Tensors
import Testing

/// Labels that came late, as evidence of a rollout.
@Suite
struct LabelEvidenceTests {
    private static func rollout(_ more: String) throws -> Rollout {
        let policy = try RolloutPolicy(
            json: JSONValue.parse(
                Array(#"{"strategy": "canary", "steps": ["20%"], "stepDuration": "1h"\#(more)}"#.utf8)))
        return Rollout(policy, RolloutBaseline(requests: 1000, errors: 10), at: 0)
    }

    /// So many seconds of calm traffic with failures as they should be, ten labelled pairs each.
    private static func play(_ rollout: inout Rollout, seconds: Int, _ losses: [Double]) {
        for second in 1...seconds where rollout.phase == .running {
            var observation = RolloutObservation(
                time: second * 1000, share: 2000, stable: ArmTally(requests: 80, failures: [second % 2]),
                canary: ArmTally(requests: 20))
            observation.losses = losses
            observation.labels.canaryLabelled = losses.count
            _ = rollout.handle(.observed(observation))
        }
    }

    @Test
    func aVersionThatIsWrongMoreOftenIsTakenBackByItsLabels() throws {
        var rollout = try Self.rollout(#", "maxLossIncrease": 0.02"#)
        Self.play(&rollout, seconds: 60, [1, 0, 0, 0, 1, 0, 0, 0, -1, 1])
        #expect(rollout.phase == .rollingBack)
        let record = try #require(rollout.records.last)
        #expect(record.stream == .loss && record.loss ?? 0 > 0.1)
        #expect(record.lossInterval?.contains(record.loss ?? 0) == true)
        #expect(record.canaryRequests == rollout.evidence.loss.count && record.canaryFailures > record.stableFailures)
        #expect(record.reason.contains("alone was wrong on") && record.reason.contains("2%"), "\(record.reason)")
        let back = try Rollout(json: JSONValue.parse(rollout.json.encoded()))
        #expect(back.records == rollout.records && back.evidence.labels == rollout.evidence.labels)
        #expect(back.evidence.loss.worse == rollout.evidence.loss.worse)
        #expect(back.evidence.loss.safeLog == rollout.evidence.loss.safeLog)
    }

    @Test(arguments: [
        (#", "maxLossIncrease": 0.1"#, [] as [Double], false), (#", "maxLossIncrease": 0.1"#, [0, 0], true),
        ("", [], true),
    ])
    func whereLabelsDecideTheyHaveToSayThatItIsSafe(more: String, losses: [Double], isPromoted: Bool) throws {
        var rollout = try Self.rollout(more)
        Self.play(&rollout, seconds: 600, losses)
        #expect((rollout.phase == .promoting) == isPromoted, "\(rollout.records.last?.reason ?? "")")
        #expect((rollout.records.last?.safety ?? 0 > 1) == isPromoted || losses.isEmpty)
        #expect((rollout.records.last?.labelSafety != nil) == !more.isEmpty)
    }

    @Test
    func withoutABoundLabelsAreToldAndDecideNothing() throws {
        var rollout = try Self.rollout(#", "early": false"#)
        Self.play(&rollout, seconds: 60, Array(repeating: 1, count: 10))
        #expect(rollout.phase == .running && rollout.evidence.loss.count == 600)
        #expect(!rollout.evidence.streams.contains { $0.stream == .loss })
    }
}
