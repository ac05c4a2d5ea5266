/// Numpy's rule for combining shapes. Source: ONNX `docs/Broadcasting.md`.
enum Broadcasting {
    /// The common shape; `nil` when the rank of one is not known.
    ///
    /// - Throws: when two sizes are neither equal nor 1.
    static func sizes(_ shapes: [[Size]?]) throws(InferenceFault) -> [Size]? {
        var result: [Size] = []
        for shape in shapes {
            guard let shape else { return nil }
            result = try combined(result, shape)
        }
        return result
    }

    private static func combined(_ left: [Size], _ right: [Size]) throws(InferenceFault) -> [Size] {
        let rank = max(left.count, right.count)
        let one = [Size](repeating: .fixed(1), count: rank - left.count) + left
        let other = [Size](repeating: .fixed(1), count: rank - right.count) + right
        var result: [Size] = []
        for (size, otherSize) in zip(one, other) { result.append(try combined(size, otherSize)) }
        return result
    }

    private static func combined(_ left: Size, _ right: Size) throws(InferenceFault) -> Size {
        if left == .fixed(1) { return right }
        if right == .fixed(1) || left == right { return left }
        switch (left, right) {
        case (.fixed(let one), .fixed(let other)):
            throw InferenceFault("combines sizes \(one) and \(other); expected equal ones, or 1")
        // What is not 1 wins: the other is 1 or the same.
        case (.fixed, _): return left
        case (_, .fixed): return right
        default: return .unknown
        }
    }

    /// For each element of a tensor of `target` dimensions, the position of the element of a tensor of `dimensions`
    /// that goes with it.
    static func positions(_ dimensions: [Int], in target: [Int]) -> [Int]? {
        guard dimensions.count <= target.count, let count = target.map(Size.fixed).product.fixed,
            count <= KnownValue.mostElements
        else { return nil }
        // Without elements the other sizes may be anything: their product need not fit.
        guard count > 0 else { return [] }
        let padded = [Int](repeating: 1, count: target.count - dimensions.count) + dimensions
        var strides = [Int](repeating: 0, count: target.count)
        var step = 1
        for axis in target.indices.reversed() {
            guard padded[axis] == 1 || padded[axis] == target[axis] else { return nil }
            if padded[axis] != 1 { strides[axis] = step }
            step *= padded[axis]
        }
        return Positions.all(in: target).map { coordinates in
            zip(coordinates, strides).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
}

/// Walking over the elements of small tensors.
enum Positions {
    /// Every coordinate of a tensor in row-major order. Callers keep the number of elements small.
    static func all(in dimensions: [Int]) -> [[Int]] {
        var result: [[Int]] = [[]]
        for size in dimensions { result = result.flatMap { head in (0..<size).map { head + [$0] } } }
        return result
    }

    /// The position of a coordinate.
    static func index(_ coordinates: [Int], in dimensions: [Int]) -> Int {
        zip(coordinates, dimensions).reduce(0) { $0 * $1.1 + $1.0 }
    }
}
