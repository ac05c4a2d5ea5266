import Alerts
import Foundation
import Tensors
import Testing

@testable import Control
@testable import Monitor

/// Two versions beside each other, and pixels beside pixels, as pages draw them.
@Suite struct SideBySideTests {
    private let edges = [0.001, 0.002, 0.005, 0.01, 0.02]

    private func latency(_ counts: [UInt64]) -> HistogramSnapshot {
        HistogramSnapshot(edges: edges, counts: counts, sum: 1)
    }

    private func traffic(_ counts: [UInt64], errors: Int = 0) -> TrafficSummary {
        TrafficSummary(
            seconds: 60, requests: Int(counts.reduce(0, +)), errors: errors, latency: latency(counts))
    }

    private var sides: RolloutSides {
        RolloutSides(
            stable: .init(version: "digits:1", traffic: traffic([0, 90, 10, 0, 0, 0])),
            new: .init(version: "<b>:2", traffic: traffic([0, 0, 0, 8, 2, 0], errors: 1)))
    }

    @Test func bothVersionsAreDrawnAsSharesOfTheirOwn() {
        let svg = LatencyChart.pair(
            ("digits:1", latency([0, 90, 10, 0, 0, 0])), ("<b>:2", latency([0, 0, 0, 8, 2, 0])))
        #expect(svg.components(separatedBy: "class=\"stable\"").count == 3, "two columns of the one")
        #expect(svg.components(separatedBy: "class=\"canary\"").count == 3, "two of the other")
        #expect(svg.contains("&lt;b&gt;:2, ≤ 10 ms: 8 requests") && !svg.contains("<b>"))
        #expect(svg.contains("Half of the requests: digits:1 within 1.6 ms, &lt;b&gt;:2 within 8.1 ms."))
        // The tallest column is that of 90 %, although the other version has a tenth of the requests.
        let heights = svg.matches(of: /class="(stable|canary)"[^>]* height="([0-9.]+)"/).map {
            (kind: String($0.1), tall: Double($0.2) ?? 0)
        }
        #expect(heights.first { $0.kind == "canary" }.map { $0.tall > 100 } == true, "\(heights)")
    }

    @Test func whereOneWasAskedNothingThereIsNoPicture() {
        let (some, none) = (latency([1, 0, 0, 0, 0, 0]), latency([0, 0, 0, 0, 0, 0]))
        #expect(LatencyChart.pair(("a", some), ("b", none)).isEmpty)
        #expect(LatencyChart.pair(("a", none), ("b", some)).isEmpty)
        let other = HistogramSnapshot(edges: [1], counts: [1, 0], sum: 1)
        #expect(LatencyChart.pair(("a", some), ("b", other)).isEmpty, "other edges are not comparable")
    }

    @Test func timesLieInTheirBuckets() throws {
        let axis = try #require(BucketAxis([latency([0, 1, 1, 0, 0, 0])], left: 100, right: 500))
        #expect(axis.shown == 0...3 && axis.step == 100)
        #expect(axis.place(seconds: 0.001) == 200 && axis.place(seconds: 0.0015) == 250)
        #expect(axis.place(seconds: 0.005) == 400)
        #expect(axis.place(seconds: 5) == nil && axis.place(seconds: 0.015) == nil, "what is not drawn has no place")
        #expect(BucketAxis([latency([0, 0, 0, 0, 0, 0])], left: 0, right: 1) == nil)
        #expect(BucketAxis([], left: 0, right: 1) == nil)
    }

    @Test func aChartMarksHalfAndAllButAHundredth() {
        let svg = LatencyChart.svg(latency([0, 90, 10, 0, 0, 0]))
        #expect(svg.contains(">p50 1.6 ms<") && svg.contains(">p99 4.7 ms<"))
        #expect(svg.contains(">2 ms<"), "the axis has times")
    }

    @Test func aReportIsToldOfItsVersionsAndTheirLastMinute() {
        let report = sides.added(to: .object([("state", "running")]))
        #expect(report["state"]?.stringValue == "running" && report["version"]?.stringValue == "<b>:2")
        #expect(report["stableVersion"]?.stringValue == "digits:1")
        #expect(report["lastMinute"]?["new"]?["errors"]?.intValue == 1)
        #expect(report["lastMinute"]?["stable"]?["requests"]?.intValue == 100)
        #expect(report["lastMinute"]?["new"]?["p99"]?.doubleValue ?? 0 > 0.01)
        #expect(sides.added(to: .null) == .null, "where there is no rollout, there is nothing to add to")
        let nobody = RolloutSides().added(to: .object([("state", "running")]))
        #expect(nobody["version"]?.isNull == true && nobody["lastMinute"]?["new"]?.isNull == true)
    }

    // MARK: - Pixels

    private let image = ImageInput(name: "x", columns: 2, rows: 2, most: 16)

    private func pixel(_ index: Int, mean: Double, now: Double, effect: Double) -> JSONValue {
        .object([
            ("name", .string("x[\(index)]")), ("effect", .number(effect)), ("threshold", 0.1),
            ("verdict", effect > 0.1 ? "drift" : "stable"), ("reference", .object([("mean", .number(mean))])),
            ("current", .object([("mostFrequent", .number(now)), ("share", 1)])),
        ])
    }

    @Test func pixelsAreDrawnWhereTheyAre() throws {
        let views = DriftImages.views((0..<4).map { pixel($0, mean: 0, now: $0 == 3 ? 16 : 0, effect: 0.05) }, image)
        #expect(views.map(\.title) == ["Reference", "Newest window", "Where they differ"])
        #expect(!views[0].picture.contains("shade-"), "all of it is dark")
        #expect(views[1].picture.contains("class=\"shade-8\" d=\"M10 10V20h10V10z\""), "the last one is bright")
        #expect(views[2].note.hasPrefix("0 of 4 pixels drift"))
        let drifted = DriftImages.views((0..<4).map { pixel($0, mean: 1, now: 2, effect: $0 == 0 ? 0.9 : 0) }, image)
        #expect(drifted[2].note == "1 of 4 pixels drift; effect up to 0.90, large from 0.10")
        #expect(drifted[2].picture.contains("class=\"shade-8\" d=\"M0 0V10h10V0z\""))
    }

    @Test func anImageThatIsNotWatchedWholeIsNotDrawn() {
        #expect(DriftImages.views((0..<3).map { pixel($0, mean: 0, now: 0, effect: 0) }, image).isEmpty)
        #expect(DriftImages.views([], image).isEmpty)
    }

    @Test(
        arguments: [
            ([1, 2, 3], 2, 2, 1.0), ([1, 2, 3, 4], 2, 2, 0), ([], 0, 0, 1), ([1, 2, 3, 4], 2, 2, .nan),
        ] as [([Double], Int, Int, Double)]) func whatIsNoImageIsNotDrawn(
            values: [Double], columns: Int, rows: Int, most: Double
        )
    {
        #expect(
            PixelPicture.svg(values, columns: columns, rows: rows, most: most, label: "x", kind: "pixels").isEmpty)
    }

    @Test func numbersThatAreNoneAreDark() {
        let svg = PixelPicture.svg(
            [.nan, .infinity, -1, 99], columns: 2, rows: 2, most: 16, label: "<i>", kind: "pixels")
        #expect(svg.contains("aria-label=\"&lt;i&gt;\"") && !svg.contains("nan") && !svg.contains("inf"))
        #expect(svg.components(separatedBy: "<path").count == 2, "one is bright, and no more than bright")
    }

    @Test(
        arguments: [
            ("x[0]", "row 1, column 1"), ("x[3]", "row 2, column 2"), ("x[4]", nil), ("x[-1]", nil), ("y[0]", nil),
            ("x", nil), ("x[", nil), ("]", nil), ("x[99999999999999999999]", nil),
        ] as [(String, String?)]) func featuresAreFoundInTheImage(name: String, place: String?)
    {
        #expect(DriftImages.place(name, [image]) == place)
    }

    // MARK: - Alerts

    private func alert(_ state: String, severity: String = "page", endpoint: String = "digits") -> JSONValue {
        .object([
            ("alert", "SlipwayDrift"), ("endpoint", .string(endpoint)), ("severity", .string(severity)),
            ("state", .string(state)), ("since", "2026-11-22T10:00:00.000Z"), ("summary", "38 features have drifted"),
            ("remedy", "slipway drift digits"),
        ])
    }

    @Test func alertsAreToldWithTheirState() throws {
        let known = JSONValue.object([
            ("alerts", [alert("firing"), alert("pending", endpoint: ""), alert("silenced")]),
            ("receivers", [.object([("receiver", "ops"), ("lastFailure", "refused")])]),
        ])
        let silence = try AlertSilence(id: "1", alert: nil, endpoint: "digits", until: 0, note: "we know")
        let view = AlertWords.view(known, silences: [silence])
        #expect(view.lead == "One alert fires." && view.alerts.map(\.state.style) == ["bad", "", ""])
        #expect(view.alerts[0].path == "/endpoints/digits" && view.alerts[1].path == nil)
        #expect(view.alerts[0].at?.shown == "2026-11-22 10:00:00 UTC")
        #expect(view.receivers.first?.value == "✕ takes no messages: refused")
        #expect(
            view.silences.first?.name == "everything at digits"
                && view.silences.first?.value.hasSuffix("we know") == true)
        #expect(
            AlertWords.view(.object([("alerts", [alert("firing", severity: "ticket")])]), silences: []).alerts[0]
                .state.style == "warn")
    }

    @Test func onlyWhatFiresRaisesTheAlarm() {
        #expect(AlertWords.alarm([]) == nil)
        #expect(AlertWords.alarm([alert("pending"), alert("silenced")]) == nil)
        #expect(AlertWords.alarm([alert("firing")])?.text == "38 features have drifted")
        #expect(AlertWords.alarm([alert("firing"), alert("firing")])?.link == "All 2 alerts")
    }
}
