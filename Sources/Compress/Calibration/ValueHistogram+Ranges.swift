/// Ranges chosen by what a histogram says.
extension ValueHistogram {
    // MARK: - Percentile

    /// What holds this share of the numbers, the rest left out on both sides alike; on one where 0 ends the other.
    func percentileRange(_ share: Double) -> ValueRange {
        let isOneSided = least >= 0 || greatest <= 0
        let outside = Double(total) * (1 - share) / (isOneSided ? 1 : 2)
        return ValueRange(
            least >= 0 ? 0 : edge(after: outside, bins: Array(counts.indices)),
            greatest <= 0 ? 0 : edge(after: outside, bins: counts.indices.reversed()))
    }

    /// Where, coming from outside, more numbers than so many lie behind: the outer edge of that bin.
    private func edge(after outside: Double, bins: [Int]) -> Double {
        var seen = 0.0
        for bin in bins {
            seen += Double(counts[bin])
            if seen > outside {
                let isRising = (bins.first ?? 0) < (bins.last ?? 0)
                return Double(low) + Double(isRising ? bin : bin + 1) * Double(width)
            }
        }
        return 0
    }

    // MARK: - Mean squared error

    /// Shares of the whole range that are tried.
    private static let shares = (0...80).map { 1 - Double($0) / 100 }
    private static let sideShares = (0...20).map { 1 - Double($0) / 50 }

    /// The range with the least Σ h·(x − Q(x))²: first both ends moved together, then each by itself.
    func leastErrorRange(levels: Double = 255) -> ValueRange {
        let bins = occupied
        let all = ValueRange(least, greatest)
        func best(_ candidates: [ValueRange]) -> ValueRange {
            var (chosen, least) = (candidates[0], Double.infinity)
            for candidate in candidates {
                let error = Self.squaredError(bins.centres, bins.weights, candidate, levels: levels, below: least)
                if error < least { (chosen, least) = (candidate, error) }
            }
            return chosen
        }
        var chosen = best(Self.shares.map { all.scaled(low: $0, high: $0) })
        if all.low < 0, all.high > 0 {
            chosen = best(Self.sideShares.map { chosen.scaled(low: $0, high: 1) })
            chosen = best(Self.sideShares.map { chosen.scaled(low: 1, high: $0) })
        }
        return chosen
    }

    /// Σ h·(x − Q(x))² for a range cut into so many steps; stops where it is more than `limit`.
    static func squaredError(
        _ centres: [Double], _ weights: [Double], _ range: ValueRange, levels: Double, below limit: Double = .infinity
    ) -> Double {
        let scale = (range.high - range.low) / levels
        guard scale > 0 else { return .infinity }
        let inverse = 1 / scale
        let zero = (-range.low * inverse).rounded()
        var error = 0.0
        centres.withUnsafeBufferPointer { centres in
            weights.withUnsafeBufferPointer { weights in
                for index in centres.indices {
                    let step = min(max((centres[index] * inverse).rounded(.toNearestOrEven) + zero, 0), levels) - zero
                    let difference = centres[index] - step * scale
                    error += weights[index] * difference * difference
                    if error > limit { break }
                }
            }
        }
        return error
    }

    // MARK: - Entropy

    /// Levels that a candidate is cut into. Source: S. Migacz, "8-bit inference with TensorRT", 2017.
    private static let entropyLevels = 128

    /// The range that loses least information: of windows around 0, that whose numbers, cut into 128 levels, diverge least
    /// (Kullback and Leibler) from what they were, those outside counted to the ends.
    func entropyRange() -> ValueRange {
        let zero = min(max(Int((-low / width).rounded()), 0), Self.bins)
        let (left, right) = (zero, Self.bins - zero)
        var (chosen, least) = (0..<Self.bins, Double.infinity)
        let steps = 128
        for step in stride(from: steps / 8, through: steps, by: 1) {
            let window = (zero - left * step / steps)..<(zero + right * step / steps)
            guard window.count >= Self.entropyLevels else { continue }
            let divergence = divergence(window)
            if divergence < least { (chosen, least) = (window, divergence) }
        }
        return ValueRange(
            Double(low) + Double(chosen.lowerBound) * Double(width),
            Double(low) + Double(chosen.upperBound) * Double(width))
    }

    /// Σ p·log(p/q) over a window's bins; within a level, q is the same in every bin that is not empty.
    private func divergence(_ window: Range<Int>) -> Double {
        let inside = window.reduce(UInt64(0)) { $0 + counts[$1] }
        guard inside > 0 else { return .infinity }
        let below = counts[..<window.lowerBound].reduce(UInt64(0), +)
        let above = counts[window.upperBound...].reduce(UInt64(0), +)
        // What lies outside counts to the outermost bins in which something is.
        let first = window.first { counts[$0] > 0 }
        let last = window.last { counts[$0] > 0 }
        var divergence = 0.0
        let (all, kept) = (Double(total), Double(inside))
        for level in 0..<Self.entropyLevels {
            let start = window.lowerBound + window.count * level / Self.entropyLevels
            let end = window.lowerBound + window.count * (level + 1) / Self.entropyLevels
            var (sum, full) = (UInt64(0), 0.0)
            for bin in start..<end where counts[bin] > 0 { (sum, full) = (sum + counts[bin], full + 1) }
            guard full > 0 else { continue }
            let even = Double(sum) / full / kept
            for bin in start..<end where counts[bin] > 0 {
                var number = counts[bin]
                if bin == first { number += below }
                if bin == last { number += above }
                let share = Double(number) / all
                divergence += share * logarithm(share / even)
            }
        }
        return divergence
    }
}
