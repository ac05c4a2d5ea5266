import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// What PyTorch exports, from the archive to the served answer.
    @Suite
    struct TorchDoorTests {
        @Test(
            arguments: [
                ("convolutional.pt2", []), ("block.pt2", []), ("convolutional.pt", ["--shape", "N,1,12,12"]),
            ] as [(String, [String])])
        func aProgramIsImportedServedAndAnswersAsPyTorchDoes(_ file: String, _ options: [String]) async throws {
            let slipway = try Slipway()
            let network = String(file.prefix { $0 != "." })
            let imported = try await slipway.run(
                ["import", Slipway.example("pytorch/2.15/\(file)"), "--name", "net", "--json"] + options)
            try #require(imported.exitCode == 0, "\(imported)")
            #expect(imported.json?["changes"]?.arrayValue?.first?.stringValue?.contains("of PyTorch") == true)
            let shown = try await slipway.json("show", "net:1")
            let arrays = try ExpectedArrays.read(Slipway.example("pytorch/2.15"))
            let asked = try #require(arrays["\(network)|in|00"])
            let expected = try #require(arrays["\(network)|out|00"]?.values(as: Float.self))
            let input = shown["signature"]?["inputs"]?.arrayValue?.first
            #expect(input?["shape"]?.arrayValue?.first?.stringValue == "N", "\(shown)")
            let name = try #require(input?["name"]?.stringValue)
            #expect(try await slipway("deploy", "net:1").exitCode == 0)
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(
                    InferenceRequest(endpoint: "net", inputs: [(name: name, tensor: asked)]))
                let answered = reply["output"]?.values(as: Float.self) ?? []
                #expect(answered.count == expected.count && !answered.isEmpty)
                #expect(zip(answered, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
            }
            #expect(ended.exitCode == 0)
        }

        /// Real files of versions that wrote another layout, or other JSON, each with what that version answered.
        @Test(arguments: ["conv-2.3.1", "perceptron-2.5.1", "conv-2.7.1"])
        func anOlderProgramAnswersAsItsPyTorchDid(_ name: String) async throws {
            let slipway = try Slipway()
            let file = Slipway.root + "/Tests/TorchTests/Fixtures/" + name
            let imported = try await slipway.json(
                "import", file + ".pt2", "--reference", file + ".npz", "--tolerance", "1e-6", "--name", "older")
            let outputs = imported["references"]?.arrayValue?.first?["outputs"]?.arrayValue
            #expect(outputs?.isEmpty == false, "\(imported.encodedString())")
        }

        @Test
        func aProgramIsShownAndScannedWithoutAnythingRunning() async throws {
            let slipway = try Slipway()
            let file = Slipway.example("pytorch/2.15/convolutional.pt2")
            let shown = try await slipway.run(["show", file])
            #expect(shown.exitCode == 0 && shown.output.contains("conv2d.default"), "\(shown)")
            let script = try await slipway.run(["import", Slipway.example("pytorch/2.15/convolutional.pt")])
            #expect(script.exitCode == 7 && script.talk.contains("--shape N,1,28,28"), "\(script)")
            let scanned = try await slipway.run(["scan", file, "--json"])
            #expect(scanned.exitCode == 0 || scanned.exitCode == 1, "\(scanned)")
        }
    }
}
