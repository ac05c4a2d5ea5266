import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Versions that look up a row of four scores, and answers that are compared with the live version's.
    @Suite
    struct ComparisonTests {
        private static let rows = 16

        /// Scores whose class is the row's number modulo four, moved on by `turned(row)`.
        private static func table(_ turned: (Int) -> Int) throws -> Model {
            var scores: [Float] = []
            for row in 0..<rows {
                for column in 0..<4 { scores.append((row + turned(row)) % 4 == column ? 0.7 : 0.1) }
            }
            let values = TensorValue("rows", try Tensor(.float32, Shape([rows, 4]), values: scores))
            let graph = Graph(
                "table", nodes: [Node("Gather", ["rows", "i"], ["y"])], initializers: [values],
                inputs: [ValueInfo("i", .int64, [.symbol("N")])],
                outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(4)])])
            return Model(graph, opset: 17, irVersion: 8)
        }

        /// `table:1` in service; `table:2` has its labels permuted, `table:3` answers one row in sixteen otherwise.
        private static func slipway() async throws -> Slipway {
            let slipway = try Slipway()
            let models = try [table { _ in 0 }, table { _ in 1 }, table { $0 == 5 ? 2 : 0 }]
            for (index, model) in models.enumerated() {
                let file = slipway.scratch.file("table-\(index).onnx")
                try TextFile.write(model.encoded(), to: file)
                try await slipway.expect("import", file, "--name", "table")
            }
            try await slipway.expect("deploy", "table:1")
            return slipway
        }

        private static func ask(_ client: HTTPClient, row: Int) async throws -> String {
            let body = #"{"inputs":[{"name":"i","datatype":"INT64","shape":[1],"data":[\#(row)]}]}"#
            let reply = try await client.request(
                "POST", "/v2/models/table/infer", headers: [HTTPHeader("content-type", "application/json")],
                body: Array(body.utf8))
            #expect(reply.status == 200)
            return String(decoding: reply.body, as: UTF8.self)
        }

        /// Asks every row in turn until something is so.
        private static func ask(
            _ client: HTTPClient, for what: String, until isSo: @escaping @Sendable () async throws -> Bool
        ) async throws {
            try await wait(for: what) {
                for row in 0..<rows { _ = try await ask(client, row: row) }
                return try await isSo()
            }
        }

        private static func state(_ slipway: Slipway) async throws -> String? {
            try await slipway.json("rollout", "table")["state"]?.stringValue
        }

        @Test
        func permutedLabelsAreRolledBackWithinThirtyComparedPairs() async throws {
            let slipway = try await Self.slipway()
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect(
                    "deploy", "table:2", "--strategy", "canary", "--steps", "5%,50%", "--max-disagreement", "10%",
                    "--ignore-latency")
                try await Self.ask(client, for: "the rollback") { try await Self.state(slipway) == "rolled back" }
                let report = try await slipway.json("rollout")
                let last = try #require(report["decisions"]?.arrayValue?.last)
                #expect(last["kind"]?.stringValue == "rollback" && last["stream"]?.stringValue == "disagreement")
                // "12 of 12 answers differ from the live version's …"
                let words = try #require(last["reason"]?.stringValue).split(separator: " ")
                let (differing, compared) = (Int(words[0]) ?? 0, words.count > 2 ? Int(words[2]) ?? 99 : 99)
                #expect(compared <= 30 && differing == compared, "\(words)")
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                let answers = try await slipway.json("compare", "table", "--live")
                let comparison = try #require(answers["comparisons"]?.arrayValue?.first)
                #expect(comparison["inForce"]?.boolValue == false)
                #expect(comparison["answers"]?["agreement"]?.doubleValue == 0)
            }
        }

        @Test
        func aVersionThatDiffersWithinTheBoundIsPromoted() async throws {
            let slipway = try await Self.slipway()
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect(
                    "deploy", "table:3", "--strategy", "canary", "--steps", "50%", "--step-duration", "1s",
                    "--max-disagreement", "25%", "--ignore-latency")
                try await Self.ask(client, for: "the promotion") { try await Self.state(slipway) == "promoted" }
                let report = try await slipway.json("rollout")
                let pairs = report["streams"]?.arrayValue?.first { $0["stream"]?.stringValue == "disagreement" }
                #expect(pairs?["compared"]?.intValue ?? 0 > 0)
                let metrics = Exposition(try await client.request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_compared_rows_total") ?? 0 > 0)
            }
        }

        @Test
        func aShadowIsAskedEverythingAndAnswersNobody() async throws {
            let slipway = try await Self.slipway()
            try await slipway.serving { server in
                let client = try server.dataPlane()
                let plan = try await slipway.expect(
                    "plan", "table:3", "--strategy", "shadow", "--share", "100%", "--duration", "1h")
                #expect(plan.output.contains("shadow 100%"), "\(plan)")
                try await slipway.expect(
                    "deploy", "table:3", "--strategy", "shadow", "--share", "100%", "--duration", "1h")
                try await Self.ask(client, for: "answers to compare") {
                    let report = try await slipway.json("compare", "table", "--live")
                    return report["comparisons"]?.arrayValue?.first?["answers"]?["rows"]?.intValue ?? 0 >= 64
                }
                let row = try await Self.ask(client, row: 5)
                #expect(row.contains(#""model_version":"1""#), "\(row)")
                let report = try await slipway.json("compare", "table", "--live")
                let answers = try #require(report["comparisons"]?.arrayValue?.first?["answers"])
                let agreement = answers["agreement"]?.doubleValue ?? 0
                #expect(agreement > 0.85 && agreement < 1)
                let output = try #require(answers["outputs"]?.arrayValue?.first)
                let changed = (output["classes"]?["cells"]?.arrayValue ?? []).filter { $0["base"] != $0["candidate"] }
                #expect(changed.count == 1)
                #expect(changed.first?["base"]?.stringValue == "1" && changed.first?["candidate"]?.stringValue == "3")
                let text = try await slipway.expect("compare", "table", "--live", "--fail-above", "50%")
                #expect(text.output.contains("table:3 beside table:1 (shadow)"), "\(text)")
                #expect(try await slipway.run(["compare", "table", "--live", "--fail-above", "1%"]).exitCode == 1)
                try await slipway.expect("rollout", "promote", "table")
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:3 100%")
                try await slipway.expect("rollback", "table")
                let after = try await slipway.json("status", "table")
                #expect(after["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
            }
        }

        @Test
        func aShadowThatDiffersTooMuchIsEnded() async throws {
            let slipway = try await Self.slipway()
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect(
                    "deploy", "table:2", "--strategy", "shadow", "--share", "100%", "--duration", "1h",
                    "--max-disagreement", "10%")
                try await Self.ask(client, for: "the end") { try await Self.state(slipway) == "rolled back" }
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                #expect(try await Self.ask(client, row: 2).contains(#""model_version":"1""#))
            }
        }

        @Test
        func recordedRequestsGateAReleaseOffline() async throws {
            let slipway = try await Self.slipway()
            try await slipway.expect("deploy", "table:1", "--record", "100%")
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await Self.ask(client, for: "requests to be recorded") {
                    let metrics = Exposition(try await client.request("GET", "/metrics").text)
                    return metrics.sum("slipway_recorded_requests_total") ?? 0 >= 48
                }
            }
            // The server is gone: what it kept is all there is.
            let report = try await slipway.json("compare", "table:1", "table:3", "--traffic")
            #expect(report["requests"]?.intValue ?? 0 >= 48)
            let agreement = report["answers"]?["agreement"]?.doubleValue ?? 0
            #expect(agreement > 0.85 && agreement < 1, "\(agreement)")
            let largest = report["answers"]?["outputs"]?.arrayValue?.first?["largest"]?.arrayValue?.first
            #expect(largest?["input"]?["i"]?.arrayValue?.first?.doubleValue == 5)
            let gate = ["compare", "table:1", "table:2", "--traffic", "--max-disagreement", "10%"]
            #expect(try await slipway.run(gate).exitCode == 1)
            let passed = try await slipway.expect(
                "compare", "table:1", "table:3", "--traffic", "--max-disagreement", "10%")
            #expect(passed.output.contains("table:3 beside table:1, on "), "\(passed)")
            // They are data to look at values with, too.
            let optimised = try await slipway.json(
                "optimize", "table:1", "--recipe", "int8", "--traffic", "--dry-run", "--no-speed", "--json")
            #expect(
                optimised["calibration"]?.stringValue?.hasPrefix("recorded requests of 'table'") == true,
                "\(optimised.encodedString())")
        }
    }
}
