import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct RunTests {
        @Test(arguments: ["onnxruntime", "openvino", "litert"])
        func aFileIsServedWithALineThatWorksAsPasted(_ engine: String) async throws {
            // The temporary home of `run` goes here; nothing else may, from whatever library.
            let temporary = try TemporaryDirectory()
            let person = try TemporaryDirectory()
            let slipway = try Slipway(
                environment: ["TMPDIR": temporary.path, "HOME": person.path, "XDG_CACHE_HOME": person.file("cache")])
            let ended = try await slipway.starting(
                ["run", Slipway.example("digits/mlp.onnx"), "--port", "0", "--engine", engine]
            ) { running in
                #expect(running.line.hasPrefix("curl -s http://127.0.0.1:"))
                let pasted = try await slipway.shell(running.line)
                #expect(pasted.json?["model_name"]?.stringValue == "mlp", "\(pasted)")
                let logits = pasted.json?["outputs"]?.arrayValue?.first
                #expect(logits?["name"]?.stringValue == "logits")
                #expect(logits?["shape"]?.arrayValue?.compactMap(\.intValue) == [1, 10])
                #expect(logits?["data"]?.arrayValue?.count == 10)
                #expect(!TextFile.list(temporary.path).isEmpty)
            }
            #expect(ended.exitCode == 0, "\(ended.talk)")
            #expect(ended.talk.contains("is ready on http://127.0.0.1:"))
            #expect(TextFile.list(temporary.path).filter { $0.hasPrefix("slipway") } == [])
            #expect(TextFile.list(person.path + "/.local") == [])
            #expect(TextFile.list(slipway.home.path) == [], "the home of the person is not touched")
        }

        @Test
        func processingAndNameOfAFileAreServed() async throws {
            let slipway = try Slipway()
            let digits = try DigitsExample()
            try await slipway.serving([
                "run", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"),
            ]) { server in
                let client = InferenceClient(try server.dataPlane())
                let row = digits.agreed[0]
                var request = try digits.request(row)
                request.outputs = ["logits_argmax"]
                let reply = try await client.infer(request)
                #expect(reply["logits_argmax"]?.values(as: Int64.self) == [Int64(digits.labels[row])])
            }
        }

        /// Words that were made up are no numbers: others are tried, at the import and when it is loaded.
        @Test
        func aModelThatReadsNumbersFromTextIsServed() async throws {
            let slipway = try Slipway()
            let port = { ValueInfo($0, $1, [.symbol("N")]) }
            let graph = Graph(
                "reader",
                nodes: [Node("Cast", ["x"], ["y"], attributes: [Attribute("to", .int(6))])],
                inputs: [port("x", .string)], outputs: [port("y", .int32)])
            let file = slipway.scratch.file("reader.onnx")
            try TextFile.write(try Model(graph, opset: 17, irVersion: 8).encoded(), to: file)
            try await slipway.expect("import", file, "--name", "reader")
            try await slipway.expect("deploy", "reader:1")
            try await slipway.serving { server in
                let reply = try await server.dataPlane().request(
                    "POST", "/v2/models/reader/infer",
                    body: Array(#"{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["7","-12"]}]}"#.utf8))
                let output = reply.json?["outputs"]?.arrayValue?.first
                #expect(output?["data"]?.arrayValue?.map(\.intValue) == [7, -12], "\(reply.text)")
            }
        }

        @Test
        func aRegisteredVersionIsServedBesideTheServerOfItsHome() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            try await slipway.serving { _ in
                let ended = try await slipway.serving(["run", "digits:2"]) { server in
                    let client = InferenceClient(try server.dataPlane())
                    #expect(try await client.infer(digits.request(0)).modelVersion == "2")
                }
                #expect(ended.exitCode == 0)
            }
            #expect(try await slipway.json("history", "digits").arrayValue?.count == 1, "nothing of a run is recorded")
        }
    }
}
