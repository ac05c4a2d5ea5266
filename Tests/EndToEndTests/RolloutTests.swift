import Client
import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Versions that look up a row of a table: one that is too short fails for a row beyond its end.
    @Suite
    struct RolloutTests {
        private static func table(_ values: [Float]) throws -> Model {
            let rows = TensorValue("rows", try Tensor(.float32, Shape([values.count]), values: values))
            let graph = Graph(
                "table", nodes: [Node("Gather", ["rows", "i"], ["y"])], initializers: [rows],
                inputs: [ValueInfo("i", .int64, [.symbol("N")])], outputs: [ValueInfo("y", .float32, [.symbol("N")])])
            return Model(graph, opset: 17, irVersion: 8)
        }

        /// `table:1` in service, `table:2` registered.
        private static func slipway(second values: [Float]) async throws -> Slipway {
            let slipway = try Slipway()
            for (index, values) in [Array(repeating: 1, count: 16), values].enumerated() {
                let file = slipway.scratch.file("table-\(index).onnx")
                try TextFile.write(try table(values).encoded(), to: file)
                try await slipway.expect("import", file, "--name", "table")
            }
            try await slipway.expect("deploy", "table:1")
            return slipway
        }

        private static func ask(_ client: HTTPClient, row: Int) async throws -> HTTPReply {
            let body = #"{"inputs":[{"name":"i","datatype":"INT64","shape":[1],"data":[\#(row)]}]}"#
            return try await client.request(
                "POST", "/v2/models/table/infer", headers: [HTTPHeader("content-type", "application/json")],
                body: Array(body.utf8))
        }

        /// Asks until the rollout is in a state.
        ///
        /// - Returns: how many requests failed meanwhile.
        private static func ask(
            _ client: HTTPClient, _ slipway: Slipway, row: Int = 7, until state: String
        ) async throws -> Int {
            var failed = 0
            try await wait(for: "the rollout to be \(state)") {
                for _ in 0..<50 { failed += try await ask(client, row: row).status == 200 ? 0 : 1 }
                return try await slipway.json("rollout", "table")["state"]?.stringValue == state
            }
            return failed
        }

        @Test
        func aCanaryThatAlwaysFailsIsStoppedWithinTenFailedRequests() async throws {
            let slipway = try await Self.slipway(second: [1, 2])
            try await slipway.serving { server in
                let client = try server.dataPlane()
                for _ in 0..<300 { _ = try await Self.ask(client, row: 7) }
                // The last minute is known from its second sample on.
                try await wait(for: "a plan that knows the traffic") {
                    _ = try await Self.ask(client, row: 7)
                    let plan = try await slipway.expect("plan", "table:2", "--strategy", "canary", "--steps", "5%,50%")
                    return plan.output.contains("canary 5%") && plan.output.contains("10 times the errors")
                }
                try await slipway.expect("deploy", "table:2", "--strategy", "canary", "--steps", "5%,50%")
                let refused = try await slipway.run(["deploy", "table:2"])
                #expect(refused.exitCode == 5, "\(refused)")
                let failed = try await Self.ask(client, slipway, until: "rolled back")
                #expect((1...10).contains(failed), "\(failed) failed")
                let report = try await slipway.json("rollout")
                let last = try #require(report["decisions"]?.arrayValue?.last)
                #expect(last["kind"]?.stringValue == "rollback" && last["stream"]?.stringValue == "errors")
                #expect(last["canaryFailures"]?.intValue == failed && last["stableFailures"]?.intValue == 0)
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                for _ in 0..<50 { #expect(try await Self.ask(client, row: 7).status == 200) }
            }
            let history = try await slipway.expect("history", "table")
            #expect(history.output.contains("rollback to 1"), "\(history)")
        }

        @Test
        func answersThatAreNoNumbersEndIt() async throws {
            let slipway = try await Self.slipway(second: Array(repeating: .nan, count: 16))
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect("deploy", "table:2", "--strategy", "canary", "--steps", "5%,50%")
                #expect(try await Self.ask(client, slipway, until: "rolled back") == 0)
                let last = try await slipway.json("rollout")["decisions"]?.arrayValue?.last
                #expect(last?["stream"]?.stringValue == "invalid")
                #expect((1...10).contains(last?["canaryFailures"]?.intValue ?? 0))
            }
        }

        @Test
        func aGoodVersionGoesThroughItsStepsWithoutAFailedRequest() async throws {
            let slipway = try await Self.slipway(second: Array(repeating: 2, count: 16))
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect(
                    "deploy", "table:2", "--strategy", "canary", "--steps", "20%,60%!", "--step-duration", "300ms",
                    "--ignore-latency")
                #expect(try await Self.ask(client, slipway, until: "awaiting approval") == 0)
                try await slipway.expect("rollout", "resume", "table")
                #expect(try await Self.ask(client, slipway, until: "promoted") == 0)
                let kinds = try await slipway.json("rollout")["decisions"]?.arrayValue?.compactMap {
                    $0["kind"]?.stringValue
                }
                // It may also have waited for the requests that a step needs.
                #expect(kinds?.first == "start" && kinds?.last == "promote", "\(kinds ?? [])")
                #expect(kinds?.filter { $0 == "shift" }.count == 1 && kinds?.contains("resume") == true)
                let text = try await slipway.expect("rollout")
                #expect(text.output.contains("promoted") && text.output.contains("EVIDENCE"), "\(text)")
            }
        }

        /// F4 and F37: what fails on both versions is nobody's fault, and what is known outlives the process.
        @Test
        func anIncidentBlamesNobodyAndEvidenceOutlivesTheProcess() async throws {
            let slipway = try await Self.slipway(second: Array(repeating: 2, count: 16))
            try await slipway.serving { server in
                let client = try server.dataPlane()
                for _ in 0..<300 { _ = try await Self.ask(client, row: 7) }
                try await slipway.expect(
                    "deploy", "table:2", "--strategy", "canary", "--steps", "30%", "--step-duration", "1h",
                    "--ignore-latency")
                try await wait(for: "an incident") {
                    for _ in 0..<30 { _ = try await Self.ask(client, row: 99) }
                    return try await slipway.json("rollout")["incident"]?.boolValue == true
                }
                let report = try await slipway.json("rollout")
                #expect(report["state"]?.stringValue == "running")
                #expect(report["holding"]?.stringValue?.contains("nobody is blamed") == true)
                try await slipway.expect("rollout", "pause")
                let before = try await slipway.json("rollout")["canaryRequests"]?.intValue ?? 0
                #expect(before > 0)
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "the server to be gone") { kill(server.worker, 0) != 0 }
                try await wait(for: "answers again") { (try? await Self.ask(client, row: 7).status) == 200 }
                let after = try await slipway.json("rollout")
                #expect(after["canaryRequests"]?.intValue ?? 0 >= before)
                #expect(after["state"]?.stringValue == "paused" && after["share"]?.intValue == 3000)
                try await slipway.expect("rollout", "abort")
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                #expect(try await Self.ask(server.dataPlane(), row: 7).status == 200)
            }
        }
    }
}
