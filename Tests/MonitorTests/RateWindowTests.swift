import Monitor
import Testing

@Suite struct RateWindowTests {
    private func sample(_ time: Double, _ requests: Int, errors: Int = 0) -> TrafficSample {
        TrafficSample(
            time: time, requests: requests, errors: errors,
            latency: HistogramSnapshot(edges: [1, 2], counts: [UInt64(requests), 0, 0], sum: Double(requests)))
    }

    @Test func ratesCoverTheLastMinuteOnly() throws {
        var window = RateWindow()
        for second in 0...200 {
            window.add(sample(Double(second), second < 100 ? second : 100 + (second - 100) * 10, errors: second / 10))
        }
        let summary = try #require(window.summary())
        #expect(summary.seconds == 60)
        #expect(summary.requestsPerSecond == 10)
        #expect(summary.errors == 6)
        #expect(summary.errorRatio == 0.01)
        #expect(summary.p50 == 0.5)
        #expect(summary.p99 == 0.99)
    }

    @Test func aYoungWindowCoversWhatItHas() {
        var window = RateWindow()
        #expect(window.summary() == nil)
        window.add(sample(5, 10))
        #expect(window.summary() == nil)
        window.add(sample(7, 30))
        #expect(window.summary()?.requestsPerSecond == 10)
    }

    @Test func silenceHasARateButNoErrorRatio() {
        var window = RateWindow()
        window.add(sample(0, 10))
        window.add(sample(10, 10))
        #expect(window.summary()?.requestsPerSecond == 0)
        #expect(window.summary()?.errorRatio == nil)
        #expect(window.summary()?.p99 == nil)
    }

    @Test func samplesTooCloseReplaceEachOther() {
        var window = RateWindow(span: 10, resolution: 1)
        for step in 0...10_000 { window.add(sample(Double(step) / 128, step)) }
        #expect(window.summary()?.requestsPerSecond == 128)
        #expect(window.summary().map { $0.seconds >= 10 && $0.seconds < 12 } == true)
    }

    @Test func replacedCountersStartAgain() {
        var window = RateWindow()
        window.add(sample(0, 1_000))
        window.add(sample(10, 2_000))
        window.add(sample(20, 5))
        #expect(window.summary() == nil)
        window.add(sample(30, 15))
        #expect(window.summary()?.requestsPerSecond == 1)
        window.add(sample(1, 20))
        #expect(window.summary() == nil)
    }
}
