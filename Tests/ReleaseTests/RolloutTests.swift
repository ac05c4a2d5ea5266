import Release
import Tensors
import Testing

@Suite
struct RolloutTests {
    private static func policy(_ text: String) throws -> RolloutPolicy {
        try RolloutPolicy(json: JSONValue.parse(Array(text.utf8)))
    }

    private static let steps = #"{"strategy": "canary", "steps": ["1%", "10%", "50%"], "stepDuration": "10s"}"#

    /// Calm traffic for so many seconds, one look each.
    private static func calm(
        _ rollout: inout Rollout, seconds: Int, from start: Int, requests: Int = 1000
    ) -> [Rollout.Action] {
        var (share, actions) = (rollout.share, [Rollout.Action]())
        for second in start + 1...start + seconds {
            let canary = requests * share / TrafficSplit.whole
            let now = rollout.handle(
                .observed(
                    RolloutObservation(
                        time: second * 1000, share: share, stable: ArmTally(requests: requests - canary),
                        canary: ArmTally(requests: canary))))
            for case .shift(let next) in now { share = next }
            actions += now
        }
        return actions
    }

    @Test
    func aCanaryGoesThroughItsStepsAndIsPromoted() throws {
        var rollout = Rollout(try Self.policy(Self.steps), RolloutBaseline(), at: 0)
        #expect(rollout.share == 100)
        let actions = Self.calm(&rollout, seconds: 30, from: 0)
        #expect(actions == [.shift(to: 1000), .shift(to: 5000), .promote])
        #expect(rollout.handle(.carriedOut) == [] && rollout.isOver)
        #expect(rollout.records.map(\.kind) == [.start, .shift, .shift, .promote])
    }

    @Test
    func aStepWaitsForRequests() throws {
        var rollout = Rollout(try Self.policy(Self.steps), RolloutBaseline(), at: 0)
        let actions = Self.calm(&rollout, seconds: 30, from: 0, requests: 0)
        #expect(actions == [.hold("the new version has answered 0 of 10 requests that a step needs")])
        #expect(Self.calm(&rollout, seconds: 2, from: 30).contains(.shift(to: 1000)))
    }

    @Test
    func anEndingAndAShareAreAskedForUntilTheyAreInForce() throws {
        var rollout = Rollout(try Self.policy(Self.steps), RolloutBaseline(), at: 0)
        let late = RolloutObservation(time: 1000, share: 0, stable: ArmTally(requests: 10), canary: ArmTally())
        #expect(rollout.handle(.observed(late)) == [.shift(to: 100)])
        #expect(rollout.handle(.observed(late)) == [.shift(to: 100)])
        let ending = rollout.handle(.abort(by: "ada"))
        #expect(ending.count == 1 && rollout.phase == .rollingBack && rollout.share == 0)
        #expect(rollout.handle(.observed(late)) == ending)
        _ = rollout.handle(.carriedOut)
        #expect(rollout.handle(.observed(late)) == [] && rollout.phase == .rolledBack)
    }

    @Test
    func pausingStopsTheClockAndNotTheWatch() throws {
        var rollout = Rollout(try Self.policy(Self.steps), RolloutBaseline(), at: 0)
        #expect(rollout.handle(.pause(by: "ada")) == [.hold("paused by ada")])
        #expect(Self.calm(&rollout, seconds: 60, from: 0) == [])
        #expect(rollout.elapsed == 0)
        var failing = rollout
        let bad = RolloutObservation(
            time: 61_000, share: 100, stable: ArmTally(requests: 100), canary: ArmTally(requests: 3, failures: [3]))
        guard case .rollBack(let record)? = failing.handle(.observed(bad)).first else {
            Issue.record("a paused canary that fails is left running")
            return
        }
        #expect(record.stream == .errors && record.canaryFailures == 3 && record.combined >= 2)
        #expect(rollout.handle(.resume(by: "ada")) == [])
        #expect(Self.calm(&rollout, seconds: 10, from: 60) == [.shift(to: 1000)])
    }

    @Test
    func aPersonAgreesWhereApprovalIsNeeded() throws {
        let text = #"""
            {"strategy": "canary", "steps": [{"share": "5%", "duration": "5s", "approval": true}, "20%"],
             "stepDuration": "5s"}
            """#
        var rollout = Rollout(try Self.policy(text), RolloutBaseline(), at: 0)
        #expect(Self.calm(&rollout, seconds: 60, from: 0) == [.hold("waits for approval: slipway rollout resume")])
        #expect(rollout.phase == .awaitingApproval)
        #expect(rollout.handle(.resume(by: "ada")) == [.shift(to: 2000)])
    }

    @Test
    func anIncidentOnBothArmsHoldsAndBlamesNobody() throws {
        var rollout = Rollout(
            try Self.policy(Self.steps), RolloutBaseline(requests: 10_000, errors: 50), at: 0)
        var actions: [Rollout.Action] = []
        for second in 1...30 {
            actions += rollout.handle(
                .observed(
                    RolloutObservation(
                        time: second * 1000, share: 100, stable: ArmTally(requests: 990, failures: [300]),
                        canary: ArmTally(requests: 10, failures: [3]))))
        }
        #expect(actions.count == 1 && rollout.phase == .running && rollout.elapsed == 0)
        guard case .hold? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(Self.calm(&rollout, seconds: 25, from: 30).first == .shift(to: 1000))
    }

    /// Its failures come by the dozen before it is noticed, on both versions as requests do.
    @Test
    func theFirstMomentOfAnIncidentPromotesNobody() throws {
        var rollout = Rollout(
            try Self.policy(#"{"strategy": "canary", "steps": ["30%"], "stepDuration": "1h"}"#),
            RolloutBaseline(requests: 1300, errors: 22), at: 0)
        for tick in 1...300 {
            _ = rollout.handle(
                .observed(
                    RolloutObservation(
                        time: tick * 100, share: 3000, stable: ArmTally(requests: 28, failures: [tick > 100 ? 14 : 0]),
                        canary: ArmTally(requests: 12, failures: [tick > 100 ? 6 : 0]))))
        }
        #expect(rollout.phase == .running && rollout.evidence.isIncident && rollout.evidence.safetyLog == 0)
    }

    @Test(arguments: [
        (#"{"strategy": "blue-green", "duration": "30s"}"#, [Rollout.Action.promote]),
        (#"{"strategy": "all-at-once"}"#, [.promote]),
        (#"{"strategy": "ab", "share": "50%"}"#, []),
        (
            #"{"strategy": "shadow", "share": "10%", "duration": "30s"}"#,
            [.hold("its answers have been compared: promote it or end it")]
        ),
    ])
    func eachStrategyEndsInItsWay(text: String, expected: [Rollout.Action]) throws {
        var rollout = Rollout(try Self.policy(text), RolloutBaseline(), at: 0)
        let actions = Self.calm(&rollout, seconds: 60, from: 0)
        #expect(Array(actions.prefix(1)) == expected)
    }

    @Test
    func blueGreenGoesBackWhenItFailsMoreThanWasUsual() throws {
        var rollout = Rollout(
            try Self.policy(#"{"strategy": "blue-green", "duration": "10m"}"#),
            RolloutBaseline(requests: 100_000, errors: 100), at: 0)
        #expect(rollout.share == TrafficSplit.whole)
        let actions = rollout.handle(
            .observed(
                RolloutObservation(
                    time: 1000, share: TrafficSplit.whole, stable: ArmTally(),
                    canary: ArmTally(requests: 100, failures: [10]))))
        guard case .rollBack(let record)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(record.stream == .baseline)
    }

    @Test
    func aChallengerTakesOverOnlyWhenLabelsShowThatItIsBetter() throws {
        for (difference, isBetter) in [(-0.3, true), (0.0, false), (0.3, false)] {
            var rollout = Rollout(
                try Self.policy(#"{"strategy": "challenger", "share": "20%", "duration": "10s"}"#),
                RolloutBaseline(), at: 0)
            var actions: [Rollout.Action] = []
            for second in 1...11 {
                var observation = RolloutObservation(
                    time: second * 1000, share: 2000, stable: ArmTally(requests: 80), canary: ArmTally(requests: 20))
                observation.losses = Array(repeating: difference, count: 20)
                actions += rollout.handle(.observed(observation))
            }
            #expect((actions.first == .promote) == isBetter && !actions.isEmpty)
        }
    }

    @Test
    func everythingIsReadBackAsItWas() throws {
        var traffic = SimulatedTraffic(seed: 3)
        traffic.clients = 200
        traffic.errorRatio = 0.02
        var policy = try Self.policy(Self.steps)
        policy.maxDisagreement = 0.1
        policy.maxLossIncrease = 0.05
        policy.promotesEarly = false
        var rollout = Rollout(policy, traffic.baseline, at: 0)
        for second in 1...12 {
            var observation = traffic.observe(upTo: Double(second), length: 1, share: 1000)
            (observation.compared, observation.differing, observation.losses) = (10, 1, [0.25, -0.5])
            _ = rollout.handle(.observed(observation))
        }
        _ = rollout.handle(.pause(by: "ada"))
        let text = rollout.json.encoded()
        let back = try Rollout(json: JSONValue.parse(text))
        #expect(back.json.encoded() == text)
        #expect(back.evidence.harmLog == rollout.evidence.harmLog && back.phase == .paused)
        #expect(throws: ReleaseError.self) { try Rollout(json: .object([("policy", policy.json)])) }
    }
}

@Suite
struct RolloutPolicyTests {
    @Test(arguments: [
        #"{"strategy": "canary"}"#,
        #"{"strategy": "canary", "steps": ["1%", {"share": "5.5%", "duration": "1h", "approval": true}]}"#,
        #"{"strategy": "blue-green", "duration": "90s", "harmBudget": 5}"#,
        #"{"strategy": "shadow", "share": "100%", "duration": "1d", "maxDisagreement": 0.02}"#,
        #"{"strategy": "ab", "share": "50%", "clients": "perMinute", "inconclusive": "hold"}"#,
        #"{"strategy": "all-at-once", "latency": false, "early": false}"#,
    ])
    func aPolicyIsReadBackAsItWas(text: String) throws {
        let policy = try RolloutPolicy(json: JSONValue.parse(Array(text.utf8)))
        #expect(try RolloutPolicy(json: policy.json) == policy)
    }

    @Test(arguments: [
        (#"{}"#, "'strategy' is missing"), (#"{"strategy": "rolling"}"#, "all-at-once, blue-green"),
        (#"{"strategy": "canary", "share": "10%"}"#, "'share' does not go with"),
        (#"{"strategy": "canary", "steps": ["5%", "5%"]}"#, "grow from step to step"),
        (#"{"strategy": "canary", "steps": ["100%"]}"#, "below 100%"),
        (#"{"strategy": "canary", "steps": []}"#, "at least one step"),
        (#"{"strategy": "canary", "steps": [{"share": "5%", "weight": 1}]}"#, "unknown member 'weight'"),
        (#"{"strategy": "canary", "stepDuration": "5"}"#, "expected a time"),
        (#"{"strategy": "canary", "alpha": 0}"#, "'alpha' lies from"),
        (#"{"strategy": "canary", "harmBudget": 0}"#, "'harmBudget' lies from"),
        (#"{"strategy": "canary", "tolerance": 3, "bad": 2}"#, "must exceed 'tolerance'"),
        (#"{"strategy": "blue-green"}"#, "'duration' is missing"),
        (#"{"strategy": "ab", "share": "0%"}"#, "grow from step to step"),
        (#"{"strategy": "canary", "clients": "always"}"#, "perClient, perMinute"),
    ])
    func whatCannotBeIsRefusedWithItsPlace(text: String, reason: String) throws {
        let error = #expect(throws: ReleaseError.self) {
            _ = try RolloutPolicy(json: JSONValue.parse(Array(text.utf8)))
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "nothing")")
    }

    @Test(arguments: [
        ("500ms", 500), ("90s", 90_000), ("5m", 300_000), ("1h", 3_600_000), ("30d", 2_592_000_000),
    ])
    func timesAreReadAndWritten(text: String, milliseconds: Int) throws {
        #expect(try TimeSpan(text).milliseconds == milliseconds)
        #expect(try TimeSpan("\(TimeSpan(text))") == TimeSpan(text))
    }

    @Test(arguments: ["", "5", "s", "-5s", "5 s", "1.5m", "0s", "31d", "9999999999s", "５s", "5M"])
    func otherTimesAreRefused(text: String) {
        #expect(throws: ReleaseError.self) { _ = try TimeSpan(text) }
    }

    @Test
    func aForecastSaysWhatCanBeNoticedByWhen() throws {
        let policy = try RolloutPolicy(json: .object([("strategy", "canary")]))
        let busy = try #require(RolloutForecast(policy, requestsPerSecond: 100, errorRatio: 0.005))
        let detectable = try #require(busy.detectable)
        #expect((1.3...2.5).contains(detectable), "\(detectable)")
        #expect(busy.findings.map(\.ratio) == [2, 10])
        let ten = try #require(busy.findings.last?.seconds)
        #expect((20...300).contains(ten) && busy.findings[1].harmed < 15, "\(busy.findings)")
        let quiet = try #require(RolloutForecast(policy, requestsPerSecond: 0.1, errorRatio: 0.005))
        #expect(quiet.findings.allSatisfy { $0.seconds == nil })
        #expect(RolloutForecast(policy, requestsPerSecond: 0, errorRatio: 0.005) == nil)
        let harm = RolloutForecast.harmWhateverTheTraffic(policy)
        #expect(harm.map(\.ratio) == [2, 10])
        #expect((10...60).contains(harm[0].harmed) && (2...8).contains(harm[1].harmed), "\(harm)")
        let shadow = try RolloutPolicy(
            json: .object([("strategy", "shadow"), ("share", "10%"), ("duration", "1h")]))
        #expect(RolloutForecast.harmWhateverTheTraffic(shadow).isEmpty)
    }
}
