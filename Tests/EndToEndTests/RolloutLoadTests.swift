import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Rollouts under a steady load of one generator without keys.
    @Suite
    struct RolloutLoadTests {
        @Test
        func oneGeneratorLosesAtMostTenRequestsToACanaryThatAlwaysFails() async throws {
            let table = try await RolloutTable(second: [1, 2])
            try await table.slipway.serving { server in
                let load = try await RolloutTable.load(server, perSecond: 400)
                try await wait(for: "answers") { load.snapshot().ok > 300 }
                try await table.begin("--steps", "5%,50%")
                let report = try await table.wait(for: "the end") { $0.state == "rolled back" }
                let before = load.snapshot()
                try await wait(for: "more answers") { load.snapshot().ok > before.ok + 400 }
                let ended = await load.stop()
                #expect((1...10).contains(ended.failed), "\(ended.messages)")
                #expect((1...10).contains(report.decision?["canaryFailures"]?.intValue ?? 0))
                #expect(try await table.traffic() == "table:1 100%")
            }
        }

        @Test
        func aSlowVersionIsTakenBack() async throws {
            let table = try await RolloutTable(second: Array(repeating: 1, count: 16), work: 100)
            try await table.slipway.serving { server in
                let load = try await RolloutTable.load(server, perSecond: 200)
                try await wait(for: "answers") { load.snapshot().ok > 300 }
                try await table.begin("--steps", "20%,50%", "--step-duration", "10m")
                let report = try await table.wait(for: "the end") { $0["over"]?.boolValue == true }
                let ended = await load.stop()
                #expect(report.state == "rolled back" && ended.failed == 0, "\(report)")
                #expect(report.decision?["stream"]?.stringValue?.hasPrefix("slower") == true, "\(report)")
                #expect(report["latencyLimits"]?.arrayValue?.count == 3)
            }
        }

        @Test
        func peoplePauseResumeAndEndIt() async throws {
            let table = try await RolloutTable(second: Array(repeating: 2, count: 16))
            try await table.slipway.serving { server in
                let load = try await RolloutTable.load(server, perSecond: 200)
                try await table.begin("--steps", "20%,60%", "--step-duration", "2s", "--ignore-latency")
                try await table.slipway.expect("rollout", "pause")
                let paused = try await table.report()
                #expect(
                    paused.state == "paused" && paused.decision?["reason"]?.stringValue?.contains("paused by") == true)
                let seen = load.snapshot().versions["2"] ?? 0
                try await wait(for: "more than the step's time of answers") {
                    load.snapshot().versions["2"] ?? 0 > seen + 120
                }
                #expect(try await table.report()["share"]?.intValue == 2000, "a paused rollout keeps its share")
                try await table.slipway.expect("rollout", "resume")
                try await table.wait(for: "the second step") { $0["share"]?.intValue == 6000 }
                try await table.slipway.expect("rollout", "abort")
                let ended = try await table.report()
                #expect(ended.state == "rolled back" && ended.decision?["kind"]?.stringValue == "abort")
                #expect(try await table.traffic() == "table:1 100%")
                let again = try await table.slipway.run(["rollout", "pause"])
                #expect(again.exitCode == 5, "nothing is under way: \(again)")
                #expect(await load.stop().failed == 0)
            }
        }
    }
}
