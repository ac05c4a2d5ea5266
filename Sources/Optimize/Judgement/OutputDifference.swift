package import Tensors

/// How far a model's answers are from what they were.
package struct OutputDifference: Hashable, Sendable {
    /// The largest |a − b| of any output, as a share of the largest magnitude in that output, in the arithmetic of 32 bits:
    /// with 16 bits a difference counts for less, with 64 for more, as their last places do.
    package var largest = 0.0
    /// Elements that differ where equality is asked: integers, truth values, strings.
    package var unequal = 0
    /// Elements that are finite on one side only.
    package var nonFinite = 0

    package init() {}

    /// - Throws: `RuleFault` when types or shapes differ.
    package init(_ before: [Tensor], _ after: [Tensor]) throws {
        guard before.count == after.count else {
            throw RuleFault("\(after.count) outputs where there were \(before.count)")
        }
        for (a, b) in zip(before, after) {
            guard a.elementType == b.elementType, a.shape == b.shape else {
                throw RuleFault(
                    "\(b.elementType.displayName) \(b.shape) where there was \(a.elementType.displayName) \(a.shape)")
            }
            compare(a, b)
        }
    }

    package mutating func add(_ other: OutputDifference) {
        largest = max(largest, other.largest)
        unequal += other.unequal
        nonFinite += other.nonFinite
    }

    private mutating func compare(_ a: Tensor, _ b: Tensor) {
        if let left = a.strings, let right = b.strings {
            unequal += (0..<left.count).count { left[$0] != right[$0] }
            return
        }
        if a.bytes.elementsEqual(b.bytes) { return }
        guard a.elementType.isFloatingPoint, let left = try? a.doubles(), let right = try? b.doubles() else {
            unequal += 1
            return
        }
        let scale = left.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
        var difference = 0.0
        for (x, y) in zip(left, right) {
            if x.isFinite, y.isFinite {
                difference = max(difference, (x - y).magnitude)
            } else if !(x == y || x.isNaN && y.isNaN) {
                nonFinite += 1
            }
        }
        guard difference > 0 else { return }
        largest = max(largest, difference / max(scale, .leastNormalMagnitude) * a.elementType.precisionFactor)
    }
}

extension ElementType {
    /// The last place of 32-bit floats in units of this type's.
    fileprivate var precisionFactor: Double {
        switch self {
        case .float64: 0x1p29
        case .float16: 0x1p-13
        case .bfloat16: 0x1p-16
        default: 1
        }
    }
}
