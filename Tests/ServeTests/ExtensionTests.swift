import Engines
import Tensors
import Testing

@testable import Serve

/// Triton's extensions; protocols.md 2.2 to 2.7.
@Suite struct Extensions {
    private static func endpoint(_ session: ScriptedSession, classes: [String] = []) -> ServingEndpoint {
        ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00", session: session, calibration: .instant,
                classes: classes))
    }

    private static func body(_ shape: String, _ type: String, _ data: String, best: String) -> String {
        #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}],"#
            + #""outputs":[{"name":"y","parameters":{"classification":\#(best)}}]}"#
    }

    @Test(arguments: [
        ("[1,4]", "[1,4,3,2.5]", "2", "[1,2]", #"["8.000000:1:b","6.000000:2:c"]"#),
        (
            "[2,4]", "[1,4,3,2,9,9,0,-1]", "9", "[2,4]",
            #"["8.000000:1:b","6.000000:2:c","4.000000:3:d","2.000000:0:a","18.000000:0:a","18.000000:1:b","0.000000:2:c","-2.000000:3:d"]"#
        ),
        (
            "[1,4]", "[NaN,0.0000005,Infinity,-0]", "4", "[1,4]",
            #"["inf:2:c","0.000001:1:b","-0.000000:3:d","nan:0:a"]"#
        ),
        ("[0,4]", "[]", "3", "[0,3]", "[]"),
    ])
    func theBestClassesAreNamed(
        _ shape: String, _ data: String, _ best: String, _ answer: String, _ classes: String
    ) async throws {
        try await TestPlane.run([Self.endpoint(.doubler(), classes: ["a", "b", "c", "d"])]) { server in
            let reply = try server.client().post(JSONInference.path, Self.body(shape, "FP32", data, best: best))
            #expect(
                reply.text.hasSuffix(#"{"name":"y","datatype":"BYTES","shape":\#(answer),"data":\#(classes)}]}"#),
                "\(reply.text)")
        }
    }

    @Test func modelsWithoutRowsGiveOneList() async throws {
        let session = ScriptedSession.identity(.int64, [.fixed(3)])
        try await TestPlane.run([Self.endpoint(session, classes: ["a", "b"])]) { server in
            let client = try server.client()
            let reply = try client.post(JSONInference.path, Self.body("[3]", "INT64", "[5,-7,6]", best: "2"))
            #expect(
                reply.text.hasSuffix(#"{"name":"y","datatype":"BYTES","shape":[2],"data":["6:2","5:0"]}]}"#),
                "\(reply.text)")
            let plain = try client.post(JSONInference.path, Self.body("[3]", "INT64", "[5,-7,6]", best: "0"))
            #expect(plain.text.hasSuffix(#""data":[5,-7,6]}]}"#))
            let below = try client.post(JSONInference.path, Self.body("[3]", "INT64", "[5,-7,6]", best: "-1"))
            #expect(below.status == 400 && below.error?.contains("'classification'") == true)
        }
        try await TestPlane.run([Self.endpoint(.identity(.string))]) { server in
            let client = try server.client()
            let reply = try client.post(JSONInference.path, Self.body("[1]", "BYTES", #"["a"]"#, best: "1"))
            #expect(reply.status == 400 && reply.error == "output 'y' is BYTES; a classification needs numbers")
        }
    }

    @Test func aClassificationMayBeBinary() async throws {
        try await TestPlane.run([Self.endpoint(.doubler())]) { server in
            let body = Self.body("[1,4]", "FP32", "[1,4,3,2]", best: "1")
                .replacing(#"{"classification":1}"#, with: #"{"classification":1,"binary_data":true}"#)
            let reply = try server.client().post(JSONInference.path, body)
            #expect(reply.header("content-type") == "application/octet-stream")
            #expect(reply.body.suffix(14) == [10, 0, 0, 0] + Array("8.000000:1".utf8))
        }
    }

    @Test func aConfigurationHasWhatClientsLookFor() async throws {
        try await TestPlane.run([.of(.doubler()), .of(.identity(.string, [.fixed(2)]), name: "words")]) { server in
            let client = try server.client()
            let rows = try #require(try client.request("GET", "/v2/models/digits/versions/3/config").json)
            #expect(rows["name"] == "digits" && rows["platform"] == "onnxruntime_onnx")
            #expect(rows["max_batch_size"]?.intValue ?? 0 > 1)
            let input = try #require(rows["input"]?.arrayValue?.first)
            #expect(input["dims"] == [4] && input["data_type"] == "TYPE_FP32" && input["optional"] == false)
            #expect(rows["output"]?.arrayValue?.first?["dims"] == [4])
            #expect(rows["model_transaction_policy"]?["decoupled"] == false)
            #expect(rows["response_cache"]?["enable"] == false && rows["dynamic_batching"] == nil)
            let fixed = try #require(try client.request("GET", "/v2/models/words/config").json)
            #expect(fixed["max_batch_size"] == 0 && fixed["input"]?.arrayValue?.first?["dims"] == [2])
            #expect(fixed["input"]?.arrayValue?.first?["data_type"] == "TYPE_STRING")
            #expect(try client.request("GET", "/v2/models/none/config").code == "unknown_model")
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func statisticsCountRowsAndRuns(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            let before = try #require(
                try client.request("GET", "/v2/models/digits/stats").json?["model_stats"]?.arrayValue?.first)
            #expect(before["name"] == "digits" && before["version"] == "3" && before["last_inference"] == 0)
            for _ in 0..<3 {
                _ = try client.post("/v1/models/digits:predict", #"{"instances":[[1,2,3,4],[5,6,7,8]]}"#)
            }
            _ = try client.post(JSONInference.path, "{}")
            for path in ["/v2/models/digits/stats", "/v2/models/digits/versions/3/stats", "/v2/models/stats"] {
                let after = try #require(try client.request("GET", path).json?["model_stats"]?.arrayValue?.first)
                #expect(after["inference_count"] == 6 && after["execution_count"] == 3)
                let stats = try #require(after["inference_stats"])
                #expect(stats["success"]?["count"] == 3 && stats["fail"]?["count"] == 1)
                #expect(stats["compute_infer"]?["count"] == 3 && stats["queue"]?["count"] == 3)
                #expect(stats["success"]?["ns"]?.intValue ?? 0 > 0)
                #expect(after["last_inference"]?.intValue ?? 0 > 1_700_000_000_000)
            }
            #expect(try client.request("GET", "/v2/models/none/stats").status == 404)
        }
    }

    @Test func theRepositoryListsWhatIsServed() async throws {
        try await TestPlane.run([.of(.doubler()), ServingEndpoint(unavailable: "slow")]) { server in
            let client = try server.client()
            let ready = #"[{"name":"digits","version":"3","state":"READY","reason":""}]"#
            let all = ready.dropLast() + #",{"name":"slow","state":"UNAVAILABLE","reason":"deployed but not loaded"}]"#
            for (body, answer) in [
                ("", String(all)), ("{}", String(all)), (#"{"ready":false}"#, String(all)), (#"{"ready":true}"#, ready),
            ] {
                let reply = try client.post("/v2/repository/index", body)
                #expect(reply.status == 200 && reply.text == answer, "\(reply.text)")
            }
            for body in ["[]", "{", "x"] {
                #expect(try client.post("/v2/repository/index", body).status == 400)
            }
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    @Test func modelsAndLogsAreNotChangedHere() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for path in ["/v2/repository/models/digits/load", "/v2/repository/models/digits/unload", "/v2/logging"] {
                for body in ["", "{}"] {
                    let reply = try client.post(path, body)
                    #expect(reply.status == 501 && reply.code == "not_offered" && reply.error?.isEmpty == false)
                }
            }
            #expect(
                try client.request("GET", "/v2/logging").text
                    == #"{"log_file":"","log_info":true,"log_warning":true,"log_error":true,"log_verbose_level":0,"#
                    + #""log_format":"default"}"#)
        }
    }
}
