import Tensors

/// Operators that read a shape, or give the same elements another one.
enum ShapeRules {
    static let table: [String: InferenceRule] = [
        "Shape": { facts in shape(facts) },
        "Size": { facts in
            [.tensor(.int64, [], facts.sizes(0).flatMap { KnownValue([], integers: [$0.product]) })]
        },
        "Reshape": { facts in try reshape(facts) },
        "Squeeze": { facts in try squeeze(facts) },
        "Unsqueeze": { facts in try unsqueeze(facts) },
        "Flatten": { facts in try flatten(facts) },
        "Transpose": { facts in try transpose(facts) },
        "Expand": { facts in try expand(facts) },
        "Tile": { facts in tile(facts) },
        "Pad": { facts in try pad(facts) },
    ]

    private static func shape(_ facts: NodeFacts) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(.int64, [.unknown])] }
        let start = position(facts.int("start") ?? 0, sizes.count)
        let end = position(facts.int("end") ?? sizes.count, sizes.count)
        let picked = start < end ? Array(sizes[start..<end]) : []
        return [.tensor(.int64, [.fixed(picked.count)], KnownValue(picked))]
    }

    private static func position(_ number: Int, _ count: Int) -> Int {
        min(max(number < 0 ? number + count : number, 0), count)
    }

    private static func reshape(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let asked: [Size]?
        if let attribute = facts.ints("shape") {
            asked = attribute.map(Size.fixed)
        } else {
            asked = facts.integers(1)
        }
        guard let asked else {
            let rank = facts.sizes(1)?.first?.fixed.flatMap { (0...64).contains($0) ? $0 : nil }
            return [.tensor(facts.element(0), rank.map { [Size](repeating: .unknown, count: $0) })]
        }
        let sizes = try reshaped(facts.sizes(0), asked, isZeroAllowed: facts.flag("allowzero"))
        let fixed = sizes.compactMap(\.fixed)
        let value = fixed.count == sizes.count ? facts.value(0)?.reshaped(fixed) : nil
        return [.tensor(facts.element(0), sizes, value)]
    }

    /// The sizes asked for, with 0 as "the input's" and -1 as "what is left".
    private static func reshaped(
        _ input: [Size]?, _ asked: [Size], isZeroAllowed: Bool
    ) throws(InferenceFault) -> [Size] {
        var result: [Size] = []
        for (axis, size) in asked.enumerated() {
            if size == .fixed(0), !isZeroAllowed {
                if let input, axis >= input.count {
                    throw InferenceFault("keeps size \(axis) of an input of rank \(input.count)")
                }
                result.append(input?[axis] ?? .unknown)
            } else if let number = size.fixed, number < -1 {
                throw InferenceFault("reshapes to size \(number)")
            } else {
                // An unknown number might also be -1 or 0; a name is a size, or an expression of sizes.
                result.append(size == .fixed(-1) ? .unknown : size)
            }
        }
        let total = input?.product ?? .unknown
        let open = asked.indices.filter { asked[$0] == .fixed(-1) }
        guard open.count <= 1 else { throw InferenceFault("reshapes to \(open.count) sizes of -1; expected one") }
        if let place = open.first {
            result[place] = try remainder(
                of: total, input, result.enumerated().filter { $0.offset != place }.map(\.element))
        } else if let total = total.fixed, let count = result.product.fixed, total != count {
            throw InferenceFault("reshapes \(total) elements to \(count)")
        } else if total.isKnown, let place = onlyUnknown(result) {
            var others = result
            others.remove(at: place)
            result[place] = total.exactlyDivided(by: others.product)
        }
        return result
    }

    private static func onlyUnknown(_ sizes: [Size]) -> Int? {
        let unknown = sizes.indices.filter { sizes[$0] == .unknown }
        return unknown.count == 1 ? unknown[0] : nil
    }

    private static func remainder(
        of total: Size, _ input: [Size]?, _ others: [Size]
    ) throws(InferenceFault) -> Size {
        if let total = total.fixed, let count = others.product.fixed {
            guard count != 0 else { return total == 0 ? .unknown : .unknown }
            guard total % count == 0 else {
                throw InferenceFault("reshapes \(total) elements to multiples of \(count)")
            }
        }
        if total.isKnown { return total.exactlyDivided(by: others.product) }
        // One unknown size on both sides cancels: [?, 4, 8] to [?, -1] where the first was kept.
        return .unknown
    }

    private static func squeeze(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
        var kept: [Size] = []
        switch facts.axes(input: 1) {
        case .unknown:
            guard let count = facts.sizes(1)?.first?.fixed, (0...sizes.count).contains(count) else {
                return [.tensor(facts.element(0), nil)]
            }
            kept = [Size](repeating: .unknown, count: sizes.count - count)
        case .absent:
            guard sizes.allSatisfy({ $0.fixed != nil }) else { return [.tensor(facts.element(0), nil)] }
            kept = sizes.filter { $0 != .fixed(1) }
        case .known(let axes):
            var dropped: Set<Int> = []
            for axis in axes { dropped.insert(try facts.axis(axis, rank: sizes.count)) }
            if let wrong = dropped.first(where: { sizes[$0].fixed.map { $0 != 1 } ?? false }) {
                throw InferenceFault("squeezes axis \(wrong) of size \(sizes[wrong].dimension); expected 1")
            }
            kept = sizes.indices.filter { !dropped.contains($0) }.map { sizes[$0] }
        }
        return [.tensor(facts.element(0), kept, reshapedValue(facts, kept))]
    }

    private static func unsqueeze(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0), case .known(let axes) = facts.axes(input: 1) else {
            return [.tensor(facts.element(0), nil)]
        }
        let rank = sizes.count + axes.count
        var added: Set<Int> = []
        for axis in axes { added.insert(try facts.axis(axis, rank: rank)) }
        guard added.count == axes.count else { throw InferenceFault("has an axis twice in \(axes)") }
        var rest = sizes[...]
        let result = (0..<rank).map { added.contains($0) ? .fixed(1) : rest.popFirst() ?? .unknown }
        return [.tensor(facts.element(0), result, reshapedValue(facts, result))]
    }

    private static func reshapedValue(_ facts: NodeFacts, _ sizes: [Size]) -> KnownValue? {
        let fixed = sizes.compactMap(\.fixed)
        return fixed.count == sizes.count ? facts.value(0)?.reshaped(fixed) : nil
    }

    private static func flatten(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), [.unknown, .unknown])] }
        let given = facts.int("axis") ?? 1
        let axis = given < 0 ? given + sizes.count : given
        guard (0...sizes.count).contains(axis) else {
            throw InferenceFault("has axis \(given), but rank \(sizes.count)")
        }
        return [.tensor(facts.element(0), [sizes[..<axis].product, sizes[axis...].product])]
    }

    private static func transpose(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else {
            let rank = facts.ints("perm")?.count
            return [.tensor(facts.element(0), rank.map { [Size](repeating: .unknown, count: $0) })]
        }
        let order = facts.ints("perm") ?? Array(sizes.indices.reversed())
        guard order.count == sizes.count, Set(order) == Set(sizes.indices) else {
            throw InferenceFault("has perm \(order) for an input of rank \(sizes.count)")
        }
        let value = facts.value(0).flatMap { $0.dimensions.count == order.count ? $0.transposed(order) : nil }
        return [.tensor(facts.element(0), order.map { sizes[$0] }, value)]
    }

    private static func expand(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let asked = facts.integers(1) else {
            let rank = facts.sizes(1)?.first?.fixed.flatMap { (0...64).contains($0) ? $0 : nil }
            let unknown = rank.map { [Size](repeating: .unknown, count: max($0, facts.rank(0) ?? $0)) }
            return [.tensor(facts.element(0), facts.rank(0) == nil ? nil : unknown)]
        }
        let sizes = try Broadcasting.sizes([facts.sizes(0), asked])
        return [.tensor(facts.element(0), sizes, expandedValue(facts, sizes))]
    }

    private static func expandedValue(_ facts: NodeFacts, _ sizes: [Size]?) -> KnownValue? {
        guard let sizes, let value = facts.value(0) else { return nil }
        let fixed = sizes.compactMap(\.fixed)
        guard fixed.count == sizes.count, let positions = Broadcasting.positions(value.dimensions, in: fixed) else {
            return nil
        }
        return value.picking(positions, dimensions: fixed)
    }

    private static func tile(_ facts: NodeFacts) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
        guard facts.opset >= 6, let repeats = facts.integers(1), repeats.count == sizes.count else {
            return [.tensor(facts.element(0), [Size](repeating: .unknown, count: sizes.count))]
        }
        return [.tensor(facts.element(0), zip(sizes, repeats).map { $0 * $1 })]
    }

    private static func pad(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
        let unknown = [Fact.tensor(facts.element(0), [Size](repeating: .unknown, count: sizes.count))]
        guard let pads = (facts.ints("pads") ?? facts.ints("paddings"))?.map(Size.fixed) ?? facts.integers(1) else {
            return unknown
        }
        var axes = Array(sizes.indices)
        if facts.isGiven(3) {
            guard let given = facts.fixedIntegers(3) else { return unknown }
            axes = []
            for axis in given { axes.append(try facts.axis(axis, rank: sizes.count)) }
        }
        guard pads.count == 2 * axes.count else {
            throw InferenceFault("has \(pads.count) pads; expected \(2 * axes.count)")
        }
        var result = sizes
        for (index, axis) in axes.enumerated() { result[axis] = result[axis] + pads[index] + pads[index + axes.count] }
        return [.tensor(facts.element(0), result)]
    }
}
