import Tensors

/// Parts of a tensor by ranges along axes.
enum SliceRules {
    static let table: [String: InferenceRule] = [
        "Slice": { facts in try slice(facts) },
        "DynamicSlice": { facts in try slice(facts) },
    ]

    /// A range along one axis; numbers that are not known make the axis unknown.
    private struct Range {
        var start: Size
        var end: Size
        var step: Int?
    }

    private static func slice(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        guard let sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
        guard let (axes, ranges) = try ranges(facts, rank: sizes.count) else {
            return [.tensor(facts.element(0), [Size](repeating: .unknown, count: sizes.count))]
        }
        var result = sizes
        for (axis, range) in zip(axes, ranges) { result[axis] = length(of: range, in: sizes[axis]) }
        return [.tensor(facts.element(0), result, value(facts, axes, ranges))]
    }

    /// The axes and the range along each; `nil` when the axes are not known.
    private static func ranges(
        _ facts: NodeFacts, rank: Int
    ) throws(InferenceFault) -> (axes: [Int], ranges: [Range])? {
        let starts = facts.ints("starts")?.map(Size.fixed) ?? facts.integers(1)
        let ends = facts.ints("ends")?.map(Size.fixed) ?? facts.integers(2)
        let count = starts?.count ?? ends?.count ?? facts.sizes(1)?.first?.fixed ?? facts.sizes(2)?.first?.fixed
        guard let count, (0...rank).contains(count) else { return nil }
        let given: [Int]
        switch facts.axes(input: 3) {
        case .absent: given = Array(0..<count)
        case .known(let axes): given = axes
        case .unknown: return nil
        }
        let steps = facts.isGiven(4) ? facts.integers(4) : [Size](repeating: .fixed(1), count: count)
        guard given.count == count, (starts?.count ?? count) == count, (ends?.count ?? count) == count,
            (steps?.count ?? count) == count
        else {
            throw InferenceFault("has starts, ends, axes and steps of different lengths")
        }
        var axes: [Int] = []
        for axis in given { axes.append(try facts.axis(axis, rank: rank)) }
        let ranges = (0..<count).map { index in
            Range(start: starts?[index] ?? .unknown, end: ends?[index] ?? .unknown, step: steps?[index].fixed)
        }
        if ranges.contains(where: { $0.step == 0 }) { throw InferenceFault("has a step of 0") }
        return (axes, ranges)
    }

    private static func length(of range: Range, in size: Size) -> Size {
        guard let step = range.step else { return .unknown }
        if let size = size.fixed, let start = range.start.fixed, let end = range.end.fixed {
            return .fixed(extent(start, end, step, size).count)
        }
        guard step == 1, size.isKnown else { return .unknown }
        // From the front to the end of a size known by name, or a constant number off its end.
        let isToEnd = range.end == size || (range.end.fixed.map { $0 >= Int(Int32.max) } ?? false)
        if range.start == .fixed(0) {
            if isToEnd { return size }
            if case .fixed(0) = range.end { return .fixed(0) }
        }
        return .unknown
    }

    /// Where a range begins, and how many elements it has. Source: ONNX `Slice`: out of bounds is clamped.
    private static func extent(_ start: Int, _ end: Int, _ step: Int, _ size: Int) -> (first: Int, count: Int) {
        func clamped(_ number: Int, _ least: Int, _ most: Int) -> Int {
            let (shifted, overflow) = number < 0 ? number.addingReportingOverflow(size) : (number, false)
            return overflow ? least : min(max(shifted, least), most)
        }
        let size = max(0, size)
        if step > 0 {
            let first = clamped(start, 0, size)
            let distance = clamped(end, 0, size) - first
            return (first, distance <= 0 ? 0 : (distance - 1) / step + 1)
        }
        let first = clamped(start, 0, size - 1)
        let distance = first - clamped(end, -1, size - 1)
        return (first, distance <= 0 ? 0 : (distance - 1) / Int(min(step.magnitude, UInt(Int.max))) + 1)
    }

    private static func value(_ facts: NodeFacts, _ axes: [Int], _ ranges: [Range]) -> KnownValue? {
        // Without elements a dimension may be of any size.
        guard let value = facts.value(0), value.count > 0 || value.dimensions == [0], Set(axes).count == axes.count
        else { return nil }
        var indices = value.dimensions.map { Array(0..<$0) }
        for (axis, range) in zip(axes, ranges) {
            guard axis < indices.count, let start = range.start.fixed, let end = range.end.fixed, let step = range.step
            else { return nil }
            let (first, count) = extent(start, end, step, value.dimensions[axis])
            indices[axis] = (0..<count).map { first + $0 * step }
        }
        return value.picking(along: indices)
    }
}
