import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Debian's Prometheus and Alertmanager watch a server with the files that `slipway monitoring` writes.
    @Suite(.timeLimit(.minutes(3)))
    struct MonitoringTests {
        /// The three programs beside the server.
        private struct Watch: Sendable {
            let folder: TemporaryDirectory
            let prometheus: Int
            let alertmanager: Int
            let webhook: Int

            init() throws {
                folder = try TemporaryDirectory("slipway-monitoring")
                prometheus = try DockerRegistry.freePort()
                alertmanager = try DockerRegistry.freePort()
                webhook = try DockerRegistry.freePort()
            }

            /// What the webhook was sent so far: alerts by name, and whether they fire.
            var delivered: [(name: String, status: String, endpoint: String?)] {
                let lines = ((try? TextFile.read(folder.file("webhook"))) ?? "").split(separator: "\n")
                return lines.compactMap { try? JSONValue.parse(Array($0.utf8)) }.flatMap { body in
                    (body["alerts"]?.arrayValue ?? []).map { alert in
                        (
                            alert["labels"]?["alertname"]?.stringValue ?? "", alert["status"]?.stringValue ?? "",
                            alert["labels"]?["endpoint"]?.stringValue
                        )
                    }
                }
            }

            /// Runs `body` beside all three.
            func running(_ body: @Sendable @escaping () async throws -> Void) async throws {
                let receiver = "\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py"
                try await Companion.running(
                    try Slipway.python(), [receiver, String(webhook), folder.file("webhook")], log: folder.file("log"),
                    isReady: { Companion.answers(webhook) }
                ) {
                    try await Companion.running(
                        "prometheus-alertmanager",
                        [
                            "--config.file=\(folder.file("alertmanager.yml"))",
                            "--storage.path=\(folder.file("alerts"))", "--cluster.listen-address=",
                            "--web.listen-address=127.0.0.1:\(alertmanager)",
                        ], log: folder.file("log"), isReady: { Companion.answers(alertmanager) }
                    ) {
                        try await Companion.running(
                            "prometheus",
                            [
                                "--config.file=\(folder.file("prometheus.yml"))",
                                "--storage.tsdb.path=\(folder.file("data"))", "--enable-feature=exemplar-storage",
                                "--web.listen-address=127.0.0.1:\(prometheus)",
                            ], log: folder.file("log"), isReady: { Companion.answers(prometheus) }, body)
                    }
                }
            }

            /// What Prometheus answers.
            func ask(_ path: String, _ parameters: [(String, String)] = []) async throws -> JSONValue {
                let query = parameters.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
                let reply = try await HTTPClient(.tcp(host: "127.0.0.1", port: prometheus)).request(
                    "GET", path + (query.isEmpty ? "" : "?\(query)"))
                let json = try #require(reply.json, "\(path): \(reply.text)")
                try #require(json["status"] == "success", "\(query): \(reply.text)")
                return try #require(json["data"])
            }

            private static func encoded(_ text: String) -> String {
                text.utf8.map { byte in
                    let digits = String(byte, radix: 16, uppercase: true)
                    return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
                }.joined()
            }
        }

        @Test func anAlertIsRaisedAndEveryPanelIsAnswered() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"))
            try await slipway.expect("deploy", "digits:1", "--p99", "20")
            let digits = try DigitsExample()
            let watch = try Watch()
            // The webhook takes spans as well, which are no alerts.
            let words = [
                "serve", "--drift-window", "1s", "--traces", "http://127.0.0.1:\(watch.webhook)", "--trace-share", "0%",
            ]
            try await slipway.serving(words) { server in
                try await slipway.expect(
                    "monitoring", watch.folder.path, "--interval", "1", "--alertmanager",
                    "127.0.0.1:\(watch.alertmanager)", "--webhook", "http://127.0.0.1:\(watch.webhook)/alerts")
                for file in ["prometheus.yml", "slipway.rules.yml"] {
                    let kind = file == "prometheus.yml" ? "config" : "rules"
                    let checked = try await slipway.shell("promtool check \(kind) '\(watch.folder.file(file))'")
                    #expect(checked.exitCode == 0, "\(checked)")
                }
                let checked = try await slipway.shell(
                    "amtool check-config '\(watch.folder.file("alertmanager.yml"))'")
                #expect(checked.exitCode == 0, "\(checked)")
                // Alerts are collected for ten seconds before they are sent; a test has no such time.
                _ = try await slipway.shell("sed -i 's/10s/0s/' '\(watch.folder.file("alertmanager.yml"))'")
                try await watch.running {
                    try await Self.failUntilSomebodyIsTold(server, digits, watch)
                    try await Self.expectHealthyRules(watch)
                    try await Self.expectEveryPanelAnswered(slipway, server, digits, watch)
                    try await Self.expectTheTraceOfARequest(server, watch)
                }
            }
        }

        /// Sends requests that are answered well, and some whose deadline is over when they arrive.
        private static func failUntilSomebodyIsTold(
            _ server: Slipway.Server, _ digits: DigitsExample, _ watch: Watch
        ) async throws {
            let client = InferenceClient(try server.dataPlane())
            let zeros = Array(repeating: "0", count: 64).joined(separator: ",")
            let tensor = #"{"name":"pixels","shape":[1,64],"datatype":"FP32","data":[\#(zeros)]}"#
            let late = Array(#"{"inputs":[\#(tensor)],"parameters":{"timeout":1}}"#.utf8)
            try await wait(for: "the alert to reach the webhook", atMost: .seconds(90)) {
                try await send(client, digits)
                let reply = try await server.dataPlane().request("POST", "/v2/models/digits/infer", body: late)
                try #require(reply.status == 504, "\(reply.text)")
                return watch.delivered.contains {
                    $0.name == "SlipwayErrorBudgetBurning" && $0.status == "firing" && $0.endpoint == "digits"
                }
            }
        }

        /// All the rows that the version was evaluated on, in a few requests.
        private static func send(_ client: InferenceClient, _ digits: DigitsExample) async throws {
            for start in stride(from: 0, to: 448, by: 64) {
                _ = try await client.infer(
                    InferenceRequest(
                        endpoint: "digits", inputs: [("pixels", try digits.pixels.rows(start..<start + 64))]))
            }
        }

        /// A request's trace is found by its latency, in what Prometheus has kept.
        private static func expectTheTraceOfARequest(_ server: Slipway.Server, _ watch: Watch) async throws {
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let header = HTTPHeader("traceparent", "00-\(trace)-00f067aa0ba902b7-01")
            let body = try TextFile.bytes(Slipway.example("digits/sample.json"))
            let query = #"slipway_request_duration_seconds_bucket{endpoint="digits",stage="total"}"#
            try await wait(for: "the exemplar") {
                let reply = try await server.dataPlane().request(
                    "POST", "/v2/models/digits/infer", headers: [header], body: body)
                try #require(reply.status == 200, "\(reply.text)")
                let series = try await watch.ask(
                    "/api/v1/query_exemplars", [("query", query), ("start", "1"), ("end", "9999999999")])
                let exemplars = (series.arrayValue ?? []).flatMap { $0["exemplars"]?.arrayValue ?? [] }
                try #require(
                    exemplars.allSatisfy { $0["labels"]?["trace_id"]?.stringValue == trace }, "\(series)")
                return !exemplars.isEmpty
            }
        }

        private static func expectHealthyRules(_ watch: Watch) async throws {
            let groups = try #require(try await watch.ask("/api/v1/rules")["groups"]?.arrayValue)
            let rules = groups.flatMap { $0["rules"]?.arrayValue ?? [] }
            #expect(rules.count > 30)
            for rule in rules { #expect(rule["health"] == "ok", "\(rule)") }
        }

        /// Panels of what does not happen here: nothing was refused, and nothing shares a run.
        private static let quiet: Set = ["Refused"]

        private static func expectEveryPanelAnswered(
            _ slipway: Slipway, _ server: Slipway.Server, _ digits: DigitsExample, _ watch: Watch
        ) async throws {
            let client = InferenceClient(try server.dataPlane())
            let dashboard = try JSONValue.parse(
                Array(try await slipway.expect("monitoring", "--only", "dashboard").output.utf8))
            var asked = 0
            for panel in dashboard["panels"]?.arrayValue ?? [] {
                let title = panel["title"]?.stringValue ?? ""
                for target in panel["targets"]?.arrayValue ?? [] {
                    let expression = filled(try #require(target["expr"]?.stringValue))
                    // What needs a window of drift is there when one is closed and read.
                    try await wait(for: "an answer to \(title): \(expression)") {
                        let answer = try await watch.ask("/api/v1/query", [("query", expression)])
                        if answer["result"]?.arrayValue?.isEmpty == false || quiet.contains(title) { return true }
                        try await send(client, digits)
                        return false
                    }
                    asked += 1
                }
            }
            #expect(asked > 20)
            for annotation in dashboard["annotations"]?["list"]?.arrayValue ?? [] {
                _ = try await watch.ask(
                    "/api/v1/query", [("query", filled(try #require(annotation["expr"]?.stringValue)))])
            }
            let endpoints = try await watch.ask(
                "/api/v1/label/endpoint/values", [("match[]", #"slipway_endpoint_revision{job=~".*"}"#)])
            #expect(endpoints == .array(["digits"]))
        }

        /// What Grafana puts in the place of its variables.
        private static func filled(_ expression: String) -> String {
            expression.replacing("$__rate_interval", with: "10s").replacing("$job", with: "slipway")
                .replacing("$endpoint", with: ".*")
        }
    }
}
