import Release
import Tensors
import Testing

@testable import Control

/// Pictures over time, and what is remembered for them.
@Suite struct ConsolePictureTests {
    @Test(arguments: [(1, 4), (4, 4), (5, 4), (1000, 4), (100_000, 400)])
    func pointsBecomeFewerAndTheNewestStays(count: Int, capacity: Int) {
        var points = Thinned<Int>(capacity: capacity)
        for point in 0..<count { points.add(point) }
        #expect(points.all.count <= capacity + 1)
        #expect(points.all.first == 0 && points.all.last == count - 1)
        #expect(points.all == points.all.sorted())
        #expect(Set(points.all).count == points.all.count)
        if count >= 2 * capacity { #expect(points.all.count >= capacity / 2) }
    }

    @Test(arguments: [
        (0, false, "00:00"), (86_399_000, true, "23:59:59"), (1_700_000_000_000, false, "22:13"),
        (-1000, true, "23:59:59"),
    ]) func clocksAreUTC(milliseconds: Int, seconds: Bool, text: String) {
        #expect(TimeAxis.clock(milliseconds, seconds: seconds) == text)
    }

    private func evidence(_ time: Int, _ against: Double, _ safety: Double = 0) -> ConsoleTrail.Evidence {
        ConsoleTrail.Evidence(time: time, against: against, safety: safety, streams: ["errors": against])
    }

    @Test(
        arguments: [
            [], [(0, 0)], [(0, 0.5), (0, 3)], [(5, .infinity), (6, -.infinity), (7, .nan)],
            [(Int.max / 2, 1e300), (0, -1e300)],
        ] as [[(Int, Double)]]) func everyEvidenceCanBeDrawn(points: [(Int, Double)])
    {
        let chart = EvidenceChart(points: points.map { evidence($0.0, $0.1, $0.1) }, needed: 2, title: "x")
        for svg in [chart.against(names: [("errors", "errors")]), chart.safety()] {
            #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>"))
            #expect(!svg.contains("nan") && !svg.contains("inf"))
            #expect(svg.contains("class=\"bound"), "the bound is always there")
        }
    }

    @Test func theBoundLiesWhereEvidenceMeetsIt() throws {
        let chart = EvidenceChart(points: [evidence(0, 0), evidence(10_000, 2)], needed: 2, title: "x").against(
            names: [])
        let bound = try #require(chart.firstMatch(of: /class="bound" d="M[0-9.]+ ([0-9.]+)/)).1
        let end = try #require(chart.firstMatch(of: /circle class="series-all" cx="[0-9.]+" cy="([0-9.]+)"/)).1
        #expect(bound == end)
    }

    @Test func anHourIsDrawnWithItsChanges() {
        let points = (0..<720).map {
            ConsoleTrail.Traffic(time: $0 * 5000, rate: Double($0), p50: $0 < 100 ? nil : 0.001, p99: 0.004)
        }
        var change = RateChart.Change(time: 1_000_000, text: "revision 2, <canary>")
        #expect(RateChart(points, changes: [change]).svg.contains("revision 2, &lt;canary&gt;"))
        change.time = 99_000_000
        #expect(!RateChart(points, changes: [change]).svg.contains("circle"), "what was before or after is not drawn")
        #expect(RateChart([], changes: []).svg.isEmpty)
        #expect(RateChart(Array(points.prefix(1)), changes: []).svg.isEmpty, "one point is no time")
    }

    @Test func barsOfDriftAreSharesOfTheirOwn() throws {
        let json = try JSONValue.parse(
            Array(
                #"{"name": "<b>", "histogram": {"bars": ["0.0", "<i>"], "reference": [3, 1], "current": [1, 0]}}"#.utf8)
        )
        let svg = DriftPicture.svg(json)
        #expect(svg.contains("&lt;b&gt;: the reference") && svg.contains("&lt;i&gt;, reference: 25.00 %"))
        #expect(svg.contains("0.0, now: 100.00 %") && !svg.contains("<i>"))
        #expect(DriftPicture.svg(.null).isEmpty)
    }

    @Test(arguments: [(0, "0.00"), (1.005, "1.00"), (-0.25, "−0.25"), (-12.5, "−12.50"), (.infinity, "–"), (.nan, "–")])
    func evidenceHasTwoPlaces(value: Double, text: String) { #expect(RolloutWords.figure(value) == text) }

    @Test func aListSaysWhatIsFollowedAndWhatWaits() {
        let list = DeclaredWords.view([
            "file": "fleet.json", "trouble": .null,
            "waiting": [["endpoint": "loans", "reason": "there is no version loans:2"]],
            "following": [
                [
                    "endpoint": "digits", "follows": "digits@prod", "running": "digits:2",
                    "text": "digits:2 is on its way",
                ],
                ["endpoint": "quiet", "follows": "models/", "running": .null, "text": "nothing new"],
            ],
        ])
        #expect(list.file == "fleet.json" && list.trouble == nil && list.hasRows)
        #expect(list.rows.map(\.endpoint) == ["loans", "digits", "quiet"])
        #expect(list.rows.map(\.state.text) == ["… waits", "▲ on its way", "✓ followed"])
        #expect(list.rows[0].text == "there is no version loans:2")
        #expect(!DeclaredWords.view(["file": "fleet.json"]).hasRows)
    }

    @Test(arguments: ["", "plain", "a b&c=d?e#f/g", "ä€😀", "\u{0}\r\n\"'<>"])
    func whatIsSearchedForSurvivesAnAddress(text: String) {
        let encoded = Query.encoded(text)
        #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        #expect(!encoded.contains { "&=?#/\"'<> ".contains($0) })
        #expect(FormBody(Array("x=\(encoded)".utf8))["x"] == text)
    }
}
