import Testing

@testable import Compress

/// Histograms that widen, and the ranges that are chosen by them, against known values.
@Suite struct ValueHistogramTests {
    static func histogram(_ batches: [[Float]]) -> ValueHistogram {
        var histogram = ValueHistogram()
        for batch in batches { #expect(batch.withUnsafeBufferPointer { histogram.add($0) } != nil) }
        return histogram
    }

    static func statistics(_ batches: [[Float]]) throws -> TensorStatistics {
        var statistics = TensorStatistics()
        for batch in batches { statistics.add(try Made.tensor(batch, [batch.count])) }
        return statistics
    }

    @Test(arguments: [1, 15, 16, 17, 100, 4097])
    func everyNumberIsCountedOnceInItsBin(_ count: Int) {
        let values = (0..<count).map { Float($0) / Float(count) * 3 - 1 }
        let histogram = Self.histogram([values])
        #expect(histogram.counts.reduce(0, +) == UInt64(count) && histogram.total == count)
        #expect(histogram.least == values.min() && histogram.greatest == values.max())
        var expected = [UInt64](repeating: 0, count: ValueHistogram.bins)
        for value in values {
            let bin = ((value - histogram.low) * (1 / histogram.width) - 0.5).rounded(.toNearestOrEven)
            expected[min(max(Int(bin), 0), ValueHistogram.bins - 1)] += 1
        }
        #expect(histogram.counts == expected)
    }

    @Test func aWiderRangeMergesBinsAndForgetsNothing() {
        let histogram = Self.histogram([[0, 1, 2, 3], [100], [-50], [0.5]])
        #expect(histogram.total == 7 && histogram.counts.reduce(0, +) == 7)
        #expect(histogram.low <= -50 && histogram.high >= 100)
        // The mean by bins is the mean by numbers, up to half a bin.
        let bins = histogram.occupied
        let mean = zip(bins.centres, bins.weights).reduce(0) { $0 + $1.0 * $1.1 } / 7
        #expect(abs(mean - 56.5 / 7) <= Double(histogram.width) / 2)
    }

    @Test func theOrderOfBatchesDoesNotMoveTheRangeByMuch() {
        let batches = (0..<20).map { (batch: Int) -> [Float] in
            (0..<64).map { (place: Int) -> Float in
                let number = (place * 37 + batch * 11) % 101
                return Float(number * (batch + 1))
            }
        }
        let one = Self.histogram(batches)
        let other = Self.histogram(batches.reversed())
        #expect(one.least == other.least)
        #expect(one.greatest == other.greatest)
        #expect(one.total == other.total)
        let (a, b) = (one.leastErrorRange(), other.leastErrorRange())
        #expect(abs(a.high - b.high) < 0.05 * a.high)
    }

    @Test func numbersThatAreNotFiniteAreToldAndNotCounted() {
        for bad in [Float.nan, .infinity, -.infinity] {
            var histogram = Self.histogram([[1, 2]])
            var values = [Float](repeating: 1, count: 40)
            values[35] = bad
            #expect(values.withUnsafeBufferPointer { histogram.add($0) } == nil)
            #expect(histogram.total == 2)
        }
    }

    @Test func zerosAloneHaveARange() throws {
        let statistics = try Self.statistics([[0, 0, 0]])
        for calibrator in Calibrator.allCases {
            #expect(calibrator.range(statistics) == ValueRange(0.0, 0.0), "\(calibrator)")
        }
        #expect(QuantizationParameters(ValueRange(0.0, 0.0), .unsigned).rounded(0) == 0)
    }

    @Test func constantsOfOneSignKeepZeroInTheRange() throws {
        #expect(Calibrator.minmax.range(try Self.statistics([[2, 3]])) == ValueRange(0.0, 3))
        #expect(Calibrator.minmax.range(try Self.statistics([[-2, -3]])) == ValueRange(-3, 0.0))
    }

    @Test func averagesOfBatchesMoveSlowly() throws {
        let range = Calibrator.movingAverage.range(try Self.statistics([[0, 1], [0, 101]]))
        #expect(abs(range.high - 2) < 1e-6)
    }

    @Test func aLoneOutlierIsCutAwayByPercentileAndEntropy() throws {
        var generator = Seeded(seed: 3)
        let values = (0..<120_000).map { _ in abs(Made.normal(&generator)) }
        let statistics = try Self.statistics([values, values, [60]])
        #expect(Calibrator.minmax.range(statistics).high == 60)
        for calibrator in [Calibrator.percentile, .entropy] {
            let high = calibrator.range(statistics).high
            #expect(high < 20 && high > 2.5, "\(calibrator): \(high)")
        }
    }

    @Test func theLeastErrorIsWhereAGaussianIsCut() throws {
        // For 8 bits and a normal distribution the best cut is at about 3.9 standard deviations. Source: R. Banner et al., "Post
        // training 4-bit quantization of convolutional networks", 2019 (α* of 8 bits: 3.92 σ).
        var generator = Seeded(seed: 7)
        let values = (0..<60_000).map { _ in Made.normal(&generator) }
        let range = Calibrator.mse.range(try Self.statistics([values]))
        #expect(range.high > 3.4 && range.high < 4.4, "\(range)")
        #expect(range.low < -3.4 && range.low > -4.4, "\(range)")
    }

    @Test func theLeastErrorIsNeverMoreThanThatOfTheWholeRange() throws {
        var generator = Seeded(seed: 11)
        for _ in 0..<5 {
            let spread = Float.random(in: 0.01...50, using: &generator)
            let shift = Float.random(in: -3...3, using: &generator)
            let values = (0..<3000).map { _ in Made.normal(&generator) * spread + shift }
            let histogram = Self.histogram([values])
            let bins = histogram.occupied
            func error(_ range: ValueRange) -> Double {
                ValueHistogram.squaredError(bins.centres, bins.weights, range, levels: 255)
            }
            #expect(error(histogram.leastErrorRange()) <= error(ValueRange(histogram.least, histogram.greatest)))
        }
    }
}
