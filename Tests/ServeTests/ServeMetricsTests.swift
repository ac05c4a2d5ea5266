import Engines
import Monitor
import Synchronization
import Tensors
import Testing

@testable import Serve

@Suite struct Measurements {
    @Test func requestsAreCountedByWhoAnsweredAndHow() async throws {
        try await TestPlane.run([.of(.doubler()), .of(.failing(), name: "bad", version: "1")]) { server in
            let client = try server.client()
            for _ in 0..<3 { #expect(try client.post("/v2/models/digits/infer", HTTPConformance.json).status == 200) }
            #expect(try client.post("/v2/models/digits/infer", "{}").status == 400)
            #expect(try client.post("/v2/models/bad/infer", HTTPConformance.json).status == 500)
            #expect(try client.post("/v2/models/none/infer", "{}").status == 404)
            let text = try client.request("GET", "/metrics").text
            for line in [
                #"slipway_requests_total{code="200",endpoint="digits",model="digits",version="3"} 3"#,
                #"slipway_requests_total{code="400",endpoint="digits",model="digits",version="3"} 1"#,
                #"slipway_requests_total{code="500",endpoint="bad",model="bad",version="1"} 1"#,
                #"slipway_rejected_requests_total{reason="unknown_model"} 1"#,
                #"slipway_request_duration_seconds_count{endpoint="digits",model="digits",stage="total",version="3"} 4"#,
                #"slipway_request_duration_seconds_count{endpoint="digits",model="digits",stage="run",version="3"} 3"#,
                #"slipway_requests_in_flight{endpoint="digits",model="digits",version="3"} 0"#, "slipway_connections 1",
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
            #expect(server.metric("slipway_received_bytes_total") ?? 0 > 500)
            #expect(server.metric("slipway_sent_bytes_total") ?? 0 > 500)
        }
    }

    @Test func stagesAddUpToTheWhole() async throws {
        try await TestPlane.run([.of(.doubler(), calibration: .long)]) { server in
            let client = try server.client()
            for _ in 0..<20 { _ = try client.post("/v2/models/digits/infer", HTTPConformance.json) }
            // A request is counted once its reply has left, and before the connection's next one is looked at.
            _ = try client.request("GET", "/v2")
            let sums = ["receive", "decode", "queue", "run", "encode", "total"].map { stage in
                server.metric("slipway_request_duration_seconds_sum", "stage=\"\(stage)\"") ?? -1
            }
            #expect(sums.allSatisfy { $0 > 0 })
            #expect(abs(sums.dropLast().reduce(0, +) - (sums.last ?? 0)) < 1e-6)
        }
    }

    /// Row 52 of the attack list.
    @Test func unknownNamesMakeNoSeries() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            _ = try client.post("/v2/models/none/infer", "{}")
            let before = server.metrics.split(separator: "\n").count
            for name in 0..<500 { _ = try client.post("/v2/models/m\(name)/infer", "{}") }
            #expect(server.metrics.split(separator: "\n").count == before)
        }
    }

    @Test func aForgottenVersionLeavesNoSeries() {
        let registry = MetricsRegistry()
        let metrics = ServeMetrics(registry: registry)
        let arm = metrics.arm(endpoint: "digits", model: "digits", version: "3", objectives: [0.02])
        #expect(arm === metrics.arm(endpoint: "digits", model: "digits", version: "3"))
        #expect(arm.latency.edges.contains(0.02))
        metrics.forget(endpoint: "digits", model: "digits", version: "3")
        #expect(!String(decoding: registry.exposition(), as: UTF8.self).contains("digits"))
        #expect(arm !== metrics.arm(endpoint: "digits", model: "digits", version: "3"))
    }

    @Test func modelsWhoseVersionsHaveTheSameNumberAreCountedApart() {
        let registry = MetricsRegistry()
        let metrics = ServeMetrics(registry: registry, showsTritonNames: true)
        let old = metrics.arm(endpoint: "digits", model: "mlp", version: "1")
        let new = metrics.arm(endpoint: "digits", model: "cnn", version: "1")
        var times = StageTimes(received: 1_000_000)
        times.answered = 17_000_000
        for _ in 0..<3 { old.record(.ok, times, rows: 1) }
        new.record(.ok, times, rows: 1)
        new.ranInline()
        #expect(old.latency.snapshot().count == 3 && new.latency.snapshot().count == 1)
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        for line in [
            #"slipway_request_duration_seconds_count{endpoint="digits",model="mlp",stage="total",version="1"} 3"#,
            #"slipway_request_duration_seconds_count{endpoint="digits",model="cnn",stage="total",version="1"} 1"#,
            #"slipway_runs_total{endpoint="digits",mode="inline",model="mlp",version="1"} 0"#,
            // Under Triton's names only the endpoint is told, and a series twice would spoil the whole page.
            #"nv_inference_request_success{model="digits",version="1"} 4"#,
        ] {
            #expect(text.split(separator: "\n").count { $0 == line } == 1, "\(line)")
        }
        metrics.forget(endpoint: "digits", model: "mlp", version: "1")
        let rest = String(decoding: registry.exposition(), as: UTF8.self)
        #expect(!rest.contains("mlp") && rest.contains(#"model="cnn""#))
    }

    /// Source: Triton, "Metrics": what its dashboards ask for.
    @Test func totalsAreShownUnderTritonsNamesWhereWanted() {
        let registry = MetricsRegistry()
        let metrics = ServeMetrics(registry: registry, showsTritonNames: true)
        let arm = metrics.arm(endpoint: "digits", model: "mlp", version: "3")
        var times = StageTimes(received: 1_000_000)
        (times.complete, times.decoded, times.runBegan) = (2_000_000, 3_000_000, 5_000_000)
        (times.runEnded, times.answered) = (9_000_000, 17_000_000)
        arm.record(.ok, times, rows: 4)
        arm.record(.badRequest, times, rows: 4)
        arm.ranInline()
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        for line in [
            "# TYPE nv_inference_request_success counter",
            #"nv_inference_request_success{model="digits",version="3"} 1"#,
            #"nv_inference_request_failure{model="digits",version="3",reason="OTHER"} 1"#,
            #"nv_inference_count{model="digits",version="3"} 4"#,
            #"nv_inference_exec_count{model="digits",version="3"} 1"#,
            #"nv_inference_request_duration_us{model="digits",version="3"} 32000"#,
            #"nv_inference_queue_duration_us{model="digits",version="3"} 4000"#,
            #"nv_inference_compute_infer_duration_us{model="digits",version="3"} 8000"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)\n\(text.suffix(2000))")
        }
        #expect(!String(decoding: ServeMetrics(registry: registry).exposition(), as: UTF8.self).contains("nv_"))
    }

    @Test func whoWatchesSeesWhatWasAsked() async throws {
        let seen = Mutex<[CompletedInference]>([])
        try await TestPlane.run(
            [.of(.doubler())], configure: { $0.onCompleted = { completed in seen.withLock { $0.append(completed) } } }
        ) { server in
            let client = try server.client()
            _ = try client.post("/v2/models/digits/infer", HTTPConformance.json, headers: ["X-Request-Id: r1"])
            _ = try client.request("GET", "/v2")
            let all = seen.withLock { $0 }
            #expect(all.count == 1 && all[0].requestID == "r1" && all[0].status == 200 && all[0].endpoint == "digits")
            #expect(all[0].inputs.first?.values(as: Float.self) == [1, 2, 3, 4])
            guard case .tensor(let output) = all[0].outputs[0] else { throw RawClient.Failure(what: "no output") }
            #expect(output.values(as: Float.self) == [2, 4, 6, 8])
        }
    }

    @Test func everyRequestIsLoggedWhenAskedFor() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.logsEveryRequest = true }) { server in
            let client = try server.client()
            _ = try client.post("/v2/models/digits/infer", HTTPConformance.json, headers: ["X-Request-Id: r1"])
            #expect(try client.request("GET", "/v2").status == 200)
            let line = try #require(server.log.all.first { $0.contains("request_id=r1") })
            #expect(line.contains("status=200") && line.contains("endpoint=digits") && line.contains("version=3"))
        }
        try await TestPlane.run([.of(.doubler())]) { server in
            _ = try server.client().post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(server.log.all.isEmpty, "quiet by default")
        }
    }

    @Test func aFloodOfErrorsIsNoFloodOfLines() async throws {
        try await TestPlane.run([.of(.failing())]) { server in
            let client = try server.client()
            for _ in 0..<500 { _ = try client.post("/v2/models/digits/infer", HTTPConformance.json) }
            #expect(server.log.all.count < 250 && !server.log.all.isEmpty)
        }
    }
}
