import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Traces reach a collector as OTLP, and name the client's own.
    @Suite
    struct TraceTests {
        @Test
        func aCollectorIsToldOfRequestsAndTheirStages() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = try TemporaryDirectory("slipway-traces")
            let port = try DockerRegistry.freePort()
            try await Companion.running(
                try Slipway.python(),
                ["\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py", String(port), folder.file("spans")],
                log: folder.file("log"), isReady: { Companion.answers(port) }
            ) {
                let words = [
                    "serve", "--traces", "http://127.0.0.1:\(port)", "--trace-share", "0%", "--triton-metrics",
                ]
                try await slipway.serving(words) { server in
                    let body = try TextFile.bytes(Slipway.example("digits/sample.json"))
                    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
                    let http = try server.dataPlane()
                    for headers in [[HTTPHeader("traceparent", parent)], []] {
                        let reply = try await http.request(
                            "POST", "/v2/models/digits/infer", headers: headers, body: body)
                        #expect(reply.status == 200)
                    }
                    try await wait(for: "spans") { ((try? TextFile.read(folder.file("spans"))) ?? "").contains("\n") }
                    let script = "\(Slipway.root)/Tests/EndToEndTests/clients/openmetrics.py"
                    let read = try await Slipway.command(
                        try Slipway.python(), [script, server.dataAddress, server.controlAddress])
                    #expect(read.exitCode == 0, "\(read)")
                    for line in read.output.split(separator: "\n") {
                        let found = try JSONValue.parse(Array(line.utf8))
                        #expect(found["traces"]?.arrayValue == ["4bf92f3577b34da6a3ce929d0e0e4736"], "\(line)")
                        #expect(found["units"]?.arrayValue == ["bytes", "ratio", "seconds"])
                        #expect(found["requests"]?.intValue == 2 && found["triton"]?.stringValue == "unknown")
                    }
                    #expect(read.output.split(separator: "\n").count == 2)
                    let metrics = try await http.request("GET", "/metrics").text
                    #expect(metrics.contains(#"nv_inference_count{model="digits",version="1"} 2"#))
                }
            }
            let lines = try TextFile.read(folder.file("spans")).split(separator: "\n")
            var spans: [JSONValue] = []
            for line in lines {
                let resource = try JSONValue.parse(Array(line.utf8))["resourceSpans"]?.arrayValue?.first
                spans += resource?["scopeSpans"]?.arrayValue?.first?["spans"]?.arrayValue ?? []
            }
            let names = spans.map { $0["name"]?.stringValue ?? "" }
            #expect(names == ["infer digits", "receive", "decode", "queue", "run", "encode"])
            #expect(spans.allSatisfy { $0["traceId"]?.stringValue == "4bf92f3577b34da6a3ce929d0e0e4736" })
            let whole = try #require(spans.first)
            #expect(whole["parentSpanId"]?.stringValue == "00f067aa0ba902b7")
            #expect(spans.dropFirst().allSatisfy { $0["parentSpanId"] == whole["spanId"] })
            for span in spans {
                let start = Int(span["startTimeUnixNano"]?.stringValue ?? "") ?? 0
                let end = Int(span["endTimeUnixNano"]?.stringValue ?? "") ?? 0
                #expect(start > 1_700_000_000_000_000_000 && end >= start && end - start < 60_000_000_000)
            }
            #expect(whole["attributes"]?.arrayValue?.contains { $0["key"] == "slipway.version" } == true)
        }

        /// What the server calls for an alert is part of a trace: the receiver and a program are told of it, and the
        /// collector has the spans.
        @Test
        func whomAnAlertReachesIsToldOfItsTrace() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = try TemporaryDirectory("slipway-traces")
            let (port, hook, ran) = (try DockerRegistry.freePort(), folder.file("posted"), folder.file("ran"))
            try TextFile.write(
                """
                {"receivers": {
                   "hook": {"webhook": "http://127.0.0.1:\(port)/hook"},
                   "program": {"command": ["/bin/sh", "-c", "echo $TRACEPARENT > \(ran)"]}}}
                """, to: folder.file("alerts.json"))
            _ = try await Companion.running(
                try Slipway.python(),
                ["\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py", String(port), hook],
                log: folder.file("log"), isReady: { Companion.answers(port) }
            ) {
                let words = ["serve", "--traces", "http://127.0.0.1:\(port)", "--alerts", folder.file("alerts.json")]
                try await slipway.serving(words) { _ in
                    let tested = try await slipway.run(["alerts", "test"])
                    #expect(tested.exitCode == 0, "\(tested)")
                    try await wait(for: "spans") { try TextFile.read(hook).contains("alert program") }
                }
            }
            let said = try TextFile.read(hook + ".trace").split(separator: "\n").map(String.init)
            let spans = try TextFile.read(hook).split(separator: "\n").flatMap { line -> [JSONValue] in
                let resource = try JSONValue.parse(Array(line.utf8))["resourceSpans"]?.arrayValue?.first
                return resource?["scopeSpans"]?.arrayValue?.first?["spans"]?.arrayValue ?? []
            }
            func span(_ name: String) throws -> JSONValue {
                try #require(spans.first { $0["name"]?.stringValue == name }, "\(spans)")
            }
            func text(_ trace: JSONValue, _ span: JSONValue) -> String {
                "00-\(trace["traceId"]?.stringValue ?? "")-\(span["spanId"]?.stringValue ?? "")-01"
            }
            let (whole, call, program) = (try span("alert hook"), try span("POST"), try span("alert program"))
            #expect(call["traceId"] == whole["traceId"] && call["parentSpanId"] == whole["spanId"])
            #expect(call["kind"] == 3 && whole["kind"] == 1)
            #expect(said.first == text(whole, call), "\(said)")
            #expect(said.dropFirst().allSatisfy { $0 == "-" }, "the collector is told of no trace: \(said)")
            #expect(
                try TextFile.read(ran) == text(program, program) + "\n" && program["traceId"] != whole["traceId"])
        }

        /// A pipeline's steps are spans of their own, with what they waited for.
        @Test
        func aPipelinesStepsAreSpans() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try TextFile.write(Array(PipelineTests.cascade.utf8), to: slipway.scratch.file("scorer.json"))
            try await slipway.expect("import", slipway.scratch.file("scorer.json"), "--name", "scorer")
            try await slipway.expect("deploy", "scorer:1", "--batch", "off")
            let folder = try TemporaryDirectory("slipway-traces")
            let port = try DockerRegistry.freePort()
            _ = try await Companion.running(
                try Slipway.python(),
                ["\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py", String(port), folder.file("spans")],
                log: folder.file("log"), isReady: { Companion.answers(port) }
            ) {
                try await slipway.serving(["serve", "--traces", "http://127.0.0.1:\(port)", "--trace-share", "100%"]) {
                    server in
                    // All rows at once: some of them are for the second model.
                    _ = try await InferenceClient(try server.dataPlane()).infer(
                        InferenceRequest(
                            endpoint: "scorer", inputs: [(name: "pixels", tensor: try DigitsExample().pixels)],
                            outputs: ["logits"], isBinary: true))
                    try await wait(for: "spans") { ((try? TextFile.read(folder.file("spans"))) ?? "").contains("\n") }
                }
            }
            let line = try #require(try TextFile.read(folder.file("spans")).split(separator: "\n").first)
            let resource = try JSONValue.parse(Array(line.utf8))["resourceSpans"]?.arrayValue?.first
            let spans = resource?["scopeSpans"]?.arrayValue?.first?["spans"]?.arrayValue ?? []
            let whole = try #require(spans.first)
            for name in ["quick", "careful"] {
                let step = try #require(spans.first { $0["name"]?.stringValue == "step \(name)" }, "\(spans)")
                #expect(step["parentSpanId"] == whole["spanId"])
                #expect(step["attributes"]?.arrayValue?.contains { $0["key"] == "slipway.version" } == true)
                #expect(spans.count { $0["name"] == "run" && $0["parentSpanId"] == step["spanId"] } == 1)
            }
        }
    }
}
