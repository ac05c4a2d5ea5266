import Engines
import Tensors
import Testing

@testable import Serve

/// Requests in rows and columns; protocols.md 7 and 10.
@Suite struct RowInference {
    static let path = "/v1/models/digits:predict"

    @Test(arguments: [Calibration.instant, .long, .none])
    func rowsAreAnsweredWithPredictions(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            for target in [
                Self.path, "/v1/models/digits/versions/3:predict", "/v1/models/digits/labels/stable:predict",
                "/v1/models/digits%3Apredict",
            ] {
                let reply = try client.post(target, #"{"instances":[[1,2,3,4.5],[0,0,0,-1]]}"#)
                #expect(reply.status == 200 && reply.header("content-type") == "application/json")
                #expect(reply.text == #"{"predictions":[[2.0,4.0,6.0,9.0],[0.0,0.0,0.0,-2.0]]}"#)
            }
        }
    }

    /// Bodies that mean the same as `[[1,2,3,4]]`.
    @Test(arguments: [
        #"{"instances":[[1,2,3,4]]}"#, #"{"instances":[{"x":[1,2,3,4]}]}"#,
        #"{"signature_name":"serving_default","instances":[[1,2,3,4]]}"#,
        #"{"instances":[[1.0,2e0,30e-1,4]],"signature_name":null,"parameters":{"a":[1]},"x":null}"#,
        " {\n\"instances\" : [ [ 1 , 2 , 3 , 4 ] ] , \"signature_name\" : \"\" } ",
        #"{"inputs":[[1,2,3,4]]}"#, #"{"inputs":{"x":[[1,2,3,4]]}}"#,
    ])
    func spellingsOfOneRequestAreAllUnderstood(_ body: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().post(Self.path, body)
            let key = body.contains("instances") ? "predictions" : "outputs"
            #expect(reply.text == #"{"\#(key)":[[2.0,4.0,6.0,8.0]]}"#)
        }
    }

    @Test func severalInputsAndOutputsGoByName() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let client = try server.client()
            let rows = try client.post(
                Self.path, #"{"instances":[{"a":[10,20],"b":[1,2]},{"b":[3,4],"a":[30,40]}]}"#)
            #expect(
                rows.text == #"{"predictions":[{"sum":[11.0,22.0],"difference":[9.0,18.0]},"#
                    + #"{"sum":[33.0,44.0],"difference":[27.0,36.0]}]}"#)
            let columns = try client.post(Self.path, #"{"inputs":{"b":[[1,2],[3,4]],"a":[[10,20],[30,40]]}}"#)
            #expect(
                columns.text == #"{"outputs":{"sum":[[11.0,22.0],[33.0,44.0]],"#
                    + #""difference":[[9.0,18.0],[27.0,36.0]]}}"#)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var error: String
        var code = "invalid_input"
        var testDescription: String { body }
    }

    static let refusals = [
        Refusal(body: "{}", error: "the request has neither 'instances' nor 'inputs'; give one of them"),
        Refusal(
            body: #"{"instances":[[1,2,3,4]],"inputs":[[1,2,3,4]]}"#,
            error: "the request has both 'instances' and 'inputs'; give one of them"),
        Refusal(body: #"{"instances":[]}"#, error: "'instances' is empty; give one or more"),
        Refusal(
            body: #"{"instances":[[1,2,3]]}"#,
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [1, 3]"),
        Refusal(
            body: #"{"instances":[1,2,3,4]}"#,
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [4]"),
        Refusal(
            body: #"{"instances":[[[1,2,3,4]]]}"#,
            error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [1, 1, 4]"),
        Refusal(
            body: #"{"inputs":[]}"#, error: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [0]"),
        Refusal(
            body: #"{"inputs":{}}"#, error: "model 'digits' expects input 'x' as FP32 [N, 4], got none"),
        Refusal(body: #"{"instances":[{}]}"#, error: "instances[0] has no value for input 'x'"),
        Refusal(
            body: #"{"instances":[[1,2,3,4],{}]}"#, error: "instances[1] has no value for input 'x'"),
        Refusal(
            body: #"{"instances":[{"q":[1]}]}"#,
            error: "model 'digits' has no input 'q'; its inputs are 'x'"),
        Refusal(
            body: #"{"inputs":{"q":[1]}}"#, error: "model 'digits' has no input 'q'; its inputs are 'x'"),
        Refusal(
            body: #"{"instances":[[1,2,3,4]],"signature_name":"other"}"#,
            error: "model 'digits' has no signature 'other'; its only one is 'serving_default'"),
        Refusal(
            body: #"{"instances":[[1,2,3,4],[5,6,7]]}"#,
            error: "the request's JSON: input 'x': instances[1]: expected 4 elements, as in the first, found 3 "
                + "(at byte 24)"),
        Refusal(
            body: #"{"instances":[[1,2,3,4],5]}"#,
            error: "the request's JSON: input 'x': instances[1]: expected an array, as before, found a number "
                + "(at byte 24)"),
        Refusal(
            body: #"{"inputs":[[1,2,3,4],[5,6,7,"8"]]}"#,
            error: "the request's JSON: input 'x': inputs: at [1][3]: expected a number, found a string (at byte 28)"),
        Refusal(
            body: #"{"instances":{"x":[1,2,3,4]}}"#,
            error: "the request's JSON: expected an array, found an object (at byte 13)"),
        Refusal(
            body: #"{"instances":[[1,2,3,1e39]]}"#,
            error: "the request's JSON: input 'x': instances[0]: at [3]: expected a number that FP32 can hold, found "
                + "one beyond it (at byte 21)"),
    ]

    @Test(arguments: refusals)
    func whatDoesNotFitIsRefusedByName(_ refusal: Refusal) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, refusal.body)
            #expect(reply.status == 400 && reply.code == refusal.code, "\(reply.text)")
            #expect(reply.error == refusal.error)
            #expect(server.plane.bytesInUse == 0)
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    @Test(arguments: [
        (#"{"instances":[[1,2]]}"#, "expected each of 'instances' as an object from their names, 'a', 'b', to values"),
        (#"{"inputs":[[1,2]]}"#, "expected 'inputs' as an object from their names, 'a', 'b', to values"),
        (#"{"instances":[{"a":[1,2]}]}"#, "instances[0] has no value for input 'b'"),
        (#"{"instances":[{"a":[1,2],"b":[1,2]},{"b":[1,2]}]}"#, "instances[1] has no value for input 'a'"),
        (#"{"inputs":{"a":[[1,2]]}}"#, "expects input 'b' as FP32 [N, 2], got none"),
        (#"{"instances":[{"a":[1,2],"a":[1,2]}]}"#, "an object has the same key twice"),
    ])
    func everyInputIsAskedFor(_ body: String, _ error: String) async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == 400 && reply.error?.contains(error) == true, "\(reply.text)")
        }
    }

    @Test(arguments: [
        "", "[]", "{", "{}}", #"{"instances":}"#, #"{"instances":[[1,2,3,4]]"#, #"{"instances":[[1,2,3,4]],}"#,
        #"{"instances":[[1,2,3,4],]}"#, #"{"instances":[[1,2,3,4]"#, #"{"instances":[[1,2,3,4]]} x"#,
        #"{"instances":[[1,2,3,4]],"instances":[[1,2,3,4]]}"#, #"{"signature_name":1,"instances":[[1,2,3,4]]}"#,
        String(repeating: "[", count: 100_000), #"{"instances":"# + String(repeating: "[", count: 1000),
        #"{"instances":[[1,2,3,nul]]}"#, #"{"instances":[[1,2,3,4]],"\ud800":1}"#, #"{"instances":null}"#,
        #"{"instances":[null]}"#, #"{"instances":["1"]}"#, #"{"instances":[true]}"#,
    ])
    func malformedBodiesAreRefused(_ body: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for path in [Self.path, "/v1/models/digits:classify"] {
                let reply = try client.post(path, body)
                #expect(reply.status == 400, "\(reply.text)")
                #expect(reply.json?.objectValue?.map(\.key) == ["error", "code", "request_id"])
            }
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    /// Elements of every type, as `infer` takes and gives them too.
    @Test(arguments: [
        (ElementType.bool, "[true,false,1,0]", "[true,false,true,false]"), (.uint8, "[0,255,1.0,2e0]", "[0,255,1,2]"),
        (.int8, "[-128,127,0,1]", "[-128,127,0,1]"), (.uint16, "[0,65535,1,2]", "[0,65535,1,2]"),
        (.int16, "[-32768,32767,1,2]", "[-32768,32767,1,2]"), (.uint32, "[0,4294967295,1,2]", "[0,4294967295,1,2]"),
        (.int32, "[-2147483648,2147483647,1,2]", "[-2147483648,2147483647,1,2]"),
        (.int64, "[-9223372036854775808,9223372036854775807,1,2]", "[-9223372036854775808,9223372036854775807,1,2]"),
        (.uint64, "[18446744073709551615,0,1,2]", "[18446744073709551615,0,1,2]"),
        (.float32, "[0.1,-0,NaN,Infinity]", "[0.1,-0.0,NaN,Infinity]"),
        (.float64, "[0.1,1e-310,-Infinity,5]", "[0.1,1e-310,-Infinity,5.0]"),
        (.string, #"["a",{"b64":"Yg=="},"ü\n","\"\\"]"#, #"["a","b","ü\n","\"\\"]"#),
    ])
    func typesFollowTheSignature(_ type: ElementType, _ sent: String, _ back: String) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            let client = try server.client()
            #expect(try client.post(Self.path, #"{"instances":\#(sent)}"#).text == #"{"predictions":\#(back)}"#)
            #expect(try client.post(Self.path, #"{"inputs":\#(sent)}"#).text == #"{"outputs":\#(back)}"#)
        }
    }

    @Test(arguments: [
        (ElementType.int32, "[1.5]"), (.int32, "[2147483648]"), (.uint8, "[-1]"), (.float32, "[1e39]"), (.bool, "[2]"),
        (.string, "[1]"), (.string, #"[{"b64":"?"}]"#), (.string, #"[{"a":"b"}]"#), (.int32, "[NaN]"),
        (.int32, #"[{"b64":"Yg=="}]"#), (.float16, "[1]"), (.bfloat16, "[1]"),
    ])
    func whatATypeCannotHoldIsRefused(_ type: ElementType, _ data: String) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            let reply = try server.client().post(Self.path, #"{"instances":\#(data)}"#)
            #expect(reply.status == 400 && reply.error?.contains("'") == true, "\(reply.text)")
        }
    }

    @Test func bytesComeBackAsBase64() async throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .string, dimensions: [.symbol("N")])],
            outputs: ["plain", "image_bytes"].map {
                TensorSpec(name: $0, elementType: .string, dimensions: [.symbol("N")])
            })
        try await TestPlane.run([.of(ScriptedSession(signature) { inputs in [inputs[0], inputs[0]] })]) { server in
            let client = try server.client()
            let text = try client.post(Self.path, #"{"instances":["hi",{"b64":"aG8="},{"x":"hu"}]}"#)
            #expect(
                text.text == #"{"predictions":[{"plain":"hi","image_bytes":{"b64":"aGk="}},"#
                    + #"{"plain":"ho","image_bytes":{"b64":"aG8="}},{"plain":"hu","image_bytes":{"b64":"aHU="}}]}"#)
            let bytes = try client.post(Self.path, #"{"inputs":[{"b64":"/w=="}]}"#)
            #expect(bytes.text == #"{"outputs":{"plain":[{"b64":"/w=="}],"image_bytes":[{"b64":"/w=="}]}}"#)
        }
    }

    @Test func aScalarHasNoRows() async throws {
        try await TestPlane.run([.of(.identity(.float32, []))]) { server in
            let client = try server.client()
            #expect(try client.post(Self.path, #"{"inputs":7}"#).text == #"{"outputs":7.0}"#)
            let rows = try client.post(Self.path, #"{"instances":[7]}"#)
            #expect(rows.status == 400 && rows.error == "model 'digits' expects input 'x' as FP32 [], got FP32 [1]")
        }
    }

    @Test func anOutputWithoutRowsIsRefusedInRows() async throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N")])],
            outputs: [TensorSpec(name: "total", elementType: .float32, dimensions: [])])
        let session = ScriptedSession(signature) { inputs in
            let sum = (inputs[0].values(as: Float.self) ?? []).reduce(0, +)
            return [(try? Tensor(.float32, .scalar, values: [sum])) ?? inputs[0]]
        }
        try await TestPlane.run([.of(session)]) { server in
            let client = try server.client()
            let rows = try client.post(Self.path, #"{"instances":[1,2]}"#)
            #expect(rows.status == 400 && rows.code == "unsupported")
            #expect(rows.error?.hasSuffix("send 'inputs' instead of 'instances'") == true)
            #expect(try client.post(Self.path, #"{"inputs":[1,2]}"#).text == #"{"outputs":3.0}"#)
        }
    }

    @Test func outputsThatJSONCannotCarryAreRefusedBeforeTheRun() async throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N")])],
            outputs: [TensorSpec(name: "y", elementType: .float16, dimensions: [.symbol("N")])])
        try await TestPlane.run([.of(ScriptedSession(signature) { _ in [] })]) { server in
            let reply = try server.client().post(Self.path, #"{"instances":[1]}"#)
            #expect(reply.status == 400 && reply.code == "unsupported")
            #expect(
                reply.error == "output 'y' is FP16, which JSON cannot carry; ask for it as binary data at "
                    + "/v2/models/digits/infer")
        }
    }

    /// Both protocols read and write the same numbers with the same digits.
    @Test func answersAreThoseOfInfer() async throws {
        var generator = SystemRandomNumberGenerator()
        let numbers = (0..<64).map { _ in
            let value = Float(bitPattern: generator.next())
            return value.isFinite && (value * 2).isFinite ? value : 0.1
        }
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let flat = numbers.map(\.description).joined(separator: ",")
            let rows = stride(from: 0, to: 64, by: 4).map { start in
                "[" + numbers[start..<(start + 4)].map(\.description).joined(separator: ",") + "]"
            }.joined(separator: ",")
            let infer = try client.post(
                JSONInference.path,
                #"{"inputs":[{"name":"x","shape":[16,4],"datatype":"FP32","data":[\#(flat)]}]}"#)
            let predict = try client.post(Self.path, #"{"instances":[\#(rows)]}"#)
            let expected = try #require(infer.text.firstRange(of: #""data":["#)).upperBound
            let digits = infer.text[expected...].dropLast(4)
            #expect(
                predict.status == 200 && predict.text.filter { !"[]".contains($0) } == #"{"predictions":\#(digits)}"#)
        }
    }

    @Test func largeBodiesArrivingInPiecesAreRead() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let rows = 50_000
            let body = #"{"instances":["# + repeatElement("[1.25,2,3,4]", count: rows).joined(separator: ",") + "]}"
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == 200)
            #expect(
                reply.text == #"{"predictions":["#
                    + repeatElement("[2.5,4.0,6.0,8.0]", count: rows).joined(separator: ",") + "]}")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func memoryForManyRowsComesOutOfTheBudget() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.memoryBudget = 1 << 20 }) { server in
            let body = #"{"instances":["# + repeatElement("[1,2,3,4]", count: 100_000).joined(separator: ",") + "]}"
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == 503 && reply.code == "out_of_memory")
            #expect(try server.client().post(Self.path, #"{"instances":[[1,2,3,4]]}"#).status == 200)
        }
    }
}

/// `:classify` and `:regress`; protocols.md 7.
@Suite struct ExampleInference {
    /// Scores of three classes, and one number, from two inputs of one feature each.
    private static func session() -> ScriptedSession {
        let columns: [Dimension] = [.symbol("N"), .fixed(1)]
        let signature = Signature(
            inputs: [
                TensorSpec(name: "age", elementType: .float32, dimensions: columns),
                TensorSpec(name: "count", elementType: .int64, dimensions: [.symbol("N")]),
            ],
            outputs: [
                TensorSpec(name: "logits", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)]),
                TensorSpec(name: "probabilities", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)]),
                TensorSpec(name: "price", elementType: .float64, dimensions: columns),
            ])
        return ScriptedSession(signature) { inputs in
            let ages = inputs[0].values(as: Float.self) ?? []
            let counts = inputs[1].values(as: Int64.self) ?? []
            let rows = ages.count
            let scores = zip(ages, counts).flatMap { [$0, Float($1)] }
            guard let shape = try? Shape([rows, 2]), let one = try? Shape([rows, 1]),
                let logits = try? Tensor(.float32, shape, values: [Float](repeating: 0, count: rows * 2)),
                let probabilities = try? Tensor(.float32, shape, values: scores),
                let price = try? Tensor(.float64, one, values: zip(ages, counts).map { Double($0) * Double($1) })
            else { return [] }
            return [logits, probabilities, price]
        }
    }

    private static func endpoint(classes: [String] = []) -> ServingEndpoint {
        ServingEndpoint(
            name: "shop",
            servable: Servable(
                model: "shop", version: "1", digest: "sha256:00", session: session(), calibration: .instant,
                classes: classes))
    }

    @Test(arguments: [
        #"{"examples":[{"age":0.5,"count":2},{"age":1.5,"count":3}]}"#,
        #"{"examples":[{"age":[0.5],"count":[2]},{"age":[1.5],"count":[3]}]}"#,
        #"{"examples":[{"age":0.5,"count":2},{"count":3,"age":1.5}],"signature_name":"serving_default"}"#,
        #"{"context":{"count":2},"examples":[{"age":0.5},{"age":1.5,"count":3}]}"#,
        #"{"examples":[{},{"age":1.5,"count":3}],"context":{"age":[0.5],"count":[2]}}"#.replacing("[0.5]", with: "0.5")
            .replacing("[2]", with: "2"),
    ])
    func examplesAreClassifiedAndRegressed(_ body: String) async throws {
        try await TestPlane.run([Self.endpoint(classes: ["cat", "dog"])]) { server in
            let client = try server.client()
            let classes = try client.post("/v1/models/shop:classify", body)
            #expect(
                classes.text == #"{"results":[[["cat",0.5],["dog",2.0]],[["cat",1.5],["dog",3.0]]]}"#)
            let values = try client.post("/v1/models/shop/versions/1:regress", body)
            #expect(values.text == #"{"results":[1.0,4.5]}"#)
        }
    }

    @Test func classesWithoutNamesAreNumbered() async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let reply = try server.client().post(
                "/v1/models/shop:classify", #"{"examples":[{"age":0.5,"count":2}]}"#)
            #expect(reply.text == #"{"results":[[["0",0.5],["1",2.0]]]}"#)
        }
    }

    @Test(arguments: [
        ("{}", "the request has no 'examples'"), (#"{"examples":[]}"#, "'examples' is empty; give one or more"),
        (#"{"examples":{}}"#, "the request's JSON: expected an array, found an object (at byte 12)"),
        (#"{"examples":[1]}"#, "the request's JSON: expected an object, found a number (at byte 13)"),
        (#"{"examples":[{"age":1}]}"#, "examples[0] has no value for input 'count'"),
        (#"{"examples":[{"age":1,"colour":2}]}"#, "model 'shop' has no input 'colour'; its inputs are 'age', 'count'"),
        (
            #"{"examples":[{"age":1,"count":1}],"context":{"x":1}}"#,
            "model 'shop' has no input 'x'; its inputs are 'age', 'count'"
        ),
        (
            #"{"examples":[{"age":[1,2],"count":1}]}"#,
            "model 'shop' expects input 'age' as FP32 [N, 1], got FP32 [1, 2]"
        ),
        (
            #"{"examples":[{"age":1,"count":1},{"age":[1],"count":1}]}"#,
            "the request's JSON: input 'age': examples[1]: expected a single value, found an array (at byte 40)"
        ),
    ])
    func whatDoesNotFitIsRefusedByName(_ body: String, _ error: String) async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let reply = try server.client().post("/v1/models/shop:regress", body)
            #expect(reply.status == 400 && reply.error == error, "\(reply.text)")
        }
    }

    @Test func aContextIsNotRepeatedWithoutEnd() async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let context = #"{"context":{"age":["# + repeatElement("1", count: 5000).joined(separator: ",") + "]},"
            let body = context + #""examples":["# + repeatElement("{}", count: 5000).joined(separator: ",") + "]}"
            let reply = try server.client().post("/v1/models/shop:regress", body)
            #expect(reply.status == 400 && reply.error?.hasPrefix("the context has") == true, "\(reply.text)")
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func modelsWithoutSuchOutputsSaySo() async throws {
        try await TestPlane.run([.of(.identity(.int64)), .of(.doubler(), name: "wide")]) { server in
            let client = try server.client()
            let classes = try client.post("/v1/models/digits:classify", #"{"examples":[{"x":1}]}"#)
            #expect(classes.status == 400 && classes.code == "unsupported")
            #expect(classes.error?.hasPrefix("model 'digits' has no output of class scores") == true)
            let values = try client.post("/v1/models/wide:regress", #"{"examples":[{"x":[1,2,3,4]}]}"#)
            #expect(values.status == 400 && values.error?.contains("no output with one number a row") == true)
        }
    }
}

/// What `/v1` says about models; protocols.md 7 and 10.
@Suite struct RowMetadataReplies {
    @Test func aModelsStatusIsTensorFlowsAndKServes() async throws {
        try await TestPlane.run([.of(.doubler()), ServingEndpoint(unavailable: "slow")]) { server in
            let client = try server.client()
            #expect(try client.request("GET", "/v1/models").text == #"{"models":["digits","slow"]}"#)
            let status =
                #"{"name":"digits","ready":true,"model_version_status":[{"version":"3","state":"AVAILABLE","#
                + #""status":{"error_code":"OK","error_message":""}}]}"#
            for path in ["", "/versions/3", "/labels/stable"] {
                let reply = try client.request("GET", "/v1/models/digits" + path)
                #expect(reply.status == 200 && reply.text == status)
            }
            let slow = try client.request("GET", "/v1/models/slow")
            #expect(slow.status == 503 && slow.header("retry-after") == "1")
            #expect(slow.text == #"{"name":"slow","ready":false,"model_version_status":[]}"#)
            server.plane.beginDrain()
            let leaving = try client.request("GET", "/v1/models/digits")
            #expect(leaving.status == 503 && leaving.text.contains("UNLOADING") && leaving.text.contains("false"))
        }
    }

    @Test func metadataIsASignature() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().request("GET", "/v1/models/digits/metadata")
            let tensor = { (name: String) in
                #"{"\#(name)":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""},"#
                    + #"{"size":"4","name":""}],"unknown_rank":false},"name":"\#(name)"}}"#
            }
            #expect(
                reply.text == #"{"model_spec":{"name":"digits","signature_name":"","version":"3"},"metadata":"#
                    + #"{"signature_def":{"signature_def":{"serving_default":{"inputs":\#(tensor("x")),"#
                    + #""outputs":\#(tensor("y")),"method_name":"tensorflow/serving/predict"}}}}}"#)
        }
    }

    @Test(arguments: [
        ("GET", "/v1/models/none", 404, "unknown_model"),
        ("GET", "/v1/models/digits/versions/9", 404, "unknown_version"),
        ("GET", "/v1/models/digits/labels/canary", 404, "unknown_version"),
        ("GET", "/v1/models/digits/labels/stable:predict", 405, "method_not_allowed"),
        ("POST", "/v1/models/digits", 405, "method_not_allowed"),
        ("POST", "/v1/models/digits:explain", 404, "not_found"),
        ("POST", "/v1/models/:predict", 404, "not_found"), ("POST", "/v1/models/digits:", 404, "not_found"),
        ("POST", "/v1/models/a:b:predict", 404, "not_found"),
        ("GET", "/v1/models/digits:predict", 405, "method_not_allowed"),
        ("POST", "/v1/models/none:predict", 404, "unknown_model"),
        ("POST", "/v1/models/digits/versions/9:predict", 404, "unknown_version"),
        ("POST", "/v1/models/digits/versions/:predict", 404, "not_found"),
        ("POST", "/v1/models/digits/metadata:predict", 404, "not_found"),
    ])
    func otherPathsAreRefused(_ method: String, _ path: String, _ status: Int, _ code: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().request(method, path, body: method == "POST" ? [] : nil)
            #expect(reply.status == status && reply.code == code, "\(reply.text)")
        }
    }

    @Test func labelsFollowTheTraffic() async throws {
        func servable(_ version: String, _ factor: Float) -> Servable {
            Servable(
                model: "digits", version: version, digest: "sha256:0\(version)",
                session: ScriptedSession.scaling(by: factor),
                calibration: .instant)
        }
        let endpoint = try #require(
            ServingEndpoint(
                name: "digits", arms: [.init(servable("4", 4), weight: 1000), .init(servable("3", 3), weight: 9000)]))
        try await TestPlane.run([endpoint]) { server in
            let client = try server.client()
            for (label, value) in [("stable", "3.0"), ("canary", "4.0")] {
                let reply = try client.post(
                    "/v1/models/digits/labels/\(label):predict", #"{"instances":[[1,1,1,1]]}"#)
                #expect(reply.text == #"{"predictions":[[\#(value),\#(value),\#(value),\#(value)]]}"#)
            }
            let other = try client.post("/v1/models/digits/labels/blue:predict", #"{"instances":[[1,1,1,1]]}"#)
            #expect(
                other.error == "model 'digits' has no version labelled 'blue'; its labels are 'stable' and 'canary'")
        }
    }
}
