import Foundation
import Monitor
import Testing

@testable import Control

@Suite struct LatencyChartTests {
    private func svg(_ edges: [Double], _ counts: [UInt64]) -> String {
        LatencyChart.svg(HistogramSnapshot(edges: edges, counts: counts, sum: 1))
    }

    @Test func withoutRequestsThereIsNoChart() {
        #expect(svg([], [0]) == "")
        #expect(svg([0.001, 0.1], [0, 0, 0]) == "")
        #expect(LatencyChart.svg(.empty(edges: Histogram.latencyEdges())) == "")
    }

    @Test func aChartSaysInWordsWhatItShows() {
        let chart = svg([0.001, 0.002, 0.005, 0.01], [0, 3, 1, 0, 0])
        #expect(chart.contains("<desc>4 requests between ≤ 2 ms and ≤ 5 ms.</desc>"))
        #expect(chart.contains("<title>≤ 2 ms: 3 requests</title>"))
        #expect(chart.contains(#"aria-label="Latency of the last minute""#))
        #expect(chart.components(separatedBy: "<rect").count - 1 == 4)
    }

    @Test(
        arguments: [
            ([0.001], [1, 0]), ([0.001], [0, 1]), ([], [7]), ([0.001, 0.002], [1, 1, UInt64.max / 4]),
            ([1e-9, 1e300], [1, 1, 1]),
            (Array(stride(from: 0.001, to: 1, by: 0.001)), Array(repeating: 5, count: 1000)),
        ] as [([Double], [UInt64])]) func everyHistogramCanBeDrawn(edges: [Double], counts: [UInt64])
    {
        let chart = svg(edges, counts)
        #expect(chart.hasPrefix("<svg") && chart.hasSuffix("</svg>"))
        #expect(!chart.contains("nan") && !chart.contains("inf"))
        for tag in ["rect", "title", "text"] {
            #expect(
                chart.components(separatedBy: "<\(tag)").count >= chart.components(separatedBy: "</\(tag)>").count,
                "\(tag)")
        }
    }

    @Test(arguments: [
        (0, "0 µs"), (1e-6, "1 µs"), (0.00064, "640 µs"), (0.0032, "3.2 ms"), (0.5, "500 ms"), (1.5, "1.5 s"),
        (60, "60 s"), (1e300, "1e+300 s"), (.infinity, "inf s"), (-1, "-1000000 µs"),
    ]) func timesAreShort(seconds: Double, text: String) {
        #expect(Duration.short(seconds: seconds) == text)
    }

    @Test(arguments: [
        (0, "0.00 %"), (1, "100.00 %"), (0.98444, "98.44 %"), (0.0005, "0.05 %"), (.nan, "–"), (1e300, "–"),
    ]) func ratiosAreShown(ratio: Double, text: String) {
        #expect(ViewBuilder.percent(ratio) == text)
    }

    @Test(arguments: [(0, "0.0"), (3.14, "3.1"), (99.96, "100"), (12345.6, "12345"), (.infinity, "–"), (.nan, "–")])
    func ratesAreShown(value: Double, text: String) {
        #expect(ViewBuilder.number(value) == text)
    }

    @Test(arguments: [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_660, "1 h 1 min"), (200_000, "2 d")])
    func agesAreShown(seconds: Int, text: String) {
        #expect(ViewBuilder.uptime(seconds) == text)
    }
}
