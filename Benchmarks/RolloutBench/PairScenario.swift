import Release
import Tensors

/// Two versions that are asked the same, one input after the other, until their answers or their labels decide, or a
/// thousand are over.
struct PairScenario {
    let name: String
    /// The share of inputs on which the answers differ.
    var differing = 0.0
    /// Shares of inputs on which the new version alone is wrong, and the stable one alone.
    var wrong: (new: Double, stable: Double)?

    static let all = [
        PairScenario(name: "permuted labels, at most 5 % may differ", differing: 0.9),
        PairScenario(name: "4 % differ, at most 5 % may", differing: 0.04),
        PairScenario(name: "labels: as often right", wrong: (0.06, 0.06)),
        PairScenario(name: "labels: better, and differs on 4 %", differing: 0.04, wrong: (0.01, 0.03)),
        PairScenario(name: "labels: wrong on 10 % more", wrong: (0.13, 0.03)),
    ]

    private static let pairs = 1000

    func play(_ runs: Int, seed: UInt64) -> JSONValue {
        var policy = RolloutPolicy(.canary([]))
        policy.maxDisagreement = 0.05
        policy.maxLossIncrease = wrong == nil ? nil : 0
        var (state, stopped): (UInt64, [Double]) = (seed, [])
        func chance() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        for _ in 0..<runs {
            var evidence = RolloutEvidence(policy, RolloutBaseline())
            var observation = RolloutObservation(time: 0, share: 0, stable: ArmTally(), canary: ArmTally())
            observation.compared = 1
            for pair in 1...Self.pairs {
                observation.differing = chance() < differing ? 1 : 0
                if let wrong {
                    let place = chance()
                    observation.losses = [place < wrong.new ? 1 : place < wrong.new + wrong.stable ? -1 : 0]
                }
                evidence.add(observation)
                if evidence.harmLog >= 4.605170185988092 {
                    stopped.append(Double(pair))
                    break
                }
            }
        }
        stopped.sort()
        return .object([
            ("name", .string(name)), ("runs", .integer(runs)), ("rolledBack", .integer(stopped.count)),
            ("promoted", 0), ("pairs", stopped.isEmpty ? .null : .number(stopped[stopped.count / 2])),
            ("mostPairs", stopped.last.map(JSONValue.number) ?? .null),
        ])
    }
}
