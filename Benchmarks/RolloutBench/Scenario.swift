import Glibc
import Release

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
        // Half a second every ten in which an arm stands still: one request in twenty is slow, and in bursts.
        Scenario(name: "good, a busy machine: either arm stands still", isGood: true) { traffic, _ in
            traffic.stallsPerMinute = 6
        },
        Scenario(name: "good, a busy machine: both stand still at once", isGood: true) { traffic, run in
            traffic.stallsPerMinute = 6
            traffic.stallSeconds = 2
            traffic.stallsAreShared = true
            traffic.swing = 0.8
            traffic.incident = incident(run)
        },
        Scenario(name: "good, a busy machine, 10 looks a second", isGood: true, length: 0.1) { traffic, _ in
            traffic.stallsPerMinute = 6
        },
        Scenario(name: "good, 1.2 % slow beside 0.6 %", isGood: true) { traffic, _ in
            traffic.slow = [0.3, 0.06, 0.006]
            traffic.canarySlow = [0.32, 0.07, 0.012]
        },
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
        Scenario(name: "twice as slow", isGood: false) { traffic, _ in
            (traffic.slow, traffic.canarySlow) = (slow(1), slow(2))
        },
        Scenario(name: "one and a half times as slow", isGood: false) { traffic, _ in
            (traffic.slow, traffic.canarySlow) = (slow(1), slow(1.5))
        },
        Scenario(name: "twice as slow, a busy machine", isGood: false) { traffic, _ in
            (traffic.slow, traffic.canarySlow) = (slow(1), slow(2))
            traffic.stallsPerMinute = 6
        },
    ]

    /// Shares of requests beyond a quarter above the p50, p90 and p99 of a log-normal latency whose logarithm deviates by
    /// 0.3, for one that is so many times as slow.
    private static func slow(_ times: Double) -> [Double] {
        [0, 1.2816, 2.3263].map { quantile in
            erfc((quantile + log(1.25 / times) / 0.3) / 2.0.squareRoot()) / 2
        }
    }

    /// Two minutes, at another time each run.
    private static func incident(_ run: Int) -> Range<Double> {
        let start = Double(run * 37 % 1000)
        return start..<start + 120
    }
}
