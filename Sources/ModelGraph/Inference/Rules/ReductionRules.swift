import Tensors

/// Sums, means, extremes over axes.
enum ReductionRules {
    static let table: [String: InferenceRule] = {
        var table: [String: InferenceRule] = [:]
        for name in [
            "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
            "ReduceLogSumExp", "ReduceSumSquare",
        ] {
            table[name] = reduce
        }
        for name in ["ArgMax", "ArgMin"] { table[name] = argument }
        return table
    }()

    private static func reduce(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let isKept = facts.flag("keepdims", default: true)
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
        var axes: [Int]
        switch facts.axes(input: 1) {
        case .known(let given) where !given.isEmpty: axes = given
        case .known, .absent:
            if facts.flag("noop_with_empty_axes") { return [.tensor(facts.element(0), sizes)] }
            axes = Array(sizes.indices)
        case .unknown:
            let unknown = [Size](repeating: .unknown, count: sizes.count)
            return [.tensor(facts.element(0), isKept ? unknown : nil)]
        }
        for index in axes.indices { axes[index] = try facts.axis(axes[index], rank: sizes.count) }
        let result = reduced(sizes, Set(axes), isKept: isKept)
        return [.tensor(facts.element(0), result, value(facts, result))]
    }

    private static func reduced(_ sizes: [Size], _ axes: Set<Int>, isKept: Bool) -> [Size] {
        sizes.enumerated().compactMap { axis, size in axes.contains(axis) ? (isKept ? .fixed(1) : nil) : size }
    }

    /// Products and sums of a shape's sizes.
    private static func value(_ facts: NodeFacts, _ result: [Size]) -> KnownValue? {
        guard let value = facts.value(0), value.dimensions.count == 1, let integers = value.integers,
            result.isEmpty || result == [.fixed(1)]
        else { return nil }
        let dimensions = result.isEmpty ? [] : [1]
        switch facts.node.operatorType {
        case "ReduceProd": return KnownValue(dimensions, integers: [integers.product])
        case "ReduceSum": return KnownValue(dimensions, integers: [integers.reduce(.fixed(0), +)])
        case "ReduceMax":
            return integers.compactMap(\.fixed).count == integers.count
                ? integers.compactMap(\.fixed).max().flatMap { KnownValue(dimensions, integers: [.fixed($0)]) } : nil
        default: return nil
        }
    }

    private static func argument(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(.int64, nil)] }
        guard !sizes.isEmpty else { return [.tensor(.int64, [])] }
        let axis = try facts.axis(facts.int("axis") ?? 0, rank: sizes.count)
        return [.tensor(.int64, reduced(sizes, [axis], isKept: facts.flag("keepdims", default: true)))]
    }
}
