import Client
import Tensors
import Testing

/// Answers with the request's inputs as outputs, in the form in which they came.
@Sendable private func echo(_ request: ScriptedServer.Request) -> ScriptedServer.Action {
    let length = request.headers["inference-header-content-length"].flatMap { Int($0) } ?? request.body.count
    guard case .object(var members)? = try? JSONValue.parse(Array(request.body[..<length])) else {
        return .write([reply(400, #"{"error":"not JSON"}"#)])
    }
    members.removeAll { $0.key == "outputs" || $0.key == "parameters" }
    for index in members.indices where members[index].key == "inputs" { members[index].key = "outputs" }
    members.append(JSONValue.Member(key: "model_name", value: "echo"))
    members.append(JSONValue.Member(key: "model_version", value: "7"))
    let json = JSONValue.object(members).encoded()
    let header = "Inference-Header-Content-Length: \(json.count)"
    let isBinary = length < request.body.count
    return .write([reply(200, json + request.body[length...], headers: isBinary ? [header] : [])])
}

struct InferenceTests {
    static let tensors: [(name: String, tensor: Tensor)] = {
        let samples: [(String, Result<Tensor, TensorError>)] = [
            (
                "f",
                Result { () throws(TensorError) in
                    try Tensor(.float32, Shape([2, 2]), values: [1, -0.5, 1e30, 0] as [Float])
                }
            ),
            ("d", Result { () throws(TensorError) in try Tensor(.float64, Shape([1]), values: [0.1] as [Double]) }),
            ("i", Result { () throws(TensorError) in try Tensor(.int64, Shape([3]), values: [Int64.min, 0, .max]) }),
            (
                "u",
                Result { () throws(TensorError) in try Tensor(.uint8, Shape([1, 2]), values: [0, 255] as [UInt8]) }
            ),
            ("b", Result { () throws(TensorError) in try Tensor(.bool, Shape([2]), values: [1, 0] as [UInt8]) }),
            (
                "s",
                Result { () throws(TensorError) in try Tensor(Shape([3]), strings: StringElements(["a", "", "xyz"])) }
            ),
            ("empty", Result { () throws(TensorError) in try Tensor(zeros: .float32, Shape([0, 4])) }),
            ("scalar", Result { () throws(TensorError) in try Tensor(.int32, .scalar, values: [-3] as [Int32]) }),
        ]
        return samples.compactMap { name, tensor in (try? tensor.get()).map { (name, $0) } }
    }()

    @Test(arguments: [true, false])
    func tensorsSurviveTheRoundTrip(isBinary: Bool) async throws {
        #expect(Self.tensors.count == 8)
        try await ScriptedServer.with(answer: echo) { server in
            let client = InferenceClient(HTTPClient(server.address), bearer: "secret")
            let answer = try await client.infer(endpoint: "echo", inputs: Self.tensors, isBinary: isBinary)
            #expect(answer.modelName == "echo" && answer.modelVersion == "7")
            #expect(answer.outputs.map(\.name) == Self.tensors.map(\.name))
            for (sent, came) in zip(Self.tensors, answer.outputs) {
                #expect(came.tensor.elementType == sent.tensor.elementType && came.tensor.shape == sent.tensor.shape)
                #expect(came.tensor.bytes.elementsEqual(sent.tensor.bytes), "\(sent.name)")
                #expect(came.tensor.strings == sent.tensor.strings)
            }
            #expect(server.requests.first?.headers["authorization"] == "Bearer secret")
            #expect(server.requests.first?.headers["inference-header-content-length"] != nil || !isBinary)
        }
    }

    @Test func requestNamesEndpointVersionIdentityAndOutputs() async throws {
        try await ScriptedServer.with(answer: echo) { server in
            var request = InferenceRequest(
                endpoint: "my model/é", version: "3", inputs: Array(Self.tensors.prefix(1)), outputs: ["y"])
            request.id = "42"
            let answer = try await InferenceClient(HTTPClient(server.address)).infer(request)
            #expect(answer.requestID == "42")
            let seen = try #require(server.requests.first)
            #expect(seen.path == "/v2/models/my%20model%2F%C3%A9/versions/3/infer")
            let length = try #require(seen.headers["inference-header-content-length"].flatMap { Int($0) })
            #expect(seen.body.count == length + 16)
            let json = try JSONValue.parse(Array(seen.body[..<length]))
            #expect(json["outputs"] == [["name": "y", "parameters": ["binary_data": true]]])
            #expect(
                json["inputs"] == [
                    ["name": "f", "shape": [2, 2], "datatype": "FP32", "parameters": ["binary_data_size": 16]]
                ])
        }
    }

    @Test func halfPrecisionIsRefusedInJSONButNotInBinary() async throws {
        let tensor = try Tensor(.float16, Shape([1]), values: [0x3C00] as [UInt16])
        try await ScriptedServer.with(answer: echo) { server in
            let client = InferenceClient(HTTPClient(server.address))
            let answer = try await client.infer(endpoint: "echo", inputs: [("h", tensor)])
            #expect(answer["h"]?.values(as: UInt16.self) == [0x3C00])
            await #expect {
                try await client.infer(endpoint: "echo", inputs: [("h", tensor)], isBinary: false)
            } throws: {
                ($0 as? ClientError)?.code == .invalidRequest
            }
        }
    }

    /// JSON, and how many bytes come after it.
    static let contradictions: [(json: String, count: Int)] = [
        ("", 0), ("[]", 0), ("{}", 0), (#"{"outputs":[]}"#, 0), (#"{"model_name":"m"}"#, 0),
        (#"{"model_name":"m","outputs":[]}"#, 1),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP31","shape":[1],"data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[-1],"data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1.5],"data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[99999999999],"data":[1]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","data":[1],"datatype":"FP32","shape":[99999999999]}]}"#, 0),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"FP64","shape":[4611686018427387904],"data":[1]}]}"#, 0),
        (
            #"{"model_name":"m","outputs":[{"name":"y","datatype":"FP64","shape":[9223372036854775807,3],"data":[]}]}"#,
            0
        ),
        (#"{"model_name":"m","outputs":[{"name":"y","datatype":"BYTES","shape":[2],"data":["a"]}]}"#, 0),
        (binary("FP32", "[1]", 4), 3), (binary("FP32", "[1]", 4), 5), (binary("FP32", "[2]", 4), 4),
        (binary("FP32", "[1]", -4), 4), (binary("FP64", "[4611686018427387904]", 8), 8),
        (binary("BYTES", "[1]", 3), 3), (binary("BYTES", "[2]", 4), 4),
        (
            #"{"model_name":"m","outputs":["# + (1...2).map { _ in output("FP32", "[0]", 0) }.joined(separator: ",")
                + "]}", 0
        ),
    ]

    @Test(arguments: contradictions)
    func replyThatContradictsItselfIsRefused(json: String, count: Int) async throws {
        let bytes = Array(json.utf8) + [UInt8](repeating: 0, count: count)
        let length = "Inference-Header-Content-Length: \(json.utf8.count)"
        try await ScriptedServer.with(answer: { _ in .write([reply(200, bytes, headers: [length])]) }) { server in
            await #expect {
                try await InferenceClient(HTTPClient(server.address)).infer(endpoint: "m", inputs: [])
            } throws: {
                ($0 as? ClientError)?.code == .malformedReply
            }
        }
    }

    @Test(arguments: ["-1", "x", "", "3", "99999999999999999999"])
    func lengthBeyondTheBodyIsRefused(length: String) async throws {
        let bytes = reply(200, "{}", headers: ["Inference-Header-Content-Length: \(length)"])
        try await ScriptedServer.with(answer: { _ in .write([bytes]) }) { server in
            await #expect {
                try await InferenceClient(HTTPClient(server.address)).infer(endpoint: "m", inputs: [])
            } throws: {
                ($0 as? ClientError)?.code == .malformedReply
            }
        }
    }

    /// Every way to cut or change one byte of a good reply gives an answer or an error, never a trap.
    @Test func damagedRepliesNeverTrap() async throws {
        let good = Array(#"{"model_name":"m","outputs":["#.utf8) + Array(Self.output("FP32", "[2]", 8).utf8)
        let json = good + Array("]}".utf8)
        try await ScriptedServer.with(answer: { request in
            var bytes = json + [UInt8](repeating: 0x40, count: 8)
            if request.index % 2 == 0 { bytes[request.index / 2 % bytes.count] ^= 0x15 } else { bytes.removeLast() }
            return .write([reply(200, bytes, headers: ["Inference-Header-Content-Length: \(json.count)"])])
        }) { server in
            let client = InferenceClient(HTTPClient(server.address))
            var refused = 0
            for _ in 0..<(2 * json.count) {
                do { _ = try await client.infer(endpoint: "m", inputs: []) } catch { refused += 1 }
            }
            #expect(refused > json.count)
        }
    }

    static func binary(_ type: String, _ shape: String, _ size: Int) -> String {
        #"{"model_name":"m","outputs":["# + output(type, shape, size) + "]}"
    }

    static func output(_ type: String, _ shape: String, _ size: Int) -> String {
        #"{"name":"y","datatype":"\#(type)","shape":\#(shape),"parameters":{"binary_data_size":\#(size)}}"#
    }

    @Test func dataBeforeItsShapeIsRead() async throws {
        let json =
            #"{"outputs":[{"data":[[1,2]],"shape":[1,2],"name":"y","datatype":"INT32","x":{}}],"model_name":"m"}"#
        try await ScriptedServer.with(answer: { _ in .write([reply(200, json)]) }) { server in
            let answer = try await InferenceClient(HTTPClient(server.address)).infer(endpoint: "m", inputs: [])
            #expect(answer["y"]?.values(as: Int32.self) == [1, 2])
            #expect(answer["z"] == nil)
        }
    }

    @Test(arguments: [
        (404, #"{"error":"no model 'x'"}"#, "404: no model 'x'", nil),
        (400, #"{"error":"bad","code":"SW1042"}"#, "400: bad", "SW1042"),
        (503, #"{"error":{"code":"SW9","message":"busy"}}"#, "503: busy", "SW9"),
        (502, "Bad \u{1B}[2J Gateway", "502: Bad  [2J Gateway", nil), (500, "", "500: the server gave no reason", nil),
    ])
    func refusalCarriesStatusCodeAndText(status: Int, body: String, text: String, code: String?) async throws {
        try await ScriptedServer.with(answer: { _ in .write([reply(status, body)]) }) { server in
            do throws(ClientError) {
                _ = try await InferenceClient(HTTPClient(server.address)).infer(endpoint: "x", inputs: [])
                Issue.record("the call succeeded")
            } catch {
                #expect(error == ClientError(.status, text, status: status, serverCode: code))
            }
        }
    }

    @Test(arguments: [(200, true), (503, false), (400, false)])
    func healthIsReadFromTheStatus(status: Int, isHealthy: Bool) async throws {
        try await ScriptedServer.with(answer: { _ in .write([reply(status)]) }) { server in
            let client = InferenceClient(HTTPClient(server.address))
            let isLive = try await client.isLive()
            let isReady = try await client.isReady()
            let isModelReady = try await client.isReady(endpoint: "m", version: "2")
            #expect(isLive == isHealthy && isReady == isHealthy && isModelReady == isHealthy)
            let paths = ["/v2/health/live", "/v2/health/ready", "/v2/models/m/versions/2/ready"]
            #expect(server.requests.map(\.path) == paths)
        }
    }

    @Test func refusedAccessIsNotTakenForUnready() async throws {
        try await ScriptedServer.with(answer: { _ in .write([reply(401)]) }) { server in
            await #expect { try await InferenceClient(HTTPClient(server.address)).isReady() } throws: {
                ($0 as? ClientError)?.status == 401
            }
        }
    }

    @Test func metadataBecomesASignature() async throws {
        let json = """
            {"name":"digits","versions":["1","2"],"platform":"onnxruntime_onnx",
             "inputs":[{"name":"pixels","datatype":"FP32","shape":[-1,64]}],
             "outputs":[{"name":"label","datatype":"INT64","shape":[-1]}]}
            """
        try await ScriptedServer.with(answer: { _ in .write([reply(200, json)]) }) { server in
            let metadata = try await InferenceClient(HTTPClient(server.address)).metadata(endpoint: "digits")
            #expect(metadata.versions == ["1", "2"])
            let pixels = TensorSpec(name: "pixels", elementType: .float32, dimensions: [.unknown, .fixed(64)])
            let label = TensorSpec(name: "label", elementType: .int64, dimensions: [.unknown])
            #expect(metadata.signature == Signature(inputs: [pixels], outputs: [label]))
        }
    }

    @Test func serverIntroducesItself() async throws {
        let json = #"{"name":"slipway","version":"0.1.0","extensions":["binary_tensor_data"]}"#
        try await ScriptedServer.with(answer: { _ in .write([reply(200, json)]) }) { server in
            let metadata = try await InferenceClient(HTTPClient(server.address)).serverMetadata()
            #expect(metadata.name == "slipway" && metadata.extensions == ["binary_tensor_data"])
        }
    }
}
