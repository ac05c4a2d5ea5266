import Engines
import Tensors
import Testing

@testable import Serve

/// What hosting platforms ask; protocols.md 8, 9 and 11.
@Suite struct Invocations {
    private static func npy<Element: BitwiseCopyable>(
        _ type: ElementType, _ dimensions: [Int], _ values: [Element]
    ) throws -> [UInt8] {
        try NPY.encode(try Tensor(type, try Shape(dimensions), values: values))
    }

    @Test func pingIsReadiness() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for path in ["/ping", "/v1/endpoints/12/deployedModels/34"] {
                let reply = try client.request("GET", path)
                #expect(reply.status == 200 && reply.body.isEmpty)
            }
            server.plane.beginDrain()
            #expect(try client.request("GET", "/ping").status == 503)
        }
    }

    @Test(arguments: [(4, 64 << 20, 4, 25), (1, 64 << 20, 1, 64), (200, 64 << 20, 100, 1), (2, 1000, 2, 1)])
    func batchTransformsLearnWhatTheyMaySend(_ threads: Int, _ body: Int, _ runs: Int, _ megabytes: Int) async throws {
        let configure: (inout DataPlaneConfiguration) -> Void = {
            $0.runThreads = threads
            $0.limits.bodyBytes = body
        }
        try await TestPlane.run([.of(.doubler())], configure: configure) { server in
            let reply = try server.client().request("GET", "/execution-parameters")
            #expect(
                reply.text == #"{"MaxConcurrentTransforms":\#(runs),"BatchStrategy":"MULTI_RECORD","#
                    + #""MaxPayloadInMB":\#(megabytes)}"#)
        }
    }

    /// Every JSON form, and the answer to it.
    @Test(arguments: [
        (#"{"instances":[[1,2,3,4]]}"#, #"{"predictions":[[2.0,4.0,6.0,8.0]]}"#),
        (#"{"inputs":[[1,2,3,4]]}"#, #"{"predictions":[[2.0,4.0,6.0,8.0]]}"#),
        (#"{"inputs":{"x":[[1,2,3,4]]},"params":{"a":1}}"#, #"{"predictions":[[2.0,4.0,6.0,8.0]]}"#),
        ("[[1,2,3,4]]", "[[2.0,4.0,6.0,8.0]]"),
        (#" [{"x":[1,2,3,4]},[0,0,0,1]]"#, "[[2.0,4.0,6.0,8.0],[0.0,0.0,0.0,2.0]]"),
        (
            HTTPConformance.json,
            #"{"model_name":"digits","model_version":"3","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"data":[2.0,4.0,6.0,8.0]}]}"#
        ),
        (
            #"{"inputs":[{"data":[1,2,3,4],"datatype":"FP32","shape":[1,4],"name":"x"}],"id":"7"}"#,
            #"{"model_name":"digits","model_version":"3","id":"7","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"data":[2.0,4.0,6.0,8.0]}]}"#
        ),
    ])
    func everyFormOfJSONIsUnderstood(_ body: String, _ answer: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for accept in [
                [], ["Accept: */*"], ["Accept: application/json"], ["Accept: image/png, application/*;q=0.5"],
            ] {
                let reply = try client.post("/invocations", body, headers: accept)
                #expect(reply.status == 200 && reply.text == answer, "\(reply.text)")
                #expect(reply.header("content-type") == "application/json")
            }
            let csv = try client.post("/invocations", body, headers: ["Accept: text/csv"])
            #expect(csv.text.hasPrefix("2.0,4.0,6.0,8.0\n") && csv.header("content-type") == "text/csv; charset=utf-8")
        }
    }

    @Test(arguments: [
        ("", "expected a value, found the end"), ("[]", "the array is empty"),
        ("7", "expected an object, found a number"),
        ("{}", "neither 'instances' nor 'inputs'"), ("[[1,2,3]]", "expects input 'x' as FP32 [N, 4], got FP32 [1, 3]"),
        ("[[1,2,3,4]] x", "expected the end of the text"), (#"{"inputs":[{}]}"#, "an input has no 'name'"),
        (#"{"inputs":[{"name":"x"}]}"#, "has no 'datatype' or no 'shape'"),
        (#"{"inputs":"#, "found the end of the text"),
    ])
    func malformedBodiesAreRefused(_ body: String, _ error: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post("/invocations", body)
            #expect(reply.status == 400 && reply.error?.contains(error) == true, "\(reply.text)")
        }
    }

    @Test func arraysOfNumPyGoInAndOut() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let expected = try Self.npy(.float32, [1, 4], [2, 4, 6, 9] as [Float])
            for body in [
                try Self.npy(.float32, [1, 4], [1, 2, 3, 4.5] as [Float]),
                try Self.npy(.float64, [1, 4], [1, 2, 3, 4.5] as [Double]),
            ] {
                let reply = try client.request(
                    "POST", "/invocations", headers: ["Content-Type: application/x-npy", "Accept: application/x-npy"],
                    body: body)
                #expect(reply.status == 200 && reply.body == expected, "\(reply.text)")
                #expect(reply.header("content-type") == "application/x-npy")
            }
            let whole = try Self.npy(.int64, [100_000, 4], [Int64](repeating: 3, count: 400_000))
            let large = try client.request(
                "POST", "/invocations", headers: ["Content-Type: application/x-npy", "Accept: text/csv"], body: whole)
            #expect(large.text == String(repeating: "6.0,6.0,6.0,6.0\n", count: 100_000))
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func otherArraysAreRefused() async throws {
        try await TestPlane.run([.of(.doubler()), .of(.identity(.int32, [.symbol("N")]), name: "whole")]) { server in
            let client = try server.client()
            func post(_ body: [UInt8], to model: String = "digits") throws -> RawClient.Reply {
                try client.request(
                    "POST", "/invocations",
                    headers: ["Content-Type: application/x-npy", "X-Amzn-SageMaker-Target-Model: \(model)"], body: body)
            }
            let flat = try post(try Self.npy(.float32, [4], [1, 2, 3, 4] as [Float]))
            #expect(flat.error == "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [4]")
            var cut = try Self.npy(.float32, [1, 4], [1, 2, 3, 4] as [Float])
            cut.removeLast()
            #expect(try post(cut).error?.contains("input 'x': the NPY header promises shape [1, 4]") == true)
            #expect(try post(Array("nonsense".utf8)).status == 400)
            #expect(try post([]).status == 400)
            let part = try post(try Self.npy(.float64, [1], [1.5] as [Double]), to: "whole")
            #expect(part.status == 400 && part.error?.contains("that INT32 cannot hold") == true, "\(part.text)")
            let text = try NPY.encode(try Tensor(try Shape([1]), strings: StringElements(["a"])))
            #expect(try post(text, to: "whole").error == "expected an array of INT32, found BYTES")
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func oneOutputCanBeAskedFor() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let client = try server.client()
            let body = #"{"instances":[{"a":[10,20],"b":[1,2]},{"a":[30,40],"b":[3,4]}]}"#
            func text(_ accept: String) throws -> String {
                try client.post("/invocations", body, headers: ["Accept: \(accept)"]).text
            }
            #expect(try text("text/csv") == "11.0,22.0,9.0,18.0\n33.0,44.0,27.0,36.0\n")
            #expect(try text("text/csv; output=difference") == "9.0,18.0\n27.0,36.0\n")
            #expect(try text("application/json;output=sum") == #"{"predictions":[[11.0,22.0],[33.0,44.0]]}"#)
            let array = try client.post("/invocations", body, headers: ["Accept: application/x-npy;output=\"sum\""])
            #expect(array.body == (try Self.npy(.float32, [2, 2], [11, 22, 33, 44] as [Float])))
            let several = try client.post("/invocations", body, headers: ["Accept: application/x-npy"])
            #expect(several.status == 400 && several.error?.contains("'sum', 'difference'") == true)
            let unknown = try client.post("/invocations", body, headers: ["Accept: text/csv;output=q"])
            #expect(unknown.error == "model 'digits' has no output 'q'; its outputs are 'sum', 'difference'")
            let image = try client.post("/invocations", body, headers: ["Accept: image/png"])
            #expect(image.status == 406 && image.code == "not_acceptable")
        }
    }

    @Test func textIsQuotedInCSV() async throws {
        try await TestPlane.run([.of(.identity(.string))]) { server in
            let reply = try server.client().post(
                "/invocations", #"["a","b,c","d\"e","f\ng",""]"#, headers: ["Accept: text/csv"])
            #expect(reply.text == "a\n\"b,c\"\n\"d\"\"e\"\n\"f\ng\"\n\n")
        }
    }

    @Test(arguments: [EnvelopedBinary.sageMaker, .vertex])
    func binaryTensorsComeInTheirEnvelope(_ envelope: EnvelopedBinary) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let json =
                #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}"#
            let values = [1, 2, 3, 4.5].flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
            let type = "Content-Type: \(envelope.rawValue);json-header-size=\(json.utf8.count)"
            let reply = try client.request("POST", "/invocations", headers: [type], body: Array(json.utf8) + values)
            let answer =
                #"{"model_name":"digits","model_version":"3","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}]}"#
            #expect(reply.header("content-type") == "\(envelope.rawValue);json-header-size=\(answer.utf8.count)")
            #expect(
                reply.body == Array(answer.utf8)
                    + [2, 4, 6, 9].flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } })
            let header = "Inference-Header-Content-Length: \(json.utf8.count)"
            let plain = try client.request("POST", "/invocations", headers: [header], body: Array(json.utf8) + values)
            #expect(plain.header("content-type") == "application/octet-stream" && plain.body == reply.body)
            let none = try client.request(
                "POST", "/invocations", headers: ["Content-Type: \(envelope.rawValue)"], body: Array(json.utf8))
            #expect(none.status == 415)
        }
    }

    @Test(arguments: [
        ("/invocations", "text/plain", 415), ("/invocations", "multipart/form-data; boundary=x", 415),
        ("/invocations", "application/x-parquet", 415), ("/invocations", "text/csv; header=maybe", 415),
        ("/v1/models/digits:predict", "application/x-npy", 415), ("/v1/models/digits:classify", "text/csv", 415),
        ("/v1/models/digits:predict", "text/plain", 415),
        ("/v2/models/digits/infer", "application/vnd.sagemaker-triton.binary+json;json-header-size=1", 415),
    ])
    func otherMediaTypesAreRefused(_ path: String, _ type: String, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post(path, "[[1,2,3,4]]", headers: ["Content-Type: \(type)"])
            #expect(reply.status == status && reply.code == "unsupported_media_type", "\(reply.text)")
        }
    }

    @Test func theModelIsTheOnlyOneOrTheOneThatIsNamed() async throws {
        let body = #"{"instances":[[1,2,3,4]]}"#
        try await TestPlane.run([.of(.doubler()), .of(.scaling(by: 3), name: "other")]) { server in
            let client = try server.client()
            let none = try client.post("/invocations", body)
            #expect(none.status == 404 && none.error?.hasPrefix("2 models are deployed") == true)
            let named = try client.post(
                "/invocations", body, headers: ["X-Amzn-SageMaker-Target-Model: other"])
            #expect(named.text == #"{"predictions":[[3.0,6.0,9.0,12.0]]}"#)
        }
        try await TestPlane.run(
            [.of(.doubler()), .of(.scaling(by: 3), name: "other")], configure: { $0.defaultModel = "other" }
        ) { server in
            let client = try server.client()
            for path in ["/invocations", "/v1/endpoints/1/deployedModels/2:predict"] {
                #expect(try client.post(path, body).text == #"{"predictions":[[3.0,6.0,9.0,12.0]]}"#)
            }
        }
        try await TestPlane.run([]) { server in
            let client = try server.client()
            #expect(try client.post("/invocations", body).status == 503)
        }
    }
}
