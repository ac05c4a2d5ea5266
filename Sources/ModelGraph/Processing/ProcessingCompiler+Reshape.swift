import Tensors

/// What a reshape can do to the shape that clients see.
extension ProcessingCompiler {
    /// The shape that goes into a reshape to `target`.
    static func dimensions(
        before target: [Int], _ source: [Int]?, giving result: ProcessedValue, at place: Place.Step
    ) throws(GraphError) -> [Dimension]? {
        try checkSizes(target, at: place)
        try check(target, against: result, at: place)
        let first = result.dimensions?.first
        guard let source else { return flatRows(target, first) }
        try checkSizes(source, at: place)
        if let sourceCount = restCount(source), let targetCount = restCount(target),
            source.contains(-1) == target.contains(-1), sourceCount != targetCount
        {
            throw processingError("reshape from \(source) to \(target) changes the number of elements", at: place)
        }
        return source.enumerated().map { index, size in
            size >= 0 ? .fixed(size) : index == 0 ? first ?? .unknown : .unknown
        }
    }

    private static func checkSizes(_ sizes: [Int], at place: Place.Step) throws(GraphError) {
        guard !sizes.isEmpty, sizes.count <= Shape.maximumRank, sizes.allSatisfy({ $0 > 0 || $0 == -1 }),
            sizes.count(where: { $0 == -1 }) <= 1, restCount(sizes) != nil
        else {
            throw processingError("reshape with \(sizes); expected sizes over 0, at most one of them -1", at: place)
        }
    }

    private static func check(
        _ target: [Int], against value: ProcessedValue, at place: Place.Step
    ) throws(GraphError) {
        guard let dimensions = value.dimensions else { return }
        let fits =
            dimensions.count == target.count
            && zip(dimensions, target).allSatisfy { $1 == -1 || $0.size == nil || $0.size == $1 }
        guard fits else {
            throw processingError("reshape to \(target), but what follows takes \(value.description)", at: place)
        }
    }

    /// The product of the sizes that are not -1, or `nil` when it does not fit.
    private static func restCount(_ sizes: [Int]) -> Int? {
        try? Shape(sizes.filter { $0 != -1 }).elementCount
    }

    /// `[N, 64]` for `[-1, 1, 8, 8]`; `nil` when the shape does not begin with a dimension of its own.
    private static func flatRows(_ target: [Int], _ first: Dimension?) -> [Dimension]? {
        guard target.count > 1, !target.dropFirst().contains(-1), let columns = restCount(Array(target.dropFirst()))
        else { return nil }
        return [target[0] == -1 ? first ?? .unknown : .fixed(target[0]), .fixed(columns)]
    }
}

extension [Dimension] {
    /// The dimension on an axis counted from the front, or, negative, from the end.
    func at(axis: Int) -> Dimension? {
        position(ofAxis: axis).map { self[$0] }
    }

    /// The axis counted from the front, or `nil` when there is no such axis.
    func position(ofAxis axis: Int) -> Int? {
        guard axis >= -count, axis < count else { return nil }
        return axis < 0 ? axis + count : axis
    }
}
