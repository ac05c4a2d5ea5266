import Tensors

/// Tensors put together and taken apart along an axis.
enum JoiningRules {
    static let table: [String: InferenceRule] = [
        "Concat": { facts in try concat(facts) },
        "Split": { facts in try split(facts) },
    ]

    private static func concat(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let element = facts.inputs.indices.compactMap { facts.element($0) }.first
        let shapes = facts.inputs.indices.compactMap { facts.sizes($0) }
        guard let first = shapes.first else { return [.tensor(element, nil)] }
        // Before operator set 4 the axis could be left out.
        let axis = try facts.axis(facts.int("axis") ?? 1, rank: first.count)
        var result = first
        for shape in shapes.dropFirst() {
            guard shape.count == first.count else {
                throw InferenceFault("joins inputs of rank \(first.count) and \(shape.count); expected equal ranks")
            }
            for (place, size) in shape.enumerated() where place != axis {
                if let one = result[place].fixed, let other = size.fixed, one != other {
                    throw InferenceFault("joins sizes \(one) and \(other) on axis \(place); expected equal ones")
                }
                if !result[place].isKnown || size.fixed != nil { result[place] = size.isKnown ? size : result[place] }
            }
            result[axis] = result[axis] + shape[axis]
        }
        if shapes.count < facts.inputs.count { result[axis] = .unknown }
        return [.tensor(element, result, joinedValue(facts, rank: first.count))]
    }

    /// Values of one dimension, end to end.
    private static func joinedValue(_ facts: NodeFacts, rank: Int) -> KnownValue? {
        guard rank == 1 else { return nil }
        var integers: [Size] = []
        var reals: [Double] = []
        for index in facts.inputs.indices {
            if let value = facts.value(index) {
                integers += value.integers ?? []
                reals += value.reals ?? []
            } else if let count = facts.sizes(index)?.first?.fixed, (0...KnownValue.mostElements).contains(count),
                facts.element(index) == .int64
            {
                integers += [Size](repeating: .unknown, count: count)
            } else {
                return nil
            }
            guard integers.count + reals.count <= KnownValue.mostElements else { return nil }
        }
        if reals.isEmpty { return KnownValue(integers) }
        return integers.isEmpty ? KnownValue([reals.count], reals: reals) : nil
    }

    private static func split(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let count = facts.outputCount
        guard let sizes = facts.sizes(0) else {
            return [Fact](repeating: .tensor(facts.element(0), nil), count: count)
        }
        let axis = try facts.axis(facts.int("axis") ?? 0, rank: sizes.count)
        let parts = try parts(facts, of: sizes[axis])
        var result: [Fact] = []
        var start = 0
        for part in parts.prefix(count) {
            var shape = sizes
            shape[axis] = part
            var value: KnownValue?
            if let whole = facts.value(0), sizes.count == 1, let length = part.fixed,
                (0...(whole.count - start)).contains(length)
            {
                value = whole.picking(Array(start..<(start + length)), dimensions: [length])
                start += length
            }
            result.append(.tensor(facts.element(0), shape, value))
        }
        return result
    }

    private static func parts(_ facts: NodeFacts, of size: Size) throws(InferenceFault) -> [Size] {
        let count = facts.outputCount
        if let given = facts.ints("split")?.map(Size.fixed) ?? facts.integers(1) {
            guard given.count == count else {
                throw InferenceFault("has \(given.count) parts, but \(count) outputs")
            }
            if let wrong = given.compactMap(\.fixed).first(where: { $0 < 0 }) {
                throw InferenceFault("has a part of size \(wrong)")
            }
            if let total = given.reduce(Size.fixed(0), +).fixed, let size = size.fixed, total != size {
                throw InferenceFault("splits size \(size) into parts of \(total) together")
            }
            return given
        }
        guard !facts.isGiven(1), count > 0 else { return [Size](repeating: .unknown, count: count) }
        let even = size.exactlyDivided(by: .fixed(count))
        if even.isKnown { return [Size](repeating: even, count: count) }
        // Since operator set 18 the last part may be smaller.
        guard facts.opset >= 18 else {
            if let size = size.fixed { throw InferenceFault("splits size \(size) into \(count) equal parts") }
            return [Size](repeating: .unknown, count: count)
        }
        let part = size.ceilDivided(by: count)
        let last = size - part * .fixed(count - 1)
        return [Size](repeating: part, count: count - 1) + [last]
    }
}
