import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// State between requests, with the real binary and unmodified clients.
    @Suite
    struct SequenceTests {
        private static func home() async throws -> Slipway {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("running-mean/running-mean.onnx"), "--name", "mean", "--state",
                "next_count=count",
                "--state", "next_sum=sum")
            try await slipway.expect("deploy", "mean:1")
            return slipway
        }

        @Test(.timeLimit(.minutes(2)))
        func unmodifiedClientsSendSequences() async throws {
            try await Self.home().serving { server in
                let outcome = try await Slipway.command(
                    Slipway.python(),
                    [
                        "\(Slipway.root)/Tests/EndToEndTests/clients/sequences.py", "--url", server.dataAddress,
                        "--endpoint", "mean",
                    ])
                let lines = outcome.output.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)) }
                for line in lines where line["ok"]?.boolValue != true {
                    Issue.record("\(line["check"]?.stringValue ?? "?"): \(line["why"]?.stringValue ?? "?")")
                }
                #expect(lines.count == 15 && outcome.exitCode == 0, "\(outcome)")
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_sequences") == 0, "all have ended")
                #expect(metrics.sum("slipway_sequences_ended_total", ["reason=\"ended\""]) == 49)
            }
        }

        @Test
        func whatCannotBeStateIsRefusedAtTheImport() async throws {
            let slipway = try Slipway()
            for (state, words) in [
                ("next_sum=z", "no input 'z'"), ("z=sum", "no output 'z'"), ("next_sum", "output=input"),
            ] {
                let refused = try await slipway(
                    "import", Slipway.example("running-mean/running-mean.onnx"), "--name", "mean", "--state", state)
                #expect(refused.exitCode != 0 && refused.talk.contains(words), "\(refused)")
            }
        }
    }
}
