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

    /// Source: OpenMetrics 1.0: counters without `_total` in their metadata, units, canonical edges, exemplars, `# EOF`.
    @Test func openMetricsHasUnitsAndExemplars() {
        let registry = MetricsRegistry()
        registry.counter("slipway_received_bytes_total", "Bytes \"read\".").add(7)
        let histogram = registry.histogram("slipway_request_seconds", "Latency.", edges: [0.02, 1])
        histogram.record(nanoseconds: 500_000_000)
        histogram.exemplify(
            Exemplar(traceHigh: 0x4bf9, traceLow: 0xa3ce, nanoseconds: 400_000_000, time: 1_795_361_932_000))
        histogram.exemplify(
            Exemplar(traceHigh: 0x4bf9, traceLow: 0xa3cf, nanoseconds: 500_000_000, time: 1_795_361_932_500))
        #expect(
            String(decoding: registry.exposition(.openMetrics), as: UTF8.self) == #"""
                # HELP slipway_received_bytes Bytes \"read\".
                # TYPE slipway_received_bytes counter
                # UNIT slipway_received_bytes bytes
                slipway_received_bytes_total 7
                # HELP slipway_request_seconds Latency.
                # TYPE slipway_request_seconds histogram
                # UNIT slipway_request_seconds seconds
                slipway_request_seconds_bucket{le="0.02"} 0
                slipway_request_seconds_bucket{le="1.0"} 1 # {trace_id="0000000000004bf9000000000000a3cf"} 0.5 1795361932.5
                slipway_request_seconds_bucket{le="+Inf"} 1
                slipway_request_seconds_sum 0.5
                slipway_request_seconds_count 1
                # EOF

                """#)
        #expect(!text(registry).contains("trace_id"), "the text format knows no exemplars")
    }

    /// Source: RFC 9110, section 12.5.1; the first is what Prometheus 2.42 asks with.
    @Test(arguments: [
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
        ),
        ("Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", true), ("application/openmetrics-text", true),
        ("application/openmetrics-text;version=0.0.1", false), ("application/openmetrics-text;q=0", false),
        ("text/plain, application/openmetrics-text;q=0.5", false), ("*/*", false), ("", false),
        ("application/openmetrics-text;q=x", false), (";;,;=,=", false),
    ])
    func aReaderGetsTheFormItAsksFor(_ accept: String, _ isOpen: Bool) {
        #expect(MetricsFormat(accept: accept) == (isOpen ? .openMetrics : .text))
    }
}
