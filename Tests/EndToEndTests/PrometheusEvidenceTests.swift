import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// A rollout that is decided by what Debian's Prometheus scraped.
    @Suite
    struct PrometheusEvidenceTests {
        @Test
        func aCanaryThatFailsIsTakenBackByWhatPrometheusScraped() async throws {
            let table = try await RolloutTable(second: [1, 2])
            let folder = try TemporaryDirectory("slipway-evidence")
            let port = try DockerRegistry.freePort()
            try await table.slipway.serving(["serve", "--prometheus", "http://127.0.0.1:\(port)"]) { server in
                try await table.slipway.expect("monitoring", folder.path, "--interval", "1")
                try await Companion.running(
                    "prometheus",
                    [
                        "--config.file=\(folder.file("prometheus.yml"))", "--storage.tsdb.path=\(folder.file("data"))",
                        "--web.listen-address=127.0.0.1:\(port)",
                    ], log: folder.file("log"), isReady: { Companion.answers(port) }
                ) {
                    let load = try await RolloutTable.load(server, perSecond: 100)
                    try await wait(for: "answers") { load.snapshot().ok > 300 }
                    try await table.begin("--steps", "20%,50%")
                    let report = try await table.wait(for: "the end") { $0["over"]?.boolValue == true }
                    #expect(report.state == "rolled back", "\(report)")
                    #expect(report.decision?["stream"]?.stringValue == "errors")
                    #expect(report.decision?["stableFailures"]?.intValue == 0)
                    let failed = await load.stop().failed
                    #expect((1...failed).contains(report.decision?["canaryFailures"]?.intValue ?? 0))
                    #expect(try await table.traffic() == "table:1 100%")
                }
            }
        }
    }
}
