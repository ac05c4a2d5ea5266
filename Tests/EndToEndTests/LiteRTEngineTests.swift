import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// LiteRT, where a user meets it.
    @Suite
    struct LiteRTEngineTests {
        @Test
        func aVersionIsServedOnLiteRT() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.expect("deploy", "digits:1", "--engine", "litert")
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                let about = try await server.dataPlane().request("GET", "/v2/models/digits")
                #expect(about.text.contains("litert"), "\(about.text)")
                let client = InferenceClient(try server.dataPlane())
                for row in digits.agreed.prefix(40) {
                    var request = try digits.request(row)
                    request.outputs = ["logits_argmax"]
                    let reply = try await client.infer(request)
                    #expect(reply["logits_argmax"]?.values(as: Int64.self) == [Int64(digits.labels[row])])
                }
            }
            #expect(!ended.talk.contains("XNNPACK"), "the library's own line is not the server's: \(ended.talk)")
        }

        @Test
        func anImportTellsHowFarItIsFromTheOthersAndWhatItLacks() async throws {
            let slipway = try Slipway()
            let cnn = try await slipway.expect("import", "Examples/digits/cnn.onnx", "--name", "cnn")
            #expect(cnn.output.contains("LiteRT 2.3.0 loads in"), "\(cnn)")
            #expect(cnn.output.contains("agrees"), "\(cnn)")
            let iris = try await slipway.expect("import", "Examples/iris/iris.onnx", "--name", "iris")
            #expect(iris.output.contains("(LinearClassifier): LiteRT has no counterpart"), "\(iris)")
            let refused = try await slipway.run([
                "evaluate", "iris:1", "--data", "Examples/iris/iris.csv", "--engine", "litert",
            ])
            #expect(refused.exitCode != 0 && refused.talk.contains("SW3003"), "\(refused)")
            #expect(refused.talk.contains("(LinearClassifier)"), "\(refused)")
        }
    }
}
