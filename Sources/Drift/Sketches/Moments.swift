/// Mean, variance and extremes of a stream, exact up to rounding; 40 bytes.
///
/// Single values by Welford's recurrence, two streams by Chan's. Source: Chan, Golub and LeVeque, "Updating formulae and
/// a pairwise algorithm for computing sample variances" (1979).
package struct Moments: Hashable, Sendable {
    /// Values so far.
    package private(set) var count: UInt64 = 0
    /// Their mean; 0 without any.
    package private(set) var mean = 0.0
    /// The sum of squared distances from the mean.
    package private(set) var squares = 0.0
    /// The smallest value; infinity without any.
    package private(set) var smallest = Double.infinity
    /// The largest value; negative infinity without any.
    package private(set) var largest = -Double.infinity

    package init() {}

    /// - Returns: `nil` for figures that no stream has.
    init?(count: UInt64, mean: Double, squares: Double, smallest: Double, largest: Double) {
        guard count > 0 else { return nil }
        guard mean.isFinite, squares.isFinite, squares >= 0, smallest.isFinite, largest.isFinite, smallest <= largest
        else { return nil }
        (self.count, self.mean, self.squares) = (count, mean, squares)
        (self.smallest, self.largest) = (smallest, largest)
    }

    /// - Parameter value: finite, and of a magnitude of at most `FeatureSketch.largestMagnitude`.
    mutating func add(_ value: Double) {
        count &+= 1
        let distance = value - mean
        mean += distance / Double(count)
        squares += distance * (value - mean)
        smallest = min(smallest, value)
        largest = max(largest, value)
    }

    mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        let (mine, theirs) = (Double(count), Double(other.count))
        let distance = other.mean - mean
        count &+= other.count
        mean += distance * theirs / (mine + theirs)
        squares += other.squares + distance * distance * mine * theirs / (mine + theirs)
        smallest = min(smallest, other.smallest)
        largest = max(largest, other.largest)
    }

    /// The unbiased estimate of the standard deviation; 0 for fewer than two values.
    package var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }
}
