import Monitor
import Testing

@Suite struct HistogramSnapshotTests {
    @Test func quantileIsInterpolatedWithinItsBucket() {
        let snapshot = HistogramSnapshot(edges: [1, 2, 4], counts: [10, 10, 20, 0], sum: 80)
        #expect(snapshot.quantile(0) == 0)
        #expect(snapshot.quantile(0.125) == 0.5)
        #expect(snapshot.quantile(0.25) == 1)
        #expect(snapshot.quantile(0.5) == 2)
        #expect(snapshot.quantile(0.75) == 3)
        #expect(snapshot.quantile(1) == 4)
        #expect(snapshot.quantile(7) == 4)
        #expect(snapshot.quantile(.nan) == nil)
    }

    @Test func quantileBeyondTheLastEdgeIsThatEdge() {
        #expect(HistogramSnapshot(edges: [1], counts: [1, 9], sum: 100).quantile(0.5) == 1)
    }

    @Test func quantileOfNothingIsNil() {
        #expect(HistogramSnapshot.empty(edges: [1, 2]).quantile(0.5) == nil)
        #expect(HistogramSnapshot(edges: [], counts: [5], sum: 1).quantile(0.5) == nil)
        #expect(HistogramSnapshot.empty(edges: []).mean == nil)
    }

    @Test func quantileIsWithinTheStatedErrorOfTheTrueOne() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<50 {
            let histogram = Histogram()
            let scale = Double.random(in: 4...9, using: &random)
            let values = (0..<500).map { _ in UInt64(Double.random(in: 1...30, using: &random) * pow10(scale)) }
                .sorted()
            values.forEach(histogram.record(nanoseconds:))
            for q in [0.01, 0.5, 0.9, 0.99, 1] {
                let rank = max(1, Int((q * 500).rounded(.up)))
                let truth = Double(values[rank - 1]) / 1e9
                let estimate = try #require(histogram.snapshot().quantile(q))
                #expect(estimate / truth < 1.67 && truth / estimate < 1.67)
            }
        }
    }

    @Test func onlyEdgesAreCountedExactly() {
        let snapshot = HistogramSnapshot(edges: [1, 2], counts: [3, 4, 5], sum: 1)
        #expect(snapshot.count(atMost: 1) == 3)
        #expect(snapshot.count(atMost: 2) == 7)
        #expect(snapshot.count(atMost: 1.5) == nil)
    }

    @Test func mergingEqualsRecordingTogether() throws {
        var random = SeededGenerator(seed: 3)
        let one = Histogram()
        let other = Histogram()
        let both = Histogram()
        for _ in 0..<1_000 {
            let value = UInt64.random(in: 0...90_000_000_000, using: &random)
            (Bool.random(using: &random) ? one : other).record(nanoseconds: value)
            both.record(nanoseconds: value)
        }
        let merged = try #require(one.snapshot().merging(other.snapshot()))
        #expect(merged.counts == both.snapshot().counts)
        #expect(abs(merged.sum - both.snapshot().sum) < 1e-6)
        #expect(merged.subtracting(other.snapshot())?.counts == one.snapshot().counts)
    }

    @Test func differentEdgesDoNotMix() {
        let one = HistogramSnapshot.empty(edges: [1])
        let other = HistogramSnapshot.empty(edges: [2])
        #expect(one.merging(other) == nil)
        #expect(one.subtracting(other) == nil)
    }

    @Test func fallenCountsCannotBeSubtracted() {
        let earlier = HistogramSnapshot(edges: [1], counts: [1, 1], sum: 2)
        let later = HistogramSnapshot(edges: [1], counts: [2, 0], sum: 2)
        #expect(later.subtracting(earlier) == nil)
    }

    private func pow10(_ exponent: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(exponent) { result *= 10 }
        return result
    }
}
