import Client
import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Rollouts as one client sees them who asks one thing after the other.
    @Suite
    struct RolloutTests {
        /// Asks until the rollout is in a state.
        ///
        /// - Returns: how many requests failed meanwhile.
        private static func ask(
            _ client: HTTPClient, _ slipway: Slipway, row: Int = 7, until state: String
        ) async throws -> Int {
            var failed = 0
            try await wait(for: "the rollout to be \(state)", atMost: .seconds(90)) {
                for _ in 0..<50 { failed += try await RolloutTable.ask(client, row: row).status == 200 ? 0 : 1 }
                return try await slipway.json("rollout", "table")["state"]?.stringValue == state
            }
            return failed
        }

        @Test
        func aCanaryThatAlwaysFailsIsStoppedWithinTenFailedRequests() async throws {
            let slipway = try await RolloutTable(second: [1, 2]).slipway
            let canary = ["plan", "table:2", "--strategy", "canary", "--steps", "5%,50%"]
            #expect(try await slipway.run(canary).output.contains("no traffic is known"), "no server, no counters")
            try await slipway.serving { server in
                let client = try server.dataPlane()
                let unknown = try await slipway.run(canary)
                #expect(
                    unknown.output.contains("no traffic is known")
                        && unknown.output.contains("10 times the errors: rolled back after"), "\(unknown)")
                for _ in 0..<300 { _ = try await RolloutTable.ask(client, row: 7) }
                // The last minute is known from its second sample on.
                try await wait(for: "a plan that knows the traffic") {
                    _ = try await RolloutTable.ask(client, row: 7)
                    let plan = try await slipway.run(canary).output
                    return plan.contains("canary 5%") && plan.contains("10 times the errors")
                        && plan.contains("requests a second") && plan.contains("none of 3")
                }
                let forecast = try await slipway.json("plan", "table:2", "--strategy", "canary")["forecast"]
                #expect(forecast?["requestsPerSecond"]?.doubleValue ?? 0 > 0)
                #expect(forecast?["findings"]?.arrayValue?.compactMap { $0["harmed"]?.doubleValue }.count == 2)
                try await slipway.expect("deploy", "table:2", "--strategy", "canary", "--steps", "5%,50%")
                let refused = try await slipway.run(["deploy", "table:2"])
                #expect(refused.exitCode == 5, "\(refused)")
                let failed = try await Self.ask(client, slipway, until: "rolled back")
                #expect((1...10).contains(failed), "\(failed) failed")
                let report = try await slipway.json("rollout")
                let last = try #require(report["decisions"]?.arrayValue?.last)
                #expect(last["kind"]?.stringValue == "rollback" && last["stream"]?.stringValue == "errors")
                // Some may fail between the verdict and its coming into force.
                #expect((1...failed).contains(last["canaryFailures"]?.intValue ?? 0))
                #expect(last["stableFailures"]?.intValue == 0)
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                for _ in 0..<50 { #expect(try await RolloutTable.ask(client, row: 7).status == 200) }
            }
            let history = try await slipway.expect("history", "table")
            #expect(history.output.contains("rollback to 1"), "\(history)")
        }

        /// F36: one server, and a version of each kind that is bad in its own way.
        @Test
        func noNumbersTwiceTheErrorsAndWhatDoesNotLoadEndIt() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: .nan, count: 16)).slipway
            // The third knows half of the rows; the fourth asks for what no engine has.
            var strange = try RolloutTable.model(Array(repeating: 4, count: 16))
            strange.graph.nodes[0].operatorType = "Nothing"
            strange.graph.nodes[0].domain = "nowhere"
            strange.opsetImports.append(OpsetImport(1, domain: "nowhere"))
            for model in [try RolloutTable.model(Array(repeating: 3, count: 8)), strange] {
                let file = slipway.scratch.file("next.onnx")
                try TextFile.write(model.encoded(), to: file)
                try await slipway.expect("import", file, "--name", "table", "--no-run")
            }
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect("deploy", "table:2", "--strategy", "canary", "--steps", "5%,50%")
                #expect(try await Self.ask(client, slipway, until: "rolled back") == 0)
                let last = try await slipway.json("rollout")["decisions"]?.arrayValue?.last
                #expect(last?["stream"]?.stringValue == "invalid")
                #expect((1...10).contains(last?["canaryFailures"]?.intValue ?? 0))

                let unloadable = try await slipway.run(["deploy", "table:4", "--strategy", "canary", "--steps", "50%"])
                #expect(unloadable.exitCode == 1 && unloadable.talk.contains("does not load"), "\(unloadable)")
                for _ in 0..<20 { #expect(try await RolloutTable.ask(client).status == 200) }

                // One in ten fails on both, and another one in ten on the new version.
                func ask(_ count: Int) async throws {
                    for index in 0..<count {
                        let row = index % 10 == 0 ? 99 : index % 10 == 5 ? 12 : 7
                        _ = try await RolloutTable.ask(client, row: row)
                    }
                }
                try await ask(300)
                try await slipway.expect(
                    "deploy", "table:3", "--strategy", "canary", "--steps", "50%", "--step-duration", "1h",
                    "--ignore-latency")
                var report = JSONValue.null
                try await wait(for: "twice the errors to be noticed", atMost: .seconds(60)) {
                    try await ask(250)
                    report = try await slipway.json("rollout", "table")
                    return report.state == "rolled back"
                }
                let verdict = try #require(report.decision)
                #expect(verdict["kind"]?.stringValue == "rollback", "\(verdict)")
                let (bad, good) = (verdict["canaryFailures"]?.intValue ?? 0, verdict["stableFailures"]?.intValue ?? 0)
                // What was harmed lies within the budget of 50, whose end asks for some evidence; as much again is chance.
                #expect(bad > good && bad - good <= 100, "\(bad) and \(good) failed: \(verdict)")
                #expect(try await RolloutTable.ask(client, row: 12).status == 200)
            }
        }

        @Test
        func aGoodVersionGoesThroughItsStepsWithoutAFailedRequest() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
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

        @Test
        func withdrawingAnEndpointEndsItsRolloutAndNothingPutsItBack() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
            @Sendable func state() async throws -> String? {
                try await slipway.json("rollout", "table")["state"]?.stringValue
            }
            try await slipway.serving { server in
                let client = try server.dataPlane()
                try await slipway.expect(
                    "deploy", "table:2", "--strategy", "canary", "--steps", "20%", "--step-duration", "1h")
                try await wait(for: "the rollout to begin") { try await state() == "running" }
                try await slipway.expect("undeploy", "table")
                try await wait(for: "the rollout's end") { try await state() == "rolled back" }
                #expect(try await RolloutTable.ask(client, row: 7).status == 404)
                let late = try await slipway.run(["rollout", "abort", "table"])
                #expect(late.exitCode != 0 && late.talk.contains("no rollout is under way"), "\(late)")
                #expect(try await RolloutTable.ask(client, row: 7).status == 404)
                try await slipway.expect("deploy", "table:2")
                #expect(try await RolloutTable.ask(client, row: 7).status == 200)
            }
        }

        /// F4 and F37: what fails on both versions is nobody's fault, and what is known outlives the process.
        @Test
        func anIncidentBlamesNobodyAndEvidenceOutlivesTheProcess() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
            try await slipway.serving { server in
                let client = try server.dataPlane()
                func ask(_ count: Int) async throws {
                    for index in 0..<count { _ = try await RolloutTable.ask(client, row: index % 50 == 0 ? 99 : 7) }
                }
                try await ask(300)
                let file = slipway.scratch.file("rollout.json")
                let policy =
                    #"{"strategy": "canary", "steps": ["30%"], "stepDuration": "1h", "latency": false, "early": false}"#
                try TextFile.write(policy, to: file)
                try await slipway.expect("deploy", "table:2", "--rollout", file)
                // What was calm counts after ten seconds, when it is known that it was.
                try await wait(for: "evidence of safety") {
                    try await ask(50)
                    return try await slipway.json("rollout")["safety"]?.doubleValue ?? 0 != 0
                }
                try await wait(for: "an incident") {
                    for _ in 0..<30 { _ = try await RolloutTable.ask(client, row: 99) }
                    return try await slipway.json("rollout")["incident"]?.boolValue == true
                }
                let report = try await slipway.json("rollout")
                #expect(report["state"]?.stringValue == "running")
                #expect(report["holding"]?.stringValue?.contains("nobody is blamed") == true)
                try await slipway.expect("rollout", "pause")
                let known = try await slipway.json("rollout")
                let before = known["canaryRequests"]?.intValue ?? 0
                #expect(before > 0)
                let decided = known["decisions"]?.arrayValue?.compactMap { $0["safety"]?.doubleValue } ?? []
                #expect(decided.last ?? 0 != 0 && decided.count == known["decisions"]?.arrayValue?.count)
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "the server to be gone") { kill(server.worker, 0) != 0 }
                try await wait(for: "answers again") { (try? await RolloutTable.ask(client, row: 7).status) == 200 }
                let after = try await slipway.json("rollout")
                #expect(after["canaryRequests"]?.intValue ?? 0 >= before)
                #expect(after["state"]?.stringValue == "paused" && after["share"]?.intValue == 3000)
                #expect(after["decisions"] == known["decisions"] && after["safety"] == known["safety"])
                try await slipway.expect("rollout", "abort")
                let status = try await slipway.json("status", "table")
                #expect(status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue == "table:1 100%")
                #expect(try await RolloutTable.ask(server.dataPlane(), row: 7).status == 200)
            }
        }
    }
}
