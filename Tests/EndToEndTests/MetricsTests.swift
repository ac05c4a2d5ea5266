import Client
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct MetricsTests {
        @Test
        func metricsOfBothPortsTellWhatIsServed() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"))
            try await slipway.expect("deploy", "digits:1")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                for row in 0..<5 { _ = try await client.infer(digits.request(row)) }
                let wrong = try await server.dataPlane().request(
                    "POST", "/v2/models/digits/infer", body: Array("{}".utf8))
                #expect(wrong.status == 400)
                for address in [server.dataAddress, server.controlAddress] {
                    let checked = try await slipway.shell("curl -sf http://\(address)/metrics | promtool check metrics")
                    #expect(checked.exitCode == 0 && checked.talk.isEmpty, "\(checked)")
                    let metrics = Exposition(
                        try await HTTPClient(ServerAddress(address)).request("GET", "/metrics").text)
                    expectEverything(metrics, digits)
                }
            }
        }

        private func expectEverything(_ metrics: Exposition, _ digits: DigitsExample) {
            let arm = ["endpoint=\"digits\"", "version=\"1\""]
            #expect(metrics.sum("slipway_requests_total", arm + ["code=\"200\""]) == 5)
            #expect(metrics.sum("slipway_requests_total", arm + ["code=\"400\""]) == 1)
            for stage in ["receive", "decode", "queue", "run", "encode", "total"] {
                let count = metrics.sum("slipway_request_duration_seconds_count", arm + ["stage=\"\(stage)\""])
                #expect(count ?? 0 >= 5, "\(stage)")
            }
            #expect(metrics.sum("slipway_sessions") == 1)
            #expect(metrics.sum("slipway_build_info") == 1)
            #expect(metrics.sum("slipway_process_resident_memory_bytes") ?? 0 > 10_000_000)
            #expect(metrics.sum("slipway_version_accuracy_ratio", ["version=\"1\""]) == digits.accuracy["mlp"])
        }
    }
}
