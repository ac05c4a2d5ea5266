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
                for start in stride(from: 0, to: centres.count, by: errorBlock) {
                    error += squaredError(
                        centres, weights, start..<min(start + errorBlock, centres.count), inverse: inverse,
                        lowest: -zero, highest: levels - zero, scale: scale)
                    if error > limit { break }
                }
            }
        }
        return error
    }

    /// Bins between two looks at the limit.
    private static let errorBlock = 256

    /// The same for some bins, whose steps lie between two whole numbers.
    private static func squaredError(
        _ centres: UnsafeBufferPointer<Double>, _ weights: UnsafeBufferPointer<Double>, _ bins: Range<Int>,
        inverse: Double, lowest: Double, highest: Double, scale: Double
    ) -> Double {
        // What is added to 1.5·2^52 loses its fraction, to the nearest even.
        let magic = 0x1.8p52
        var sums = SIMD4<Double>()
        var bin = bins.lowerBound
        while bin &+ 4 <= bins.upperBound {
            let centre = SIMD4(centres[bin], centres[bin &+ 1], centres[bin &+ 2], centres[bin &+ 3])
            let weight = SIMD4(weights[bin], weights[bin &+ 1], weights[bin &+ 2], weights[bin &+ 3])
            var step = centre * inverse
            step.clamp(lowerBound: SIMD4(repeating: lowest), upperBound: SIMD4(repeating: highest))
            step = (step + magic) - magic
            let difference = centre - step * scale
            sums += weight * difference * difference
            bin &+= 4
        }
        var error = sums.sum()
        while bin < bins.upperBound {
            let step = min(max((centres[bin] * inverse).rounded(.toNearestOrEven), lowest), highest)
            let difference = centres[bin] - step * scale
            error += weights[bin] * difference * difference
            bin &+= 1
        }
        return error
    }

    // MARK: - Entropy

    /// Levels that a candidate is cut into. Source: S. Migacz, "8-bit inference with TensorRT", 2017.
    private static let entropyLevels = 128

    /// The range that loses least information: of windows around 0, that whose numbers, cut into 128 levels, diverge least
    /// (Kullback and Leibler) from what they were, those outside counted to the ends. Exact zeros, the most frequent numbers behind a
    /// Relu, are exact in every range: they count no more than their neighbours, or they would decide alone.
    func entropyRange() -> ValueRange {
        let zero = min(max(Int((-low / width).rounded()), 0), Self.bins)
        let (left, right) = (zero, Self.bins - zero)
        let counts = withoutSpike(at: zero)
        var (chosen, least) = (0..<Self.bins, Double.infinity)
        let steps = 128
        for step in stride(from: steps / 8, through: steps, by: 1) {
            let window = (zero - left * step / steps)..<(zero + right * step / steps)
            guard window.count >= Self.entropyLevels else { continue }
            let divergence = Self.divergence(window, counts)
            if divergence < least { (chosen, least) = (window, divergence) }
        }
        return ValueRange(
            Double(low) + Double(chosen.lowerBound) * Double(width),
            Double(low) + Double(chosen.upperBound) * Double(width))
    }

    /// The counts, those of the bins beside 0 no larger than the next ones.
    private func withoutSpike(at zero: Int) -> [UInt64] {
        var counts = counts
        let next = [zero - 2, zero + 1].filter(counts.indices.contains).map { counts[$0] }.max() ?? 0
        guard next > 0 else { return counts }
        for bin in [zero - 1, zero] where counts.indices.contains(bin) { counts[bin] = min(counts[bin], next) }
        return counts
    }

    /// Σ p·log(p/q) over a window's bins; within a level, q is the same in every bin that is not empty.
    private static func divergence(_ window: Range<Int>, _ counts: [UInt64]) -> Double {
        let inside = window.reduce(UInt64(0)) { $0 + counts[$1] }
        guard inside > 0 else { return .infinity }
        let below = counts[..<window.lowerBound].reduce(UInt64(0), +)
        let above = counts[window.upperBound...].reduce(UInt64(0), +)
        // What lies outside counts to the outermost bins in which something is.
        let first = window.first { counts[$0] > 0 }
        let last = window.last { counts[$0] > 0 }
        var divergence = 0.0
        let (all, kept) = (Double(inside + below + above), Double(inside))
        for level in 0..<entropyLevels {
            let start = window.lowerBound + window.count * level / entropyLevels
            let end = window.lowerBound + window.count * (level + 1) / entropyLevels
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
