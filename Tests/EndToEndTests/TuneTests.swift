import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct TuneTests {
        @Test
        func whatATuningFindsIsDeployedAndCanBeRefused() async throws {
            let slipway = try await Slipway.withDigits()
            let nothing = try await slipway.run(["recommend", "digits:1", "--rate", "5"])
            #expect(nothing.exitCode == 3 && nothing.talk.contains("slipway tune digits:1"), "\(nothing)")
            let plan = try await slipway.run(["tune", "digits:1", "--dry-run", "--json"])
            let setups = plan.json?["setups"]?.arrayValue ?? []
            #expect(plan.exitCode == 0 && setups.count > 1, "\(plan)")

            let tuned = try await slipway.run(["tune", "digits:1", "--slo", "p99=5s", "--budget", "6s", "--json"])
            #expect(tuned.exitCode == 0, "\(tuned)")
            let trials = tuned.json?["trials"]?.arrayValue ?? []
            #expect(trials.count > 1 && trials.allSatisfy { $0["outcome"]?.stringValue != nil }, "\(tuned)")
            // On a machine that others use, one way or the other may break any promise; not all of them.
            let promises = tuned.json?["servings"]?.arrayValue?.compactMap { $0["promise"]?.doubleValue } ?? []
            #expect((promises.max() ?? 0) > 0, "\(tuned)")
            let engine = try #require(tuned.json?["tuning"]?["engine"]?["name"]?.stringValue)

            let shown = try await slipway.run(["show", "digits:1"])
            #expect(shown.output.contains("tuned    \(engine)"), "\(shown)")
            let recommended = try await slipway.run(
                ["recommend", "digits:1", "--rate", "2", "--slo", "p99=5s", "--price", "1", "--json"])
            #expect(recommended.json?["recommended"]?["machines"]?.intValue == 1, "\(recommended)")
            let impossible = try await slipway.run(["recommend", "digits:1", "--rate", "2", "--slo", "p99=1us"])
            #expect(impossible.exitCode == 1 && impossible.talk.contains("p99"), "\(impossible)")

            let byHand = try await slipway.run(["plan", "digits:1", "--engine", "onnxruntime"])
            #expect(!byHand.output.contains("tuned:"), "\(byHand)")
            let deployed = try await slipway.run(["plan", "digits:1", "--engine", "auto"])
            #expect(deployed.output.contains("tun") && deployed.output.contains(engine), "\(deployed)")
            #expect(try await slipway.run(["deploy", "digits:1", "--engine", "auto"]).exitCode == 0)
            try await slipway.serving { server in
                let reply = try await server.dataPlane().request("GET", "/v2/models/digits")
                let platform = engine == "onnxruntime" ? "onnxruntime_onnx" : engine
                #expect(reply.status == 200 && reply.text.contains(platform), "\(reply.text)")
            }
        }

        @Test
        func twoVersionsAreComparedTurnByTurn() async throws {
            let slipway = try await Slipway.withDigits()
            let same = try await slipway.run(["compare", "digits:1", "digits:1", "--budget", "2s", "--json"])
            #expect(same.exitCode == 0, "\(same)")
            #expect(same.json?["answers"]?["largestDifference"]?.doubleValue == 0)
            #expect((same.json?["rounds"]?.intValue ?? 0) >= 3)
            // How fast it is here the machine decides; that the verdict follows from the interval does not depend on it.
            let ratio = try #require(same.json?["ratio"])
            let mean = try #require(ratio["mean"]?.doubleValue)
            let (low, high) = (ratio["low"]?.doubleValue ?? 0, ratio["high"]?.doubleValue ?? .infinity)
            #expect(low <= mean && mean <= high, "\(same)")
            let verdict = try #require(same.json?["verdict"]?.stringValue)
            #expect(verdict != "faster" || low > 1, "\(same)")
            #expect(verdict != "slower" || high < 1, "\(same)")
            let wrong = try await slipway.run(["compare", "digits:1", "digits:1,engine=abacus"])
            #expect(wrong.exitCode == 64, "\(wrong)")
            let absent = try await slipway.run(["compare", "digits:1", "digits:9"])
            #expect(absent.exitCode == 3, "\(absent)")
        }
    }
}
