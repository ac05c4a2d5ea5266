import Release
import Tensors

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
