import ArgumentParser
import Dispatch
import Release
import Synchronization
import Tensors

/// Simulates rollouts, good and bad ones, and counts what the evidence decides about them.
@main
struct RolloutBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulates rollouts, prints the figures as JSON; run by scripts/bench.")

    @Option(help: "Rollouts of a version that is no worse, for each kind of traffic.")
    var runs = 5000

    @Option(help: "Rollouts of each worse version.")
    var badRuns = 1000

    @Option(help: "The same seed gives the same figures.")
    var seed: UInt64 = 1

    func run() throws {
        var rows: [JSONValue] = []
        for scenario in Scenario.all {
            let outcome = play(scenario)
            rows.append(outcome.json(scenario))
        }
        rows.append(answers(differing: 0.9, named: "permuted labels, at most 5 % may differ"))
        rows.append(answers(differing: 0.04, named: "4 % differ, at most 5 % may"))
        print(JSONValue.array(rows).encodedString())
    }

    private func play(_ scenario: Scenario) -> Outcome {
        let count = scenario.isGood ? runs : badRuns
        let total = Mutex(Outcome())
        DispatchQueue.concurrentPerform(iterations: count) { run in
            var traffic = SimulatedTraffic(seed: seed &+ UInt64(run) &* 1009 &+ scenario.salt)
            scenario.set(&traffic, run)
            let rollout = SimulatedRollout(scenario.policy, traffic, length: scenario.length)
            total.withLock { $0.add(rollout) }
        }
        return total.withLock { $0 }
    }

    /// Pairs of answers, one after the other, until they decide or a thousand are over.
    private func answers(differing: Double, named name: String) -> JSONValue {
        var (stopped, pairs): (Int, [Double]) = (0, [])
        var policy = RolloutPolicy(.canary([]))
        policy.maxDisagreement = 0.05
        var state = seed
        for _ in 0..<badRuns {
            var evidence = RolloutEvidence(policy, RolloutBaseline())
            var observation = RolloutObservation(time: 0, share: 0, stable: ArmTally(), canary: ArmTally())
            observation.compared = 1
            for pair in 1...1000 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                observation.differing = Double(state >> 11) * 0x1p-53 < differing ? 1 : 0
                evidence.add(observation)
                if evidence.harmLog >= 4.605170185988092 {
                    stopped += 1
                    pairs.append(Double(pair))
                    break
                }
            }
        }
        pairs.sort()
        return .object([
            ("name", .string(name)), ("runs", .integer(badRuns)), ("rolledBack", .integer(stopped)), ("promoted", 0),
            ("pairs", pairs.isEmpty ? .null : .number(pairs[pairs.count / 2])),
            ("mostPairs", pairs.last.map(JSONValue.number) ?? .null),
        ])
    }
}

/// A kind of traffic and of canary.
struct Scenario: Sendable {
    let name: String
    let isGood: Bool
    var policy = Scenario.usual
    /// Seconds between looks.
    var length = 1.0
    let set: @Sendable (inout SimulatedTraffic, Int) -> Void

    /// So that scenarios do not share their chance.
    var salt: UInt64 { name.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 } }

    private static let usual: RolloutPolicy = {
        guard let span = try? TimeSpan("5m") else { preconditionFailure("five minutes are a time") }
        return RolloutPolicy(
            .canary(RolloutPolicy.usualShares.map { RolloutStep(basisPoints: $0, duration: span) }))
    }()

    private static func perMinute() -> RolloutPolicy {
        var policy = usual
        policy.clients = .perMinute
        return policy
    }

    static let all: [Scenario] = good + bad

    private static let good: [Scenario] = [
        Scenario(name: "good, unkeyed", isGood: true) { _, _ in },
        Scenario(name: "good, unkeyed, daily cycle", isGood: true) { traffic, _ in traffic.swing = 0.8 },
        Scenario(name: "good, unkeyed, incident", isGood: true) { traffic, run in
            traffic.incident = incident(run)
        },
        Scenario(name: "good, unkeyed, base 10 %", isGood: true) { traffic, _ in traffic.errorRatio = 0.1 },
        Scenario(name: "good, unkeyed, 5 requests a second", isGood: true) { traffic, _ in
            traffic.requestsPerSecond = 5
        },
        Scenario(name: "good, keyed", isGood: true) { traffic, _ in traffic.clients = 2000 },
        Scenario(name: "good, keyed, bursts of 5", isGood: true) { traffic, _ in
            traffic.clients = 2000
            traffic.burst = 5
        },
        Scenario(name: "good, keyed, bursts of 20", isGood: true) { traffic, _ in
            traffic.clients = 2000
            traffic.burst = 20
        },
        Scenario(name: "good, keyed, bursts, cycle, incident", isGood: true) { traffic, run in
            traffic.clients = 2000
            traffic.burst = 5
            traffic.swing = 0.8
            traffic.incident = incident(run)
        },
        Scenario(name: "good, keyed, 20 clients that always fail", isGood: true) { traffic, _ in
            traffic.clients = 2000
            traffic.failingClients = 20
        },
        Scenario(name: "the same, one failure a minute counted", isGood: true, policy: perMinute()) { traffic, _ in
            traffic.clients = 2000
            traffic.failingClients = 20
        },
        Scenario(name: "good, 10 looks a second", isGood: true, length: 0.1) { _, _ in },
    ]

    private static let bad: [Scenario] = [
        Scenario(name: "always fails, unkeyed", isGood: false, length: 0.1) { traffic, _ in traffic.canaryRatio = 200 },
        Scenario(name: "always fails, keyed", isGood: false, length: 0.1) { traffic, _ in
            traffic.canaryRatio = 200
            traffic.clients = 2000
        },
        Scenario(name: "20 times the errors", isGood: false) { traffic, _ in traffic.canaryRatio = 20 },
        Scenario(name: "10 times the errors", isGood: false) { traffic, _ in traffic.canaryRatio = 10 },
        Scenario(name: "5 times the errors", isGood: false) { traffic, _ in traffic.canaryRatio = 5 },
        Scenario(name: "5 times the errors, keyed", isGood: false) { traffic, _ in
            traffic.canaryRatio = 5
            traffic.clients = 2000
        },
        Scenario(name: "3 times the errors", isGood: false) { traffic, _ in traffic.canaryRatio = 3 },
        Scenario(name: "2 times the errors", isGood: false) { traffic, _ in traffic.canaryRatio = 2 },
        Scenario(name: "twice as many slow", isGood: false) { traffic, _ in traffic.canarySlowness = 2 },
    ]

    /// Two minutes, at another time each run.
    private static func incident(_ run: Int) -> Range<Double> {
        let start = Double(run * 37 % 1000)
        return start..<start + 120
    }
}

/// What became of many rollouts.
struct Outcome: Sendable {
    private var (runs, promoted, rolledBack) = (0, 0, 0)
    private var promotedAfter: [Double] = []
    private var rolledBackAfter: [Double] = []
    private var harmed: [Double] = []
    private var failures: [Double] = []

    mutating func add(_ rollout: SimulatedRollout) {
        runs += 1
        switch rollout.ending {
        case .promoted:
            promoted += 1
            promotedAfter.append(rollout.seconds)
        case .rolledBack:
            rolledBack += 1
            rolledBackAfter.append(rollout.seconds)
        case .open: break
        }
        harmed.append(rollout.harmed)
        failures.append(Double(rollout.canaryFailures))
    }

    func json(_ scenario: Scenario) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        let mean = harmed.reduce(0, +) / Double(max(1, harmed.count))
        let figures: [(String, JSONValue)] = [
            ("runs", .integer(runs)), ("promoted", .integer(promoted)), ("rolledBack", .integer(rolledBack)),
            ("minutesToPromote", number(Self.median(promotedAfter).map { $0 / 60 })),
            ("minutesToRollBack", number(Self.median(rolledBackAfter).map { $0 / 60 })), ("harmed", .number(mean)),
            ("medianHarmed", number(Self.median(harmed))), ("canaryFailures", number(Self.median(failures))),
            ("mostCanaryFailures", number(failures.max())),
        ]
        return .object([("name", .string(scenario.name)), ("good", .bool(scenario.isGood))] + figures)
    }

    private static func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
}
