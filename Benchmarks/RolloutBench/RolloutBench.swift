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
        rows += PairScenario.all.map { $0.play(badRuns, seed: seed) }
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
}
