import Tensors

/// Normalisations that also give statistics.
enum NormalizationRules {
    static let table: [String: InferenceRule] = [
        "BatchNormalization": { facts in
            let channels = facts.sizes(1)
            let statistics = Fact.tensor(facts.element(3) ?? facts.element(0), channels)
            return [Fact(facts.fact(0).type), statistics, statistics, statistics, statistics]
        },
        "LayerNormalization": { facts in
            let statistics = Fact.tensor(facts.elementType("stash_type") ?? .float32, try reduced(facts))
            return [Fact(facts.fact(0).type), statistics, statistics]
        },
        "RMSNormalization": { facts in [Fact(facts.fact(0).type)] },
    ]

    /// The sizes before the normalised axes, and 1 for each of those.
    private static func reduced(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(0) else { return nil }
        let axis = try facts.axis(facts.int("axis") ?? -1, rank: sizes.count)
        return sizes.enumerated().map { $0 < axis ? $1 : .fixed(1) }
    }
}
