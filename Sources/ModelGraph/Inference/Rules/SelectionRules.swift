import Tensors

/// Operators that choose elements; how many is often known only at run time.
enum SelectionRules {
    static let table: [String: InferenceRule] = [
        "TopK": { facts in try best(facts) },
        "NonZero": { facts in [.tensor(.int64, [facts.rank(0).map { .fixed($0) } ?? .unknown, .unknown])] },
        "NonMaxSuppression": { _ in [.tensor(.int64, [.unknown, .fixed(3)])] },
        "Compress": { facts in
            guard let axis = facts.int("axis") else { return [.tensor(facts.element(0), [.unknown])] }
            guard var sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
            sizes[try facts.axis(axis, rank: sizes.count)] = .unknown
            return [.tensor(facts.element(0), sizes)]
        },
        "Unique": { facts in
            let counts = Fact.tensor(.int64, [.unknown])
            guard let axis = facts.int("axis") else {
                return [.tensor(facts.element(0), [.unknown]), counts, counts, counts]
            }
            guard var sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil), counts, counts, counts] }
            sizes[try facts.axis(axis, rank: sizes.count)] = .unknown
            return [.tensor(facts.element(0), sizes), counts, counts, counts]
        },
        "OneHot": { facts in try oneHot(facts) },
    ]

    private static func best(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard var sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil), .tensor(.int64, nil)] }
        let axis = try facts.axis(facts.int("axis") ?? -1, rank: sizes.count)
        sizes[axis] = facts.int("k").map { .fixed($0) } ?? facts.integers(1)?.first ?? .unknown
        return [.tensor(facts.element(0), sizes), .tensor(.int64, sizes)]
    }

    private static func oneHot(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard var sizes = facts.sizes(0) else { return [.tensor(facts.element(2), nil)] }
        let given = facts.int("axis") ?? -1
        let axis = try facts.axis(given, rank: sizes.count + 1)
        let depth =
            facts.integers(1)?.first ?? facts.value(1)?.numbers?.first.flatMap { Int(exactly: $0) }.map { .fixed($0) }
        sizes.insert(depth ?? .unknown, at: axis)
        return [.tensor(facts.element(2), sizes)]
    }
}
