import Release
import Tensors
import Testing

/// A part of `scripts/bench rollouts`, with the same chance each time.
@Suite
struct RolloutSimulationTests {
    private static func policy() throws -> RolloutPolicy { try RolloutPolicy(json: .object([("strategy", "canary")])) }

    private static func traffic(_ kind: String, seed: Int) -> SimulatedTraffic {
        var traffic = SimulatedTraffic(seed: UInt64(seed))
        if kind.contains("keyed") { traffic.clients = 2000 }
        if kind.contains("bursts") { traffic.burst = 10 }
        if kind.contains("cycle") { traffic.swing = 0.8 }
        if kind.contains("failing") { traffic.failingClients = 20 }
        if kind.contains("incident") { traffic.incident = 100..<220 }
        return traffic
    }

    @Test(arguments: [
        "plain", "cycle, incident", "keyed", "keyed, bursts", "keyed, failing", "keyed, bursts, incident",
    ])
    func aVersionThatIsNoWorseIsPromotedAndNotBlamed(kind: String) throws {
        var ends: [SimulatedRollout.Ending: Int] = [:]
        for seed in 0..<100 {
            ends[SimulatedRollout(try Self.policy(), Self.traffic(kind, seed: seed), length: 5).ending, default: 0] += 1
        }
        #expect(ends[.rolledBack, default: 0] <= 2 && ends[.promoted, default: 0] >= 97, "\(ends)")
    }

    @Test(arguments: [false, true])
    func aCanaryThatAlwaysFailsIsStoppedWithinTenFailures(isKeyed: Bool) throws {
        for seed in 0..<50 {
            var traffic = SimulatedTraffic(seed: UInt64(seed))
            traffic.canaryRatio = 200
            if isKeyed { traffic.clients = 2000 }
            let rollout = SimulatedRollout(try Self.policy(), traffic, length: 0.1)
            #expect(rollout.ending == .rolledBack && rollout.canaryFailures <= 10)
        }
    }

    @Test
    func fiveTimesTheErrorsAreNoticedNearTheInformationFloor() throws {
        var harmed = 0.0
        for seed in 0..<100 {
            var traffic = SimulatedTraffic(seed: UInt64(seed))
            traffic.canaryRatio = 5
            let rollout = SimulatedRollout(try Self.policy(), traffic)
            #expect(rollout.ending == .rolledBack)
            harmed += rollout.harmed / 100
        }
        #expect(harmed < 3 * 4.6, "\(harmed)")
    }

    /// F36: twice the errors are hard to see; who is promoted all the same has harmed what the forecast says, not more.
    @Test
    func twiceTheErrorsAreNoticedOrHeldWithinTheForecast() throws {
        let policy = try Self.policy()
        let forecast = try #require(RolloutForecast(policy, requestsPerSecond: 100, errorRatio: 0.005))
        var (harmed, promoted) = (0.0, 0)
        for seed in 0..<40 {
            var traffic = SimulatedTraffic(seed: UInt64(seed))
            traffic.canaryRatio = 2
            let rollout = SimulatedRollout(policy, traffic)
            harmed += rollout.harmed / 40
            promoted += rollout.ending == .promoted ? 1 : 0
        }
        #expect(
            promoted <= 5 && harmed < 2 * forecast.findings[0].harmed, "\(promoted), \(harmed), \(forecast.findings)")
    }

    @Test
    func latencyAloneEndsIt() throws {
        var traffic = SimulatedTraffic(seed: 1)
        traffic.slow = [0.23, 0.021, 0.001]
        traffic.canarySlow = [0.94, 0.61, 0.22]
        let rollout = SimulatedRollout(try Self.policy(), traffic)
        #expect(rollout.ending == .rolledBack)
        #expect(rollout.rollout.records.last?.stream?.rawValue.hasPrefix("slower") == true)
    }

    @Test(arguments: [(9, 1.0), (5, 1.0), (1, 0.0)])
    func answersThatDifferMoreThanDeclaredEndItWithinThirtyPairs(wrongOfTen: Int, expected: Double) throws {
        var policy = try Self.policy()
        policy.maxDisagreement = 0.15
        var stopped = 0.0
        for seed in 0..<20 {
            var rollout = Rollout(policy, RolloutBaseline(), at: 0)
            for pair in 1...30 {
                var observation = RolloutObservation(
                    time: pair, share: 100, stable: ArmTally(requests: 1), canary: ArmTally(requests: 1))
                (observation.compared, observation.differing) = (1, (pair * 7 + seed) % 10 < wrongOfTen ? 1 : 0)
                let actions = rollout.handle(.observed(observation))
                if case .rollBack? = actions.first, rollout.phase == .rollingBack {
                    stopped += 1
                    break
                }
            }
        }
        #expect(stopped / 20 == expected)
    }

    /// What was written down and read back after every look decides the same.
    @Test
    func restartsChangeNothing() throws {
        for seed in [1, 2, 3] {
            var traffic = Self.traffic("keyed", seed: seed)
            traffic.canaryRatio = 4
            let whole = SimulatedRollout(try Self.policy(), traffic, length: 5)
            let broken = try SimulatedRollout(try Self.policy(), traffic, length: 5) { rollout in
                try Rollout(json: JSONValue.parse(rollout.json.encoded()))
            }
            #expect(broken.ending == whole.ending && broken.seconds == whole.seconds)
            #expect(broken.rollout.records == whole.rollout.records)
        }
    }
}
