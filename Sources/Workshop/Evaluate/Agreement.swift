package import Tensors

/// How far two runs of the same graph on the same inputs are apart: an engine against another, or a graph against its
/// rewritten form.
package struct Agreement: Hashable, Sendable {
    /// The largest |a − b| over all numeric outputs.
    package var largestDifference: Double
    /// The largest |a − b| / (1e-6 + max(|a|, |b|, 1e-3 · the output's largest magnitude)).
    package var largestRelativeDifference: Double
    /// Elements that differ where equality is asked: strings, booleans and integers.
    package var unequal: Int
    /// Elements that are not a number, or infinite, on one side only.
    package var nonFinite: Int

    /// Whether two engines that compute in 32 bits may differ by this much: different summation orders of a deep
    /// network stay well below one percent.
    package var isAcceptable: Bool { largestRelativeDifference <= 1e-2 && unequal == 0 && nonFinite == 0 }

    /// - Throws: `WorkshopError.Code.mismatch` when types or shapes differ.
    package init(_ left: [Tensor], _ right: [Tensor]) throws(WorkshopError) {
        guard left.count == right.count else {
            throw WorkshopError(.mismatch, "\(left.count) outputs against \(right.count)")
        }
        largestDifference = 0
        largestRelativeDifference = 0
        unequal = 0
        nonFinite = 0
        for (a, b) in zip(left, right) {
            guard a.elementType == b.elementType, a.shape == b.shape else {
                throw WorkshopError(
                    .mismatch,
                    "\(a.elementType.displayName) \(a.shape) against \(b.elementType.displayName) \(b.shape)")
            }
            compare(a, b)
        }
    }

    private mutating func compare(_ a: Tensor, _ b: Tensor) {
        if let left = a.strings, let right = b.strings {
            unequal += (0..<left.count).count { left[$0] != right[$0] }
            return
        }
        guard let left = try? a.doubles(), let right = try? b.doubles() else {
            unequal += a.bytes.elementsEqual(b.bytes) ? 0 : 1
            return
        }
        guard a.elementType.isFloatingPoint else {
            unequal += zip(left, right).count { $0 != $1 }
            return
        }
        let scale = left.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
        for (x, y) in zip(left, right) {
            guard x.isFinite, y.isFinite else {
                if !(x == y || x.isNaN && y.isNaN) { nonFinite += 1 }
                continue
            }
            let difference = (x - y).magnitude
            let floor = max(x.magnitude, y.magnitude, 1e-3 * scale)
            largestDifference = max(largestDifference, difference)
            largestRelativeDifference = max(largestRelativeDifference, difference / (1e-6 + floor))
        }
    }
}
