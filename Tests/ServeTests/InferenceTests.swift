import Tensors
import Testing

@testable import Serve

/// Inference requests in JSON; protocols.md 1.2, 1.4 and 17.
@Suite struct JSONInference {
    static let path = "/v2/models/digits/infer"

    @Test(arguments: [Calibration.instant, .long, .none])
    func anAnswerHasWhatTheProtocolSays(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            for target in [Self.path, "/v2/models/digits/versions/3/infer"] {
                let reply = try client.post(
                    target, #"{"id":"7","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4.5]}]}"#)
                #expect(reply.status == 200)
                #expect(reply.header("content-type") == "application/json")
                #expect(
                    reply.text == #"{"model_name":"digits","model_version":"3","id":"7","outputs":["#
                        + #"{"name":"y","datatype":"FP32","shape":[1,4],"data":[2.0,4.0,6.0,9.0]}]}"#)
            }
        }
    }

    /// Requests that mean the same as `[[1,2,3,4],[5,6,7,8]]`, or nearly.
    @Test(arguments: [
        #"{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}"#,
        #"{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[[1,2,3,4],[5,6,7,8]]}]}"#,
        #"{"inputs":[{"data":[[1,2,3,4],[5,6,7,8]],"datatype":"FP32","shape":[2,4],"name":"x"}]}"#,
        #"{"inputs":[{"shape":[2,4],"data":  [1,2,3,4,5,6,7,8] ,"name":"x","datatype":"FP32"}]}"#,
        #"{"zzz":{"a":[1,{"b":null}]},"inputs":[{"name":"x","k":[],"shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}"#,
        #"{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","parameters":null,"shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}"#,
        #"{"outputs":[],"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}"#,
        #"{"parameters":{"priority":3,"custom":"x","sequence_id":0,"timeout":0},"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}"#,
        " \n{\"inputs\" : [ {\"name\":\"\\u0078\",\"shape\":[2,4],\"datatype\":\"FP32\",\"data\":[1e0,2,3,4,5,6,7,8.0]} ] } \r\n",
    ])
    func spellingsOfOneRequestAreAllUnderstood(_ body: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(
                reply.text == #"{"model_name":"digits","model_version":"3","outputs":["#
                    + #"{"name":"y","datatype":"FP32","shape":[2,4],"data":[2.0,4.0,6.0,8.0,10.0,12.0,14.0,16.0]}]}"#)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var error: String
        var code = "invalid_input"
        var testDescription: String { body }
    }

    static func x(_ rest: String) -> String { #"{"inputs":[{"name":"x",\#(rest)}]}"# }

    static let refusals = [
        Refusal(
            body: x(#""shape":[1,3],"datatype":"FP32","data":[1,2,3]"#),
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [1, 3]"),
        Refusal(
            body: x(#""shape":[4],"datatype":"FP32","data":[1,2,3,4]"#),
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [4]"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"INT32","data":[1,2,3,4]"#),
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got INT32 [1, 4]"),
        Refusal(
            body: #"{"inputs":[{"name":"q","shape":[1],"datatype":"FP32","data":[1]}]}"#,
            error: "model 'digits' has no input 'q'; its inputs are 'x'"),
        Refusal(
            body: #"{"inputs":[]}"#, error: "model 'digits' expects input 'x' as FP32 [N, 4], got none"),
        Refusal(body: "{}", error: "the request has no 'inputs'"),
        Refusal(
            body:
                #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]},{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#,
            error: "input 'x' is given twice"),
        Refusal(body: #"{"inputs":[{"shape":[1,4],"datatype":"FP32","data":[1]}]}"#, error: "an input has no 'name'"),
        Refusal(body: x(#""shape":[1,4],"data":[1,2,3,4]"#), error: "input 'x' has no 'datatype' or no 'shape'"),
        Refusal(body: x(#""datatype":"FP32","data":[1,2,3,4]"#), error: "input 'x' has no 'datatype' or no 'shape'"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32""#),
            error: "input 'x' has neither 'data' nor 'binary_data_size'; give one of them"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4],"parameters":{"binary_data_size":16}"#),
            error: "input 'x' has both 'data' and 'binary_data_size'; give one of them"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}"#),
            error: "input 'x' has 'binary_data_size', but the request has no Inference-Header-Content-Length"),
        Refusal(body: x(#""shape":[1,4],"datatype":"FP99","data":[1]"#), error: "the protocol has no datatype 'FP99'"),
        Refusal(
            body: x(#""shape":[-1,4],"datatype":"FP32","data":[1]"#), error: "shape [-1, 4] has a negative dimension"),
        Refusal(
            body: x(#""shape":[1099511627776,1099511627776],"datatype":"FP32","data":[1]"#),
            error: "shape [1099511627776, 1099511627776] has more elements than fit in 64 bits"),
        Refusal(
            body: x(#""shape":[1000000000,4],"datatype":"FP32","data":[1]"#),
            error: "shape [1000000000, 4] needs 4000000000 elements, but 'data' has fewer"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#).dropLast() + #","outputs":[{"name":"z"}]}"#,
            error: "model 'digits' has no output 'z'; its outputs are 'y'"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#).dropLast()
                + #","outputs":[{"name":"y"},{"name":"y"}]}"#,
            error: "output 'y' is requested twice"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#).dropLast()
                + #","parameters":{"triton_x":1}}"#,
            error: "parameters that begin with 'triton_' are reserved", code: "unsupported"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#).dropLast()
                + #","parameters":{"sequence_id":5}}"#,
            error:
                "parameter 'sequence_id': model 'digits' keeps no state; sequences are for versions that were imported with --state",
            code: "unsupported"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#).dropLast()
                + #","parameters":{"timeout":-1}}"#,
            error: "parameter 'timeout' is a number of microseconds, not below 0"),
        Refusal(
            body: x(#""shape":[1,4],"datatype":"FP32","parameters":{"shared_memory_region":"r"}"#),
            error: "'shared_memory_region' and 'shared_memory_byte_size' belong together"),
    ].map { refusal in
        var refusal = refusal
        refusal.body = String(refusal.body)
        return refusal
    }

    @Test(arguments: refusals)
    func whatDoesNotFitIsRefusedByName(_ refusal: Refusal) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, refusal.body)
            #expect(reply.status == 400 && reply.code == refusal.code, "\(reply.text)")
            #expect(reply.error == refusal.error)
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    /// Attack table T, rows 34 to 43 and 47.
    @Test(arguments: [
        "", "[]", "{", "{}}", #"{"inputs":}"#, #"{"inputs":[]"#, "\u{FEFF}{}", "{\"inputs\":[],}",
        String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: "[", count: 100) + "}",
        #"{"id":"a","id":"b","inputs":[]}"#, #"{"inputs":[{"name":"x","name":"x"}]}"#,
        #"{"id":"\ud800","inputs":[]}"#, #"{"id":"\u0000","inputs":[]}"#, #"{"inputs":[]} x"#, #"{"id":7,"inputs":[]}"#,
        #"{"inputs":[{"name":"x","shape":[1.5,4],"datatype":"FP32","data":[1,2,3,4]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4,5]}]}"#,
        #"{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[[1,2,3,4],[5,6,7]]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,1e400]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,"4"]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,nul]}]}"#,
        #"{"inputs":[],"parameters":{"timeout":9223372036854775808}}"#,
        #"{"inputs":[{"name":"x","datatype":"FP32","data":[1],"shape":["#
            + (0..<65).map { _ in "1" }.joined(separator: ",") + "]}]}",
    ])
    func malformedBodiesAreRefused(_ body: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, body)
            #expect(reply.status == 400, "\(reply.text)")
            #expect(reply.json?.objectValue?.map(\.key) == ["error", "code", "request_id"])
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    @Test(arguments: [
        (ElementType.bool, "[true,false,1,0]", "[true,false,true,false]"), (.uint8, "[0,255,1.0,2e0]", "[0,255,1,2]"),
        (.int8, "[-128,127,0,1]", "[-128,127,0,1]"), (.uint16, "[0,65535,1,2]", "[0,65535,1,2]"),
        (.int16, "[-32768,32767,1,2]", "[-32768,32767,1,2]"), (.uint32, "[0,4294967295,1,2]", "[0,4294967295,1,2]"),
        (.int32, "[-2147483648,2147483647,1,2]", "[-2147483648,2147483647,1,2]"),
        (.int64, "[-9223372036854775808,9223372036854775807,1,2]", "[-9223372036854775808,9223372036854775807,1,2]"),
        (.uint64, "[18446744073709551615,0,1,2]", "[18446744073709551615,0,1,2]"),
        (.float32, "[0.1,-0,NaN,Infinity]", "[0.1,-0.0,NaN,Infinity]"),
        (.float64, "[0.1,1e-310,-Infinity,5]", "[0.1,1e-310,-Infinity,5.0]"),
        (.string, #"["a","","ü\n","\"\\"]"#, #"["a","","ü\n","\"\\"]"#),
    ])
    func everyTypeTravelsAsJSON(_ type: ElementType, _ sent: String, _ back: String) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            let body =
                #"{"inputs":[{"name":"x","shape":[4],"datatype":"\#(type.displayName)","data":\#(sent)}]}"#
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == 200)
            #expect(
                reply.text.contains(#""datatype":"\#(type.displayName)","shape":[4],"data":\#(back)}"#), "\(reply.text)"
            )
        }
    }

    @Test(arguments: [
        (ElementType.int32, "[1.5]"), (.int32, "[2147483648]"), (.int64, "[9223372036854775808]"), (.uint8, "[-1]"),
        (.float32, "[1e39]"), (.bool, "[2]"), (.string, "[1]"), (.int32, "[NaN]"), (.float16, "[1]"),
        (.bfloat16, "[1]"),
    ])
    func whatATypeCannotHoldIsRefused(_ type: ElementType, _ data: String) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            let body = #"{"inputs":[{"name":"x","shape":[1],"datatype":"\#(type.displayName)","data":\#(data)}]}"#
            let reply = try server.client().post(Self.path, body)
            #expect(
                reply.status == 400 && reply.text.contains("'x'") || reply.text.contains("element"), "\(reply.text)")
        }
    }

    @Test func scalarsAndEmptyTensorsAreTensors() async throws {
        try await TestPlane.run([.of(.identity(.float32, []), name: "scalar"), .of(.doubler())]) { server in
            let client = try server.client()
            for data in ["[7]", "7"] {
                let body = #"{"inputs":[{"name":"x","shape":[],"datatype":"FP32","data":\#(data)}]}"#
                let reply = try client.post("/v2/models/scalar/infer", body)
                #expect(reply.text.contains(#""shape":[],"data":[7.0]}"#), "\(reply.text)")
            }
            let empty = try client.post(Self.path, Self.x(#""shape":[0,4],"datatype":"FP32","data":[]"#))
            #expect(empty.text.contains(#""shape":[0,4],"data":[]}"#), "\(empty.text)")
        }
    }

    @Test func outputsComeInTheOrderTheyWereAskedFor() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let inputs =
                #""inputs":[{"name":"b","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"a","shape":[1,2],"datatype":"FP32","data":[10,20]}]"#
            let client = try server.client()
            let sum = #"{"name":"sum","datatype":"FP32","shape":[1,2],"data":[11.0,22.0]}"#
            let difference = #"{"name":"difference","datatype":"FP32","shape":[1,2],"data":[9.0,18.0]}"#
            for (outputs, expected) in [
                ("", "\(sum),\(difference)"), (#","outputs":[{"name":"difference"}]"#, difference),
                (#","outputs":[{"name":"difference"},{"name":"sum"}]"#, "\(difference),\(sum)"),
            ] {
                let reply = try client.post(Self.path, "{\(inputs)\(outputs)}")
                #expect(reply.text.hasSuffix(#""outputs":[\#(expected)]}"#), "\(reply.text)")
            }
            let missing = try client.post(
                Self.path, #"{"inputs":[{"name":"b","shape":[1,2],"datatype":"FP32","data":[1,2]}]}"#)
            #expect(missing.error == "model 'digits' expects input 'a' as FP32 [N, 2], got none")
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func anEnginesWordsStayInTheLog(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.failing(), calibration: calibration)]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, Self.x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#))
            #expect(reply.status == 500 && reply.code == "run_failed")
            #expect(!reply.text.contains("gather"))
            let id = try #require(reply.header("x-request-id"))
            #expect(server.log.all.contains { $0.contains("gather.cc") && $0.contains("request_id=\(id)") })
            #expect(try client.request("GET", "/v2/health/live").status == 200)
        }
    }

    @Test(arguments: [
        ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON", 200),
        ("application/octet-stream", 200), ("application/x-www-form-urlencoded", 200), ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415), ("application/x-npy", 415),
    ])
    func mediaTypesThatAPageCanSendUnaskedAreRefused(_ type: String, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post(
                Self.path, Self.x(#""shape":[1,4],"datatype":"FP32","data":[1,2,3,4]"#),
                headers: ["Content-Type: \(type)"])
            #expect(reply.status == status)
        }
    }
}
