import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// scikit-learn's files from the pickle to the served answer, and pickles that are armed.
    @Suite
    struct PickleDoorTests {
        private static let fixtures = "\(Slipway.root)/Tests/PickleTests/Fixtures"
        private static let canary = "/tmp/slipway-canary"

        @Test
        func aPickledModelIsImportedServedAndAnswersAsScikitLearnDoes() async throws {
            let slipway = try Slipway()
            let file = Slipway.example("scikit-learn/1.9/pipeline-forest.joblib")
            let imported = try await slipway.run(["import", file, "--name", "flowers", "--json"])
            try #require(imported.exitCode == 0, "\(imported)")
            #expect(
                imported.json?["changes"]?.arrayValue?.first?.stringValue?.contains("Pipeline of scikit-learn 1.9")
                    == true)
            let shown = try await slipway.json("show", "flowers:1")
            let source = shown["known"]?.arrayValue?.first { $0["kind"]?.stringValue == "lineage" }?["payload"]
            #expect(source?["library"]?.stringValue == "scikit-learn")
            #expect(source?["digest"]?.stringValue?.hasPrefix("sha256:") == true)
            let arrays = try ExpectedArrays.read(Slipway.example("scikit-learn/1.9"))
            let kept = try #require(arrays["pipeline-forest|X"])
            // An input that is text names an equal one.
            let asked = try kept.strings?.decoded.first.map { try #require(arrays[$0]) } ?? kept
            let expected = try #require(arrays["pipeline-forest|label"]?.strings?.decoded)
            let answered = try #require(arrays["pipeline-forest|probabilities"]?.values(as: Float.self))
            #expect(try await slipway("deploy", "flowers:1").exitCode == 0)
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(
                    InferenceRequest(endpoint: "flowers", inputs: [(name: "X", tensor: asked)]))
                #expect(reply["label"]?.strings?.decoded == expected)
                let probabilities = reply["probabilities"]?.values(as: Float.self) ?? []
                #expect(zip(probabilities, answered).allSatisfy { abs($0 - $1) <= 1e-5 } && !probabilities.isEmpty)
            }
            #expect(ended.exitCode == 0)
        }

        @Test
        func aFileOfWeightsIsShownAndItsImportSaysWhatToDo() async throws {
            let slipway = try Slipway()
            let file = "\(Self.fixtures)/state.pt"
            let shown = try await slipway.run(["show", file])
            #expect(shown.exitCode == 0 && shown.output.contains("layer.turned"), "\(shown)")
            let imported = try await slipway.run(["import", file, "--name", "net"])
            #expect(imported.exitCode == 7 && imported.talk.contains("torch.onnx.export"), "\(imported)")
            #expect(try await slipway.json("list") == .array([]))
        }

        @Test(
            arguments: [
                ("state.pt", 0), ("weights.safetensors", 0), ("module.pt", 1), ("canary.pt", 7), ("canary-0.pkl", 7),
            ] as [(String, Int32)])
        func aScanEndsWithTheWorstThatWasFound(_ file: String, _ exitCode: Int32) async throws {
            let outcome = try await Slipway().run(["scan", "\(Self.fixtures)/\(file)", "--json"])
            #expect(outcome.exitCode == exitCode, "\(outcome)")
            #expect(
                outcome.json?["outcome"]?.stringValue == ["harmless", "unknown", "dangerous"][min(Int(exitCode), 2)])
        }

        /// Whatever takes a model file is given armed ones.
        @Test
        func aCanaryFiresThroughNoDoor() async throws {
            let slipway = try Slipway()
            let armed = TextFile.list(Self.fixtures).filter { $0.hasPrefix("canary") }
            try #require(armed.count == 9)
            for file in armed.map({ "\(Self.fixtures)/\($0)" }) {
                for verb in [
                    ["scan", file], ["show", file], ["show", file, "--layers"], ["import", file, "--name", "x"],
                    ["run", file, "--port", "0"],
                ] {
                    let outcome = try await slipway.run(verb, within: 30)
                    #expect(
                        outcome.exitCode == 7 || verb.first == "show" && file.hasSuffix(".pt"), "\(verb): \(outcome)")
                }
            }
            #expect(try await slipway.shell("test ! -e \(Self.canary)").exitCode == 0)
            #expect(try await slipway.json("list") == .array([]))
        }
    }
}
