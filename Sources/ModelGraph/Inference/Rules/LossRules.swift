import Tensors

/// Losses and optimisers.
enum LossRules {
    static let table: [String: InferenceRule] = [
        "SoftmaxCrossEntropyLoss": { facts in
            [.tensor(facts.element(0), loss(facts)), Fact(facts.fact(0).type)]
        },
        "NegativeLogLikelihoodLoss": { facts in [.tensor(facts.element(0), loss(facts))] },
    ]

    private static func loss(_ facts: NodeFacts) -> [Size]? {
        facts.text("reduction") == "none" ? facts.sizes(1) : []
    }

    /// Inputs: rate, time, then for each of `X`, gradients and states; outputs: the new `X` and states.
    static let training: [String: InferenceRule] = [
        "Adagrad": { facts in updated(facts, kinds: 3) },
        "Momentum": { facts in updated(facts, kinds: 3) },
        "Adam": { facts in updated(facts, kinds: 4) },
        "Gradient": { facts in
            guard case .strings(let names)? = facts.attributes["xs"] else { return [] }
            return names.indices.map { Fact(facts.fact($0).type) }
        },
    ]

    private static func updated(_ facts: NodeFacts, kinds: Int) -> [Fact] {
        let rest = facts.inputs.count - 2
        guard rest > 0, rest % kinds == 0 else { return [] }
        let count = rest / kinds
        let kept = Array(0..<count) + Array((2 * count)..<(kinds * count))
        return kept.map { Fact(facts.fact(2 + $0).type) }
    }
}
