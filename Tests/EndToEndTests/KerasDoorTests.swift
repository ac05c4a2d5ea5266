import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Keras's files from the archive to the served answer, and files that carry code.
    @Suite
    struct KerasDoorTests {
        @Test(arguments: ["3.15/residual.keras", "2.15/plain.h5"])
        func aKerasModelIsImportedServedAndAnswersAsKerasDoes(_ example: String) async throws {
            let slipway = try Slipway()
            let (folder, file) = try #require(example.split(separator: "/").map(String.init).pair)
            let network = String(file.prefix { $0 != "." })
            let imported = try await slipway.run([
                "import", Slipway.example("keras/\(example)"), "--name", "net", "--json",
            ])
            try #require(imported.exitCode == 0, "\(imported)")
            #expect(imported.json?["changes"]?.arrayValue?.first?.stringValue?.contains("of Keras \(folder)") == true)
            let shown = try await slipway.json("show", "net:1")
            let source = shown["known"]?.arrayValue?.first { $0["kind"]?.stringValue == "lineage" }?["payload"]
            #expect(source?["library"]?.stringValue == "Keras")
            let arrays = try ExpectedArrays.read(Slipway.example("keras/\(folder)"))
            let asked = try #require(arrays.first { $0.key.hasPrefix("\(network)|in|") }?.value)
            let expected = try #require(arrays["\(network)|out|00"]?.values(as: Float.self))
            let input = try #require(shown["signature"]?["inputs"]?.arrayValue?.first?["name"]?.stringValue)
            #expect(try await slipway("deploy", "net:1").exitCode == 0)
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let reply = try await client.infer(
                    InferenceRequest(endpoint: "net", inputs: [(name: input, tensor: asked)]))
                let output = try #require(shown["signature"]?["outputs"]?.arrayValue?.first?["name"]?.stringValue)
                let answered = reply[output]?.values(as: Float.self) ?? []
                #expect(answered.count == expected.count && !answered.isEmpty)
                #expect(zip(answered, expected).allSatisfy { abs($0 - $1) <= 1e-5 })
            }
            #expect(ended.exitCode == 0)
        }

        private static let fixtures = "\(Slipway.root)/Tests/KerasTests/Fixtures"

        @Test(
            arguments: [("lambda.keras", 7), ("lambda.h5", 7), ("refused.keras", 1), ("mixed.keras", 0)]
                as [(String, Int32)])
        func aScanFindsTheCodeThatAFileCarries(_ file: String, _ exitCode: Int32) async throws {
            let outcome = try await Slipway().run(["scan", "\(Self.fixtures)/\(file)", "--json"])
            #expect(outcome.exitCode == exitCode, "\(outcome)")
            let first = outcome.json?["findings"]?.arrayValue?.first
            if exitCode == 7 { #expect(first?["place"]?.stringValue == "armed", "\(outcome)") }
        }

        @Test
        func whatIsNotRebuiltIsNamedAndNothingIsKept() async throws {
            let slipway = try Slipway()
            let file = "\(Self.fixtures)/refused.keras"
            let imported = try await slipway.run(["import", file, "--name", "net"])
            #expect(imported.exitCode == 7 && imported.talk.contains("model.export"), "\(imported)")
            for name in ["words", "steps", "doubled", "odd"] {
                #expect(imported.talk.contains("'\(name)'"), "\(imported)")
            }
            let shown = try await slipway.run(["show", file])
            #expect(shown.exitCode == 0 && shown.output.contains("148 parameters"), "\(shown)")
            #expect(try await slipway.json("list") == .array([]))
        }
    }
}

extension [String] {
    /// The two of a pair.
    fileprivate var pair: (String, String)? { count == 2 ? (self[0], self[1]) : nil }
}
