import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// TFLite files from the file to the served answer, and those that are not rebuilt.
    @Suite
    struct LiteDoorTests {
        @Test(arguments: ["vision", "vision-int8"])
        func aTFLiteFileIsImportedServedAndAnswersAsLiteRTDoes(_ example: String) async throws {
            let slipway = try Slipway()
            let imported = try await slipway.run([
                "import", Slipway.example("tflite/\(example).tflite"), "--name", "net", "--json",
            ])
            try #require(imported.exitCode == 0, "\(imported)")
            let source = try await slipway.json("show", "net:1")["known"]?.arrayValue?
                .first { $0["kind"]?.stringValue == "lineage" }?["payload"]
            #expect(source?["library"]?.stringValue == "TensorFlow")
            let arrays = try ExpectedArrays.read(Slipway.example("tflite"))
            let asked = try #require(arrays["\(example)|in|image"])
            let expected = try #require(arrays["\(example)|out|00"]).doubles()
            #expect(try await slipway("deploy", "net:1").exitCode == 0)
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(
                    InferenceRequest(endpoint: "net", inputs: [(name: "image", tensor: asked)]))
                let answered = try reply["output_0"]?.doubles() ?? []
                #expect(answered.count == expected.count && !answered.isEmpty)
                // Integers may differ by one step, numbers by their rounding. Without VNNI ONNX Runtime cuts sums of pairs.
                let step = try TextFile.read("/proc/cpuinfo").contains("_vnni") ? 1.0 : 8
                let allowed = example == "vision" ? 1e-5 : step
                #expect(zip(answered, expected).allSatisfy { abs($0 - $1) <= allowed })
            }
            #expect(ended.exitCode == 0)
        }

        /// An INT8 file goes in, becomes ONNX, and goes out as integers again.
        @Test
        func aQuantisedVersionIsConvertedBackToIntegers() async throws {
            let slipway = try Slipway()
            let folder = try TemporaryDirectory()
            let imported = try await slipway.run([
                "import", Slipway.example("tflite/vision-int8.tflite"), "--name", "net",
            ])
            try #require(imported.exitCode == 0, "\(imported)")
            let converted = try await slipway.run([
                "convert", "net:1", "--to", "tflite", "--output", folder.file("net.tflite"), "--batch", "2",
            ])
            try #require(converted.exitCode == 0, "\(converted)")
            let again = try await slipway.run(["show", folder.file("net.tflite"), "--json"])
            #expect(again.json?["format"]?.stringValue == "TFLite, quantised", "\(again)")
            let kinds = again.json?["layers"]?.arrayValue?.compactMap { $0["class"]?.stringValue } ?? []
            #expect(kinds.count { $0 == "CONV_2D" } == 3, "\(kinds)")
        }

        @Test
        func operatorsThatAreNotRebuiltAreNamedAtOnceAndNothingIsKept() async throws {
            let slipway = try Slipway()
            let file = "\(Slipway.root)/Tests/TensorFlowTests/Fixtures/custom.tflite"
            let imported = try await slipway.run(["import", file, "--name", "net"])
            #expect(imported.exitCode == 7, "\(imported)")
            #expect(imported.talk.contains("MatrixInverse") && imported.talk.contains("UNIQUE"), "\(imported)")
            let shown = try await slipway.run(["show", file])
            #expect(shown.exitCode == 0 && shown.output.contains("refused"), "\(shown)")
            #expect(try await slipway.json("list") == .array([]))
        }
    }
}
