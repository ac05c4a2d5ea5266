/// What is known of numbers that came by one at a time: exact, but for the middle ones of very many.
package struct NumberStatistics: Sendable {
    package private(set) var count = 0
    package private(set) var mean = 0.0
    /// The sum of squared distances from the mean.
    private var squares = 0.0
    package private(set) var minimum = Double.infinity
    package private(set) var maximum = -Double.infinity
    /// All numbers, or a sample of them once they are more than `limit`.
    private var kept: [Double] = []
    private let limit: Int
    private var generator = SampleGenerator()

    /// - Parameter limit: numbers that are kept, for medians and quantiles.
    package init(limit: Int) { self.limit = limit }

    /// Whether medians and quantiles are those of a sample.
    package var isSampled: Bool { count > kept.count }

    /// The distance from the mean: of the population, which is what `StandardScaler` divides by.
    package var std: Double { count > 0 ? (squares / Double(count)).squareRoot() : 0 }

    /// Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962; and
    /// J. S. Vitter, "Random sampling with a reservoir", 1985, algorithm R.
    package mutating func add(_ number: Double) {
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
        minimum = min(minimum, number)
        maximum = max(maximum, number)
        if kept.count < limit {
            kept.append(number)
        } else {
            let place = generator.next(below: count)
            if place < limit { kept[place] = number }
        }
    }

    /// The same with so many missing values that one number stands for.
    package func filled(with number: Double, count missing: Int) -> NumberStatistics {
        guard missing > 0 else { return self }
        var others = NumberStatistics(limit: limit)
        (others.count, others.mean, others.minimum, others.maximum) = (missing, number, number, number)
        others.kept = [Double](repeating: number, count: min(missing, limit))
        var filled = self
        filled.merge(others)
        return filled
    }

    /// The numbers of two passes as one. Medians stay exact while both sides' are and together are within the limit.
    ///
    /// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    /// variances", 1979.
    package mutating func merge(_ other: NumberStatistics) {
        guard other.count > 0 else { return }
        let total = count + other.count
        let distance = other.mean - mean
        mean += distance * Double(other.count) / Double(total)
        squares += other.squares + distance * distance * Double(count) * Double(other.count) / Double(total)
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        mergeKept(other)
        count = total
    }

    /// Takes from each side as many as it stands for.
    private mutating func mergeKept(_ other: NumberStatistics) {
        guard kept.count + other.kept.count > limit || isSampled || other.isSampled else {
            kept += other.kept
            return
        }
        var (ours, theirs) = (kept, other.kept)
        var merged: [Double] = []
        while merged.count < limit, !ours.isEmpty, !theirs.isEmpty {
            let isOurs = generator.next(below: count + other.count) < count
            let place = generator.next(below: isOurs ? ours.count : theirs.count)
            merged.append(isOurs ? ours.take(place) : theirs.take(place))
        }
        kept = merged
    }

    /// The number below which a share of all lies; in between two of them, their middle.
    ///
    /// Source: R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", 1996, definition 2: NumPy's
    /// `averaged_inverted_cdf`, which of a half is the median.
    package func quantiles(_ shares: [Double]) -> [Double] {
        guard !kept.isEmpty else { return [] }
        let sorted = kept.sorted()
        return shares.map { share in
            let place = Double(sorted.count) * share
            let below = min(max(Int(place), 0), sorted.count - 1)
            guard place == Double(below), below > 0 else { return sorted[below] }
            return sorted[below - 1] / 2 + sorted[below] / 2
        }
    }
}

extension [Double] {
    /// Takes one out; the last one goes to its place.
    fileprivate mutating func take(_ place: Int) -> Double {
        swapAt(place, count - 1)
        return removeLast()
    }
}

/// Equal tables give equal samples.
private struct SampleGenerator: RandomNumberGenerator {
    private var state: UInt64 = 0x5EED_0F_5EED

    /// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
