import Engines
import Tensors
import Testing

@testable import Serve

/// Tables by column name; protocols.md 11, MLflow.
@Suite struct Tables {
    /// The model's own features, in this order.
    private static func named(_ factor: Float = 2) -> ServingEndpoint {
        ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00", session: ScriptedSession.scaling(by: factor),
                calibration: .instant, labels: ["features.x": "a,b,c,d"]))
    }

    /// `FP32 [N, 1]`, `INT64 [N]` and `BYTES [N, 1]`, given back as they are.
    private static func mixed() -> ScriptedSession {
        let specs = { (suffix: String) in
            [
                TensorSpec(name: "age" + suffix, elementType: .float32, dimensions: [.symbol("N"), .fixed(1)]),
                TensorSpec(name: "count" + suffix, elementType: .int64, dimensions: [.symbol("N")]),
                TensorSpec(name: "name" + suffix, elementType: .string, dimensions: [.symbol("N"), .fixed(1)]),
            ]
        }
        return ScriptedSession(Signature(inputs: specs(""), outputs: specs("_out"))) { $0 }
    }

    /// Spellings of the rows 1, 2, 3, 4 and 5, 6, 7, 8 of the features a to d.
    @Test(arguments: [
        ("", #"{"dataframe_split":{"columns":["a","b","c","d"],"data":[[1,2,3,4],[5,6,7,8]]}}"#),
        ("", #"{"dataframe_split":{"index":[7,9],"data":[[4,2,3,1],[8,6,7,5]],"columns":["d","b","c","a"]}}"#),
        ("", #"{"dataframe_records":[{"a":1,"b":2,"c":3,"d":4},{"a":5,"b":6,"c":7,"d":8}]}"#),
        ("", #"{"dataframe_records":[{"d":4,"b":2,"c":3,"a":1},{"a":5,"d":8,"c":7,"b":6}],"params":{}}"#),
        ("text/csv", "a,b,c,d\n1,2,3,4\n5,6,7,8\n"), ("text/csv", "d,b,c,a\r\n4,2,3,1\r\n 8 ,6,7.0,5e0"),
        ("text/csv; header=present", "\"a\",b,c,d\n1,\"2\",3,4\n5,6,7,8\n"),
        ("text/csv", "1,2,3,4\n5,6,7,8\n"), ("text/csv;charset=utf-8; header=absent", "1,2,3,4\n5,6,7,8"),
    ])
    func columnsAreMatchedByName(_ type: String, _ body: String) async throws {
        try await TestPlane.run([Self.named()]) { server in
            let client = try server.client()
            let headers = type.isEmpty ? [] : ["Content-Type: \(type)"]
            let predictions = #"{"predictions":[[2.0,4.0,6.0,8.0],[10.0,12.0,14.0,16.0]]}"#
            for path in ["/v1/models/digits:predict", "/invocations"] {
                #expect(try client.post(path, body, headers: headers).text == predictions)
            }
            let infer = try client.post("/v2/models/digits/infer", body, headers: headers)
            #expect(
                infer.text == #"{"model_name":"digits","model_version":"3","outputs":[{"name":"y","datatype":"FP32","#
                    + #""shape":[2,4],"data":[2.0,4.0,6.0,8.0,10.0,12.0,14.0,16.0]}]}"#, "\(infer.text)")
        }
    }

    @Test(arguments: [
        ("", #"{"dataframe_split":{"columns":["name","age","count"],"data":[["x",0.5,1],["y, \"z\"",1e1,2]]}}"#),
        ("", #"{"dataframe_records":[{"count":1,"age":0.5,"name":"x"},{"age":10,"name":"y, \"z\"","count":2}]}"#),
        ("text/csv", "count,name,age\n1,x,0.5\n2,\"y, \"\"z\"\"\",10\n"),
        ("text/csv; header=absent", "0.5,1,x\n10,2,\"y, \"\"z\"\"\""),
    ])
    func everyInputMayBeAColumn(_ type: String, _ body: String) async throws {
        try await TestPlane.run([.of(Self.mixed())]) { server in
            let reply = try server.client().post(
                "/v1/models/digits:predict", body, headers: type.isEmpty ? [] : ["Content-Type: \(type)"])
            #expect(
                reply.text == #"{"predictions":[{"age_out":[0.5],"count_out":1,"name_out":["x"]},"#
                    + #"{"age_out":[10.0],"count_out":2,"name_out":["y, \"z\""]}]}"#, "\(reply.text)")
        }
    }

    @Test func withoutNamesOfFeaturesColumnsAreTakenInTheirOrder() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.post(
                "/invocations", #"{"dataframe_split":{"columns":["q","r","s","t"],"data":[[1,2,3,4]]}}"#)
            #expect(reply.text == #"{"predictions":[[2.0,4.0,6.0,8.0]]}"#)
            let narrow = try client.post("/invocations", #"{"dataframe_records":[{"q":1,"r":2}]}"#)
            #expect(
                narrow.error == "model 'digits' takes 4 columns, in the order of input 'x'; the table has 2")
        }
    }

    static let refusals = [
        (
            #"{"dataframe_split":{"columns":["a","b","c","e"],"data":[[1,2,3,4]]}}"#,
            "model 'digits' has no column 'e'; its columns are 'a', 'b', 'c', 'd'"
        ),
        (#"{"dataframe_split":{"columns":["a","c"],"data":[[1,2]]}}"#, "the table has no column 'b', 'd'"),
        (#"{"dataframe_split":{"columns":["a","b","a","d"],"data":[]}}"#, "the table has two columns 'a'"),
        (#"{"dataframe_split":{"columns":["a","b","c","d"],"data":[]}}"#, "the table has no rows; give one or more"),
        (#"{"dataframe_split":{"columns":["a","b","c","d"]}}"#, "'dataframe_split' has no 'data'"),
        (#"{"dataframe_split":{"data":[[1]]}}"#, "'dataframe_split' has no 'columns'"),
        (
            #"{"dataframe_split":{"columns":["a","b","c","d"],"data":[[1,2,3,4],[1,2,3]]}}"#,
            "row 1 of 'data' has 3 values; there are 4 columns"
        ),
        (
            #"{"dataframe_split":{"columns":["a","b","c","d"],"data":[[1,2,3,4,5]]}}"#,
            "row 0 of 'data' has more values; there are 4 columns"
        ),
        (
            #"{"dataframe_split":{"columns":["a","b","c","d"],"data":[[1,2,null,4]]}}"#,
            "the request's JSON: row 0, column 'c': expected a number, found null (at byte 61)"
        ),
        (#"{"dataframe_records":[]}"#, "the table has no rows; give one or more"),
        (#"{"dataframe_records":[{"a":1,"b":2,"c":3}]}"#, "the table has no column 'd'"),
        (
            #"{"dataframe_records":[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"d":4}]}"#,
            "row 1 has no column 'c'"
        ),
        (
            #"{"dataframe_records":[{"a":1,"b":2,"c":3,"d":4},{"a":1,"b":2,"c":3,"e":4}]}"#,
            "row 1 has a column 'e' that the first row has not"
        ),
        (
            #"{"dataframe_records":[{"a":1,"b":2,"c":3,"d":"4"}]}"#,
            "the request's JSON: row 0, column 'd': expected a number, found a string (at byte 45)"
        ),
        (#"{"dataframe_records":[[1,2,3,4]]}"#, "the request's JSON: expected an object, found an array (at byte 22)"),
        (
            #"{"dataframe_records":[{"a":1,"b":2,"c":3,"d":4}],"instances":[[1,2,3,4]]}"#,
            "the request has both 'dataframe_records' and 'instances'; give one of them"
        ),
    ]

    @Test(arguments: refusals)
    func whatDoesNotFitIsRefusedByName(_ body: String, _ error: String) async throws {
        try await TestPlane.run([Self.named()]) { server in
            let client = try server.client()
            let reply = try client.post("/v1/models/digits:predict", body)
            #expect(reply.status == 400 && reply.error == error, "\(reply.text)")
            let infer = try client.post("/v2/models/digits/infer", body)
            #expect(infer.status == (body.contains("instances") ? 200 : 400), "\(infer.text)")
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test(arguments: [
        ("a,b,c,d\n1,2,3,x\n", "line 2, column 'd': expected a number, found 'x'"),
        ("a,b,c,d\n1,2,,4\n", "line 2, column 'c': the cell is empty"),
        ("a,b,c,d\n1,2,3\n", "line 2: expected 4 fields, found 3"),
        ("a,b,c,d\n1,2,3,4,5\n", "line 2: expected 4 fields, found 5"),
        ("a,b,c,d\n1,2,3,4 5\n", "line 2, column 'd': expected the end of the cell, found a number"),
        ("a,b,c,d\n1,2,3,1e39\n", "line 2, column 'd': expected a number that FP32 can hold, found one beyond it"),
        ("a,b,c,d\n", "the table has no rows; give one or more"),
        ("a,b,c,e\n1,2,3,4", "model 'digits' has no column 'e'; its columns are 'a', 'b', 'c', 'd'"),
        ("a,b\n1,2", "the table has no column 'c', 'd'"),
        ("1,2,3", "model 'digits' takes 4 columns, in the order of input 'x'; the table has 3"),
        ("1,2,3,4\n1,2", "line 2: expected 4 fields, found 2"), ("", "the request has no body; expected CSV"),
        ("a,b,c,\"d", "line 1: a quoted field is never closed"),
        ("a,b\"c,d", "line 1: a quote in a field that does not begin with one"),
    ])
    func malformedCSVIsRefusedWithTheLine(_ body: String, _ error: String) async throws {
        try await TestPlane.run([Self.named()]) { server in
            let client = try server.client()
            for path in ["/invocations", "/v2/models/digits/infer"] {
                let reply = try client.post(path, body, headers: ["Content-Type: text/csv"])
                #expect(reply.status == 400 && reply.error == error, "\(reply.text)")
            }
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func wordsForSpecialNumbersAreTaken() async throws {
        try await TestPlane.run([Self.named(1)]) { server in
            let reply = try server.client().post(
                "/invocations", "a,b,c,d\nNaN,inf,-Infinity,nan\n", headers: ["Content-Type: text/csv"])
            #expect(reply.text == #"{"predictions":[[NaN,Infinity,-Infinity,NaN]]}"#)
        }
    }

    @Test func inferKeepsItsOwnMembersBesideATable() async throws {
        try await TestPlane.run([Self.named()]) { server in
            let client = try server.client()
            let reply = try client.post(
                "/v2/models/digits/infer",
                #"{"id":"7","dataframe_records":[{"a":1,"b":2,"c":3,"d":4}],"outputs":[{"name":"y"}]}"#)
            #expect(reply.status == 200 && reply.json?["id"]?.stringValue == "7")
            let both = try client.post(
                "/v2/models/digits/infer", #"{"inputs":[],"dataframe_records":[{"a":1,"b":2,"c":3,"d":4}]}"#)
            #expect(both.error == "the request has both 'inputs' and a table; give one of them")
        }
    }
}
