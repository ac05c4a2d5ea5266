import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// SageMaker's contract for multi-model endpoints, as the platform plays it: load, ask, 409, 507, unload.
    @Suite
    struct MultiModelTests {
        @Test
        func aPlatformLoadsAsksAndUnloads() async throws {
            let slipway = try Slipway()
            let large = slipway.scratch.file("large.onnx")
            // 64 MB of weights.
            try TextFile.write(MadeModel.chain(layers: 1, width: 4096), to: large)
            try await slipway.expect("import", large, "--name", "large", "--no-run")
            try await slipway.expect("import", Slipway.example("iris/iris.onnx"))
            let arguments = ["serve", "--model-control", "explicit", "--memory", "250MB"]
            try await slipway.serving(arguments) { server in
                let client = try server.dataPlane()
                func load(_ name: String, _ url: String) async throws -> HTTPReply {
                    let body = JSONValue.object([("model_name", .string(name)), ("url", .string(url))])
                    return try await client.request("POST", "/models", body: body.encoded())
                }
                let hash = "ad25d4d9ab37d3d4a6cd"
                let loaded = try await load(hash, "iris:1")
                #expect(loaded.status == 200, "\(loaded.text)")
                #expect(try await load(hash, "iris:1").status == 409)
                #expect(try await load("absent", "iris:7").status == 404)
                let room = try await load("large", "large:1")
                #expect(room.status == 507 && room.text.contains("may have 250 MB"), "\(room.text)")
                let listed = try await client.request("GET", "/models")
                #expect(listed.text == #"{"models":[{"modelName":"\#(hash)","modelUrl":"iris:1"}]}"#)
                let answer = try await client.request(
                    "POST", "/models/\(hash)/invoke",
                    headers: [
                        HTTPHeader("content-type", "text/csv"),
                        HTTPHeader("x-amzn-sagemaker-target-model", "flowers.tar.gz"),
                        HTTPHeader("accept", "text/csv; output=label"),
                    ], body: Array("4.8,3.0,1.4,0.3".utf8))
                #expect(answer.text == "setosa\n", "\(answer.text)")
                #expect(try await client.request("DELETE", "/models/\(hash)").status == 200)
                #expect(try await client.request("DELETE", "/models/\(hash)").status == 404)
                #expect(try await client.request("GET", "/models/\(hash)").status == 404)
            }
        }
    }
}
