import Monitor
import Testing

@Suite struct ExpositionTests {
    private func text(_ registry: MetricsRegistry) -> String {
        String(decoding: registry.exposition(), as: UTF8.self)
    }

    @Test func familiesAreWrittenOnceInOrderOfNameAndLabels() {
        let registry = MetricsRegistry()
        registry.gauge("slipway_sessions", "Sessions loaded.").set(2)
        registry.counter("slipway_requests_total", "Requests.", [Label("endpoint", "b")]).add(3)
        registry.counter("slipway_requests_total", "Requests.", [Label("endpoint", "a")]).add(1)
        #expect(
            text(registry) == """
                # HELP slipway_requests_total Requests.
                # TYPE slipway_requests_total counter
                slipway_requests_total{endpoint="a"} 1
                slipway_requests_total{endpoint="b"} 3
                # HELP slipway_sessions Sessions loaded.
                # TYPE slipway_sessions gauge
                slipway_sessions 2

                """)
    }

    @Test func histogramBucketsAreCumulative() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram(
            "slipway_request_seconds", "Latency.", [Label("endpoint", "a")], edges: [0.00001, 0.02, 1])
        for value: UInt64 in [5_000, 20_000_000, 20_000_001, 2_000_000_000] { histogram.record(nanoseconds: value) }
        #expect(
            text(registry) == """
                # HELP slipway_request_seconds Latency.
                # TYPE slipway_request_seconds histogram
                slipway_request_seconds_bucket{endpoint="a",le="1e-05"} 1
                slipway_request_seconds_bucket{endpoint="a",le="0.02"} 2
                slipway_request_seconds_bucket{endpoint="a",le="1"} 3
                slipway_request_seconds_bucket{endpoint="a",le="+Inf"} 4
                slipway_request_seconds_sum{endpoint="a"} 2.040005001
                slipway_request_seconds_count{endpoint="a"} 4

                """)
    }

    @Test func labelValuesAndHelpAreEscaped() {
        let registry = MetricsRegistry()
        registry.gauge("g", "a \"quoted\" \\ help\nline", [Label("l", "a \"b\" \\ c\nd é")]).set(1)
        #expect(
            text(registry) == #"""
                # HELP g a "quoted" \\ help\nline
                # TYPE g gauge
                g{l="a \"b\" \\ c\nd é"} 1

                """#)
    }

    @Test(arguments: [
        (0.0, "0"), (-2, "-2"), (0.1, "0.1"), (1e20, "1e+20"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (123_456_789, "123456789"),
    ]) func numbersAreWrittenAsGoReadsThem(value: Double, expected: String) {
        let registry = MetricsRegistry()
        registry.gauge("g", "Help.").set(value)
        #expect(text(registry).hasSuffix("\ng \(expected)\n"))
    }

    @Test func readGaugesAreReadWhenCollectedAndMayUseTheRegistry() {
        let registry = MetricsRegistry()
        let source = Gauge()
        registry.gauge("g", "Help.") { [weak registry] in
            Double(registry?.counter("seen_total", "Help.").value ?? -1) + source.value
        }
        source.set(4)
        #expect(text(registry).contains("\ng 4\n"))
        source.set(5)
        #expect(text(registry).contains("\ng 5\n"))
        registry.gauge("g", "Help.") { 9 }
        #expect(text(registry).contains("\ng 9\n"))
    }

    @Test func orderOfLabelsDoesNotMatter() {
        let registry = MetricsRegistry()
        let one = registry.counter("c_total", "Help.", [Label("a", "1"), Label("b", "2")])
        let other = registry.counter("c_total", "Help.", [Label("b", "2"), Label("a", "1")])
        #expect(one === other)
    }

    @Test func removedMetricsDisappearAndStartAgainAtZero() {
        let registry = MetricsRegistry()
        let old = registry.counter("c_total", "Help.", [Label("version", "digits:1")])
        registry.counter("c_total", "Help.", [Label("version", "digits:2")]).add()
        old.add(7)
        registry.remove { $0.contains(Label("version", "digits:1")) }
        #expect(!text(registry).contains("digits:1"))
        #expect(text(registry).contains("digits:2"))
        #expect(registry.counter("c_total", "Help.", [Label("version", "digits:1")]).value == 0)
        registry.remove { _ in true }
        #expect(registry.exposition().isEmpty)
    }
}
