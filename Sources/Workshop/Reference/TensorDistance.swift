import Tensors

/// How far a tensor is from what it should be.
struct TensorDistance: Hashable, Sendable {
    /// The largest |found − expected|; infinite where one side alone is not finite, or shapes differ.
    var difference: Double
    /// The same, as a share of the largest magnitude that is expected.
    var relative: Double
    /// Whole numbers, truth values and texts that differ.
    var unequal: Int

    /// What cannot be compared is as far away as can be.
    static let apart = TensorDistance(difference: .infinity, relative: .infinity, unequal: 0)

    /// Magnitudes below this count as this much: what should be zero may be almost zero.
    private static let smallest = 1e-6

    /// - Parameters:
    ///   - expected: what another program made.
    ///   - found: what the graph makes. Of another type of numbers, the values count.
    init(expected: Tensor, found: Tensor) {
        guard expected.shape == found.shape else {
            self = .apart
            return
        }
        if let left = expected.strings, let right = found.strings {
            self.init(difference: 0, relative: 0, unequal: (0..<left.count).count { left[$0] != right[$0] })
            return
        }
        guard let left = try? expected.doubles(), let right = try? found.doubles() else {
            self = .apart
            return
        }
        guard expected.elementType.isFloatingPoint || found.elementType.isFloatingPoint else {
            let unequal = zip(left, right).count { $0 != $1 }
            let largest = zip(left, right).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
            self.init(difference: largest, relative: unequal > 0 ? .infinity : 0, unequal: unequal)
            return
        }
        self.init(left, right)
    }

    private init(difference: Double, relative: Double, unequal: Int) {
        self.difference = difference
        self.relative = unequal > 0 ? .infinity : relative
        self.unequal = unequal
    }

    private init(_ left: [Double], _ right: [Double]) {
        var (largest, scale) = (0.0, Self.smallest)
        for (x, y) in zip(left, right) {
            guard x.isFinite, y.isFinite else {
                // The same infinity, or not a number on both sides, is what was expected.
                if !(x == y || x.isNaN && y.isNaN) { largest = .infinity }
                continue
            }
            largest = max(largest, (x - y).magnitude)
            scale = max(scale, x.magnitude)
        }
        self.init(difference: largest, relative: largest / scale, unequal: 0)
    }
}
