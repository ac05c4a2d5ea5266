import Tensors

/// Sequences and optional values. How many elements a sequence has is not followed.
enum SequenceRules {
    static let table: [String: InferenceRule] = [
        "SequenceEmpty": { facts in [Fact(.sequence(.tensor(facts.elementType("dtype") ?? .float32, nil)))] },
        "SequenceConstruct": { facts in
            let types = facts.inputs.indices.map { facts.fact($0).type }
            guard let first = types.first else { return [] }
            return [Fact(.sequence(types.dropFirst().reduce(first) { $0.joined($1) }))]
        },
        "SequenceInsert": { facts in
            // The first insertion into an empty sequence says more than the sequence does.
            guard case .sequence(let of) = facts.fact(0).type else { return [] }
            return [Fact(.sequence(of.joined(facts.fact(1).type)))]
        },
        "SequenceErase": { facts in [Fact(facts.fact(0).type)] },
        "SequenceAt": { facts in
            guard case .sequence(let of) = facts.fact(0).type else { return [] }
            return [Fact(of)]
        },
        "SequenceLength": { _ in [.tensor(.int64, [])] },
        "SplitToSequence": { facts in try split(facts) },
        "ConcatFromSequence": { facts in try joined(facts) },
        "SequenceMap": { facts in mapped(facts) },
        "Optional": { facts in
            if case .type(let type)? = facts.attributes["type"] { return [Fact(.optional(TypeFact(type)))] }
            return [Fact(.optional(facts.fact(0).type))]
        },
        "OptionalHasElement": { _ in [.tensor(.bool, [])] },
        "OptionalGetElement": { facts in
            if case .optional(let of) = facts.fact(0).type { return [Fact(of)] }
            return [facts.fact(0)]
        },
    ]

    private static func split(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard var sizes = facts.sizes(0) else { return [Fact(.sequence(.tensor(facts.element(0), nil)))] }
        let axis = try facts.axis(facts.int("axis") ?? 0, rank: sizes.count)
        if !facts.isGiven(1) {
            if facts.flag("keepdims", default: true) { sizes[axis] = .fixed(1) } else { sizes.remove(at: axis) }
        } else if facts.rank(1) == 0, let part = facts.fixedIntegers(1)?.first, part > 0,
            sizes[axis].exactlyDivided(by: .fixed(part)).isKnown
        {
            sizes[axis] = .fixed(part)
        } else {
            sizes[axis] = .unknown
        }
        return [Fact(.sequence(.tensor(facts.element(0), sizes)))]
    }

    private static func joined(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard case .sequence(let of) = facts.fact(0).type else { return [] }
        guard var sizes = of.sizes else { return [.tensor(of.element, nil)] }
        let isNew = facts.flag("new_axis")
        let axis = try facts.axis(facts.int("axis") ?? 0, rank: sizes.count + (isNew ? 1 : 0))
        if isNew { sizes.insert(.unknown, at: axis) } else { sizes[axis] = .unknown }
        return [.tensor(of.element, sizes)]
    }

    private static func mapped(_ facts: NodeFacts) -> [Fact] {
        guard let body = facts.graph("body") else { return [] }
        let elements = facts.inputs.indices.map { index in
            if case .sequence(let of) = facts.fact(index).type { return Fact(of) }
            return Fact(facts.fact(index).type)
        }
        return facts.inferBody(body, elements).map { Fact(.sequence($0.type)) }
    }
}
