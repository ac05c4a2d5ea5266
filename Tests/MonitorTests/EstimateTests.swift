import Testing

@testable import Monitor

@Suite struct EstimateTests {
    @Test func nothingIsKnownOfOneSampleOrNone() {
        #expect(Estimate([]).count == 0 && Estimate([]).low == -.infinity && Estimate([]).high == .infinity)
        #expect(Estimate([3]).mean == 3 && Estimate([3]).low == -.infinity && Estimate([3]).high == .infinity)
    }

    /// The intervals of R: `t.test(x)$conf.int`.
    @Test(
        arguments: [
            ([1, 2], -4.853102, 7.853102), ([1, 2, 3], -0.484138, 4.484138), ([5, 5, 5, 5], 5, 5),
            (Array(stride(from: 1.0, through: 100, by: 1)), 44.743493, 56.256507),
        ] as [([Double], Double, Double)]) func theIntervalIsStudents(samples: [Double], low: Double, high: Double)
    {
        let estimate = Estimate(samples)
        #expect(abs(estimate.low - low) < 2e-3 && abs(estimate.high - high) < 2e-3, "\(estimate)")
        #expect(estimate.count == samples.count)
    }

    @Test func aRateIsTheOtherWayRoundThanATime() {
        let rate = Estimate(mean: 0.5, low: 0.25, high: 1, count: 9).inverted { 1 / $0 }
        #expect(rate == Estimate(mean: 2, low: 1, high: 4, count: 9))
        let unknown = Estimate([0.5]).inverted { 1 / $0 }
        #expect(unknown.mean == 2 && unknown.low == 0 && unknown.high == .infinity)
    }
}
