import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// What clients may do only where the server is told so, and TensorFlow Serving's services; unmodified clients.
    @Suite
    struct OptInClientTests {
        typealias Clients = OpenInferenceClientTests

        @Test
        func modelsComeAndGoAsClientsAsk() async throws {
            let slipway = try Slipway()
            for network in ["mlp", "cnn"] { try await slipway.importDigits(network) }
            try await slipway.serving(["serve", "--model-control", "explicit", "--server-name", "triton"]) { server in
                let outcome = try await Clients.client("repository.py", server, "--model", "digits")
                Clients.require(outcome, checks: 8)
            }
            let history = try await slipway.json("history", "digits").arrayValue ?? []
            #expect(history.count == 10, "each change is a revision like any other: \(history)")
            #expect(history.first?["cause"]?.stringValue == "undeploy", "\(history)")
        }

        @Test
        func tensorsAreTakenFromSharedMemoryAndPutThere() async throws {
            let slipway = try await Slipway.withDigits()
            let prefix = "slipway_e2e_\(getpid())_"
            try await slipway.serving(["serve", "--shared-memory-prefix", prefix]) { server in
                let outcome = try await Clients.client(
                    "shared_memory.py", server, "--endpoint", "digits", "--prefix", prefix)
                Clients.require(outcome, checks: 6)
            }
        }

        @Test
        func clientsOfTensorFlowServingAreAnswered() async throws {
            let slipway = try Slipway()
            let model = slipway.scratch.file("identity.onnx")
            let written = try await Slipway.command(
                Slipway.python(), ["\(Slipway.root)/Tests/EndToEndTests/clients/identity_model.py", model])
            #expect(written.exitCode == 0, "\(written)")
            try await slipway.importDigits("mlp")
            try await slipway.expect("import", model)
            try await slipway.expect("import", Slipway.example("iris/iris.onnx"))
            for name in ["digits:1", "identity:1", "iris:1"] { try await slipway.expect("deploy", name) }
            try await slipway.serving { server in
                let outcome = try await Clients.client(
                    "tensorflow_grpc.py", server, "--endpoint", "digits", "--data",
                    Slipway.example("digits/held-out.npz"), "--expected", Slipway.example("digits/expected.json"))
                Clients.require(outcome, checks: 8)
            }
        }
    }
}
