import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// The unmodified third-party client, in Python: see `clients/README.md`.
    @Suite
    struct OpenInferenceClientTests {
        @Test(arguments: ["mlp", "cnn"])
        func digitsAnswerTheUnmodifiedClientAsPythonDid(_ network: String) async throws {
            let slipway = try Slipway()
            try await slipway.importDigits(network)
            try await slipway.expect("deploy", "digits:1")
            try await slipway.serving { server in
                let outcome = try await Self.client(
                    "oip_http.py", server, "--endpoint", "digits", "--model", network, "--data",
                    Slipway.example("digits/held-out.npz"), "--expected", Slipway.example("digits/expected.json"))
                Self.require(outcome, checks: 27)
            }
        }

        @Test
        func irisAnswersWithTheNamesOfSpecies() async throws {
            let slipway = try Slipway()
            try await slipway.expect("import", Slipway.example("iris/iris.onnx"))
            try await slipway.expect("deploy", "iris:1")
            try await slipway.serving { server in
                let outcome = try await Self.client(
                    "oip_http_strings.py", server, "--data", Slipway.example("iris/iris.csv"), "--expected",
                    Slipway.example("iris/expected.json"))
                Self.require(outcome, checks: 3)
            }
        }

        @Test
        func extensionsAnswerTheUnmodifiedClient() async throws {
            let slipway = try Slipway()
            try await slipway.importDigits("mlp")
            try await slipway.expect("deploy", "digits:1")
            try await slipway.serving { server in
                let outcome = try await Self.client("extensions_http.py", server, "--endpoint", "digits")
                Self.require(outcome, checks: 6)
            }
        }

        @Test
        func gRPCClientsAreAnsweredAsPythonDid() async throws {
            let slipway = try Slipway()
            let model = slipway.scratch.file("identity.onnx")
            let written = try await Slipway.command(
                Slipway.python(), ["\(Slipway.root)/Tests/EndToEndTests/clients/identity_model.py", model])
            #expect(written.exitCode == 0, "\(written)")
            try await slipway.importDigits("mlp")
            try await slipway.expect("import", model)
            for name in ["digits:1", "identity:1"] { try await slipway.expect("deploy", name) }
            try await slipway.serving { server in
                let outcome = try await Self.client(
                    "oip_grpc.py", server, "--endpoint", "digits", "--model", "mlp", "--data",
                    Slipway.example("digits/held-out.npz"), "--expected", Slipway.example("digits/expected.json"))
                Self.require(outcome, checks: 20)
            }
        }

        /// Runs a client against a server.
        static func client(
            _ script: String, _ server: Slipway.Server, _ arguments: String...
        ) async throws -> Slipway.Outcome {
            try await Slipway.command(
                Slipway.python(),
                ["\(Slipway.root)/Tests/EndToEndTests/clients/\(script)", "--url", server.dataAddress] + arguments)
        }

        /// Every line of the script's output is a check: all of them ran, and none failed.
        static func require(_ outcome: Slipway.Outcome, checks: Int) {
            let lines = outcome.output.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)) }
            for line in lines where line["ok"]?.boolValue != true {
                Issue.record("\(line["check"]?.stringValue ?? "?"): \(line["why"]?.stringValue ?? "?")")
            }
            #expect(lines.count == checks)
            #expect(outcome.exitCode == 0, "\(outcome)")
        }
    }
}
