import Glibc
import Monitor
import Testing

/// Another program reads what we write: Prometheus's own checker, where it is installed.
@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed")) struct PromtoolTests {
    @Test func promtoolHasNoComplaint() {
        let registry = MetricsRegistry()
        let labels = [Label("endpoint", "digits"), Label("version", "di\"g\\its\n:3")]
        registry.counter("slipway_requests_total", "Requests answered, by endpoint and version.", labels).add(12)
        registry.gauge("slipway_resident_memory_bytes", "Memory of the process.") { 12_345_678_901_234_560 }
        registry.gauge("slipway_build_info", "Constant 1, with the build as labels.", [Label("version", "0.1")]).set(1)
        registry.gauge("slipway_evaluated_accuracy_ratio", "Accuracy \\ of the version.", labels).set(.nan)
        let histogram = registry.histogram(
            "slipway_request_duration_seconds", "Time from first byte to reply.", labels,
            edges: Histogram.latencyEdges(objectives: [0.02]))
        for value in 0..<40 { histogram.record(nanoseconds: 1 << UInt64(value)) }
        #expect(Promtool.check(registry.exposition()) == 0)
    }

    @Test(arguments: ["slipway_x{a=\"b} 1\n", "# TYPE slipway_x counter\nslipway_x 1\n"])
    func promtoolRefusesWhatIsWrong(exposition: String) {
        #expect(Promtool.check(Array(exposition.utf8), isQuiet: true) != 0)
    }
}

private enum Promtool {
    static let isInstalled = system("command -v promtool >/dev/null 2>&1") == 0

    /// `promtool check metrics` ends with 0 only when it neither fails nor has advice.
    static func check(_ exposition: [UInt8], isQuiet: Bool = false) -> Int32 {
        guard let pipe = popen("promtool check metrics\(isQuiet ? " 2>/dev/null" : "")", "w") else { return -1 }
        _ = fwrite(exposition, 1, exposition.count, pipe)
        return pclose(pipe)
    }
}
