import Tensors

/// Branches and loops: their bodies are inferred, and what may differ between rounds is unknown.
enum ControlFlowRules {
    static let table: [String: InferenceRule] = [
        "If": branch,
        "Loop": loop,
        "Scan": scan,
    ]

    /// Where the condition is known only that branch counts: the other may well be one that cannot run.
    private static func branch(_ facts: NodeFacts) -> [Fact] {
        func infer(_ name: String) -> [Fact] { facts.graph(name).map { facts.inferBody($0, []) } ?? [] }
        if let condition = facts.integers(0)?.first?.fixed {
            return infer(condition == 0 ? "else_branch" : "then_branch")
        }
        return zip(infer("then_branch"), infer("else_branch")).map { Fact($0.type.joined($1.type)) }
    }

    /// Inputs: most rounds, condition, states. Body: round, condition, states to condition, states, scanned values.
    private static func loop(_ facts: NodeFacts) -> [Fact] {
        guard let body = facts.graph("body") else { return [] }
        let states = facts.inputs.indices.dropFirst(2).map { facts.fact($0).type }
        let lead = [Fact.tensor(.int64, []), .tensor(.bool, [])]
        var again: KnownValue?
        let (settled, outputs) = settle(states) { states in
            let made = facts.inferBody(body, lead + states.map { Fact($0) })
            again = made.first?.knownValue
            return Array(made.dropFirst().map(\.type))
        }
        let isEndless = isTrue(again) || isPassingOn(body)
        let scanned = outputs.dropFirst(settled.count)
        let rounds = scanned.isEmpty ? .unknown : rounds(facts, body, settled, isEndless: isEndless)
        return settled.map { Fact($0) }
            + scanned.map { type in .tensor(type.element, type.sizes.map { [rounds] + $0 }) }
    }

    /// Rounds followed one by one. Recurrent layers have one for each step of their sequence.
    private static let mostRounds = 1024

    /// How often the body runs: as often as asked when it never ends the loop, else by following what it counts.
    private static func rounds(_ facts: NodeFacts, _ body: Graph, _ states: [TypeFact], isEndless: Bool) -> Size {
        let asked: Size? = facts.isGiven(0) ? facts.integers(0)?.first ?? .unknown : nil
        guard !facts.isGiven(1) || facts.value(1) != nil else { return .unknown }
        var isGoing = !facts.isGiven(1) || isTrue(facts.value(1))
        if isGoing, isEndless { return asked.map { $0.fixed.map { .fixed(max(0, $0)) } ?? $0 } ?? .unknown }
        if asked != nil, asked?.fixed == nil { return isGoing ? .unknown : .fixed(0) }
        var values = states.indices.map { facts.value($0 + 2) }
        var round = 0
        while isGoing, round < asked?.fixed ?? .max {
            guard round < mostRounds else { return .unknown }
            let lead = [
                Fact.tensor(.int64, [], KnownValue([], integers: [.fixed(round)])),
                .tensor(.bool, [], KnownValue([], integers: [.fixed(1)])),
            ]
            let made = facts.inferBody(body, lead + zip(states, values).map { Fact($0, value: $1) })
            guard let condition = made.first?.knownValue?.integers?.first?.fixed else { return .unknown }
            isGoing = condition != 0
            values = states.indices.map { $0 + 1 < made.count ? made[$0 + 1].knownValue : nil }
            round += 1
        }
        return .fixed(round)
    }

    private static func isTrue(_ value: KnownValue?) -> Bool {
        value?.integers?.first?.fixed.map { $0 != 0 } ?? false
    }

    /// Whether the body's condition is its own input.
    private static func isPassingOn(_ body: Graph) -> Bool {
        guard let condition = body.outputs.first?.name else { return false }
        if body.inputs.count > 1, body.inputs[1].name == condition { return true }
        guard let maker = body.nodes.first(where: { $0.outputs.contains(condition) }) else { return false }
        return maker.operatorType == "Identity" && body.inputs.count > 1 && maker.inputs == [body.inputs[1].name]
    }

    /// Runs a body's inference until the states it makes are what it gets; what changes becomes unknown.
    private static func settle(
        _ initial: [TypeFact], _ infer: ([TypeFact]) -> [TypeFact]
    ) -> (states: [TypeFact], outputs: [TypeFact]) {
        var states = initial
        var outputs: [TypeFact] = []
        for _ in 0..<3 {
            outputs = infer(states)
            let made =
                outputs.prefix(states.count)
                + [TypeFact](repeating: .unknown, count: max(0, states.count - outputs.count))
            let joined = zip(states, made).map { state, made in state == .unknown ? .unknown : state.joined(made) }
            if joined == states { return (states, outputs) }
            states = joined
        }
        states = states.map(\.withoutSizes)
        outputs = infer(states)
        let made = outputs.prefix(states.count)
        let isSettled = made.count == states.count && zip(states, made).allSatisfy { $0.joined($1) == $0 }
        return isSettled ? (states, outputs) : (states.map { _ in .unknown }, outputs.map { _ in .unknown })
    }

    /// Inputs: states, then scanned values, each cut along its axis; outputs likewise.
    private static func scan(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let body = facts.graph("body"), let scanCount = facts.int("num_scan_inputs"), facts.opset >= 9,
            scanCount >= 0, scanCount <= facts.inputs.count
        else { return [] }
        let stateCount = facts.inputs.count - scanCount
        var length = Size.unknown
        var elements: [Fact] = []
        for index in 0..<scanCount {
            let fact = facts.fact(stateCount + index)
            guard var sizes = fact.type.sizes else {
                elements.append(.tensor(fact.type.element, nil))
                continue
            }
            let axes = facts.ints("scan_input_axes") ?? []
            let axis = try facts.axis(index < axes.count ? axes[index] : 0, rank: sizes.count)
            let size = sizes.remove(at: axis)
            if size.isKnown { length = size }
            elements.append(.tensor(fact.type.element, sizes))
        }
        let initial = (0..<stateCount).map { facts.fact($0).type }
        let (states, outputs) = settle(initial) { states in
            facts.inferBody(body, states.map { Fact($0) } + elements).map(\.type)
        }
        var result = states.map { Fact($0) }
        for (index, type) in outputs.dropFirst(stateCount).enumerated() {
            guard var sizes = type.sizes else {
                result.append(.tensor(type.element, nil))
                continue
            }
            let axes = facts.ints("scan_output_axes") ?? []
            sizes.insert(length, at: try facts.axis(index < axes.count ? axes[index] : 0, rank: sizes.count + 1))
            result.append(.tensor(type.element, sizes))
        }
        return result
    }
}
