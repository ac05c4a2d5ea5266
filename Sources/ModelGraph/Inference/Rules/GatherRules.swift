import Tensors

/// Elements picked and put by indices.
enum GatherRules {
    static let table: [String: InferenceRule] = [
        "Gather": { facts in try gather(facts) },
        "GatherElements": { facts in [.tensor(facts.element(0), facts.sizes(1))] },
        "GatherND": { facts in try gatherMany(facts) },
        "Scatter": put,
        "ScatterElements": put,
        "ScatterND": put,
        "TensorScatter": put,
    ]

    private static func put(_ facts: NodeFacts) -> [Fact] { [Fact(facts.fact(0).type)] }

    private static func gather(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let data = facts.sizes(0), let indices = facts.sizes(1) else { return [.tensor(facts.element(0), nil)] }
        guard !data.isEmpty else { throw InferenceFault("gathers from a scalar") }
        let axis = try facts.axis(facts.int("axis") ?? 0, rank: data.count)
        let sizes = data[..<axis] + indices + data[(axis + 1)...]
        return [.tensor(facts.element(0), Array(sizes), try picked(facts))]
    }

    /// Elements of a list, picked by known indices.
    private static func picked(_ facts: NodeFacts) throws(InferenceFault) -> KnownValue? {
        guard let value = facts.value(0), value.dimensions.count == 1, let indices = facts.value(1),
            let numbers = facts.fixedIntegers(1)
        else { return nil }
        let positions = numbers.map { $0 < 0 ? $0 + value.count : $0 }
        if let wrong = positions.firstIndex(where: { !(0..<value.count).contains($0) }) {
            throw InferenceFault("gathers index \(numbers[wrong]) of \(value.count) elements")
        }
        return value.picking(positions, dimensions: indices.dimensions)
    }

    private static func gatherMany(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let data = facts.sizes(0), let indices = facts.sizes(1), let depth = indices.last?.fixed else {
            return [.tensor(facts.element(0), nil)]
        }
        let batch = facts.int("batch_dims") ?? 0
        guard batch >= 0, batch <= data.count, depth >= 0, depth <= data.count, batch + depth <= data.count else {
            throw InferenceFault("picks by \(depth) indices from rank \(data.count)")
        }
        return [.tensor(facts.element(0), indices.dropLast() + data[(batch + depth)...])]
    }
}
