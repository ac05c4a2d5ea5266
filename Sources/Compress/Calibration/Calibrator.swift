/// A way to choose the range of a tensor's numbers that quantised numbers stand for.
package enum Calibrator: String, Hashable, Sendable, CaseIterable {
    /// From the least to the greatest number that was seen.
    case minmax
    /// From the average of batches' least to that of their greatest.
    case movingAverage = "moving-average"
    /// What leaves one number in a hundred thousand outside.
    case percentile
    /// What loses least information.
    case entropy
    /// What has the least mean squared error.
    case mse

    /// Whether it matters how often numbers lie where.
    package var needsCounts: Bool {
        switch self {
        case .minmax, .movingAverage: false
        case .percentile, .entropy, .mse: true
        }
    }

    /// The range for a tensor, 0 included: an exact 0 is what padding and Relu make.
    package func range(_ statistics: TensorStatistics) -> ValueRange {
        let histogram = statistics.histogram
        let all = ValueRange(histogram.least, histogram.greatest)
        guard histogram.total > 0, all.high > all.low else { return all }
        switch self {
        case .minmax: return all
        case .movingAverage: return ValueRange(statistics.movingLeast, statistics.movingGreatest)
        case .percentile: return histogram.percentileRange(0.99999).clamped(to: all)
        case .entropy: return histogram.entropyRange().clamped(to: all)
        case .mse: return histogram.leastErrorRange()
        }
    }
}

/// The numbers from one to another, 0 among them.
package struct ValueRange: Hashable, Sendable {
    package let low: Double
    package let high: Double

    /// The least range with both numbers and 0.
    package init(_ low: Double, _ high: Double) {
        self.low = min(low, 0)
        self.high = max(high, 0)
    }

    package init(_ low: Float, _ high: Float) { self.init(Double(low), Double(high)) }

    func scaled(low: Double, high: Double) -> ValueRange { ValueRange(self.low * low, self.high * high) }

    func clamped(to other: ValueRange) -> ValueRange { ValueRange(max(low, other.low), min(high, other.high)) }

    package func union(_ other: ValueRange) -> ValueRange { ValueRange(min(low, other.low), max(high, other.high)) }
}
