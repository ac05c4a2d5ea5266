import Engines
import Tensors
import Testing

@testable import Serve

/// Records whose cells may be missing, by every dialect that takes tables. The graph gives back what it gets.
@Suite struct RecordColumns {
    private static let processing = #"""
        {"pre": [{"input": "x", "columns": [
          {"column": "age", "impute": -1}, {"column": "size", "missing": "keep", "ordinal": ["S", "L"], "unknown": 9},
          {"column": "job", "oneHot": ["clerk", "nurse"], "unknown": "ignore", "missing": "keep"}]}]}
        """#

    private static func endpoint() throws -> ServingEndpoint {
        let inner = ScriptedSession(ScriptedSession.rows("x", "y", .float64, width: 4)) { $0 }
        let session = try ClientSession.wrapping(
            inner, processing: JSONValue.parse(Array(processing.utf8)))
        return ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00", session: session, calibration: .instant))
    }

    /// Two rows: 30, L, nurse; and one in which nothing is known but a word that no list has.
    @Test(arguments: [
        ("/v2/models/digits/infer", "", #"{"dataframe_records":[{"age":30,"size":"L","job":"nurse"},{"job":"poet"}]}"#),
        (
            "/v1/models/digits:predict", "",
            #"{"dataframe_records":[{"job":"nurse","size":"L","age":3e1},{"job":"poet"}]}"#
        ),
        ("/v1/models/digits:predict", "", #"{"instances":[{"job":"nurse","size":"L","age":30},{"job":"poet"}]}"#),
        (
            "/invocations", "application/jsonlines",
            "{\"job\":\"nurse\",\"size\":\"L\",\"age\":30}\n{\"age\":null,\"job\":\"poet\"}\n"
        ),
        (
            "/invocations", "",
            #"{"dataframe_split":{"columns":["job","age","size"],"data":[["nurse",30,"L"],["poet",null,null]]}}"#
        ),
        ("/invocations", "text/csv", "job,age,size\nnurse,30,L\npoet,,\n"),
        ("/invocations", "text/csv", "job,age,size\nnurse,30,L\npoet,NA,\"\"\n"),
        ("/invocations", "text/csv; header=absent", "30,L,nurse\nnan,,poet\n"),
        (
            "/v2/models/digits/infer", "",
            #"""
            {"inputs":[{"name":"age","datatype":"FP64","shape":[2],"data":[30,null]},
             {"name":"size","datatype":"BYTES","shape":[2,1],"data":[["L"],[null]]},
             {"name":"job","datatype":"BYTES","shape":[2],"data":["nurse","poet"]}]}
            """#
        ),
    ])
    func gapsAreTakenFromEveryDialect(_ path: String, _ type: String, _ body: String) async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let reply = try server.client().post(path, body, headers: type.isEmpty ? [] : ["Content-Type: \(type)"])
            #expect(reply.status == 200, "\(reply.text)")
            let numbers = reply.text.split { !"-0123456789.".contains($0) }.compactMap { Double($0) }
            #expect(numbers.suffix(8) == [30, 1, 0, 1, -1, 9, 0, 0], "\(reply.text)")
        }
    }

    @Test func aTableMayLackAColumnAltogether() async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let client = try server.client()
            let csv = try client.post(
                "/invocations", "job\nnurse\n", headers: ["Content-Type: text/csv; header=present"])
            #expect(csv.text == #"{"predictions":[[-1.0,9.0,0.0,1.0]]}"#, "\(csv.text)")
            let split = try client.post("/invocations", #"{"dataframe_split":{"columns":["age"],"data":[[1],[null]]}}"#)
            #expect(split.text == #"{"predictions":[[1.0,9.0,0.0,0.0],[-1.0,9.0,0.0,0.0]]}"#, "\(split.text)")
            // Lines of nothing are a gap each, and there is memory for all of them.
            let gaps = try client.post(
                "/invocations", "age\n" + String(repeating: "\n", count: 3000),
                headers: ["Content-Type: text/csv; header=present"])
            #expect(gaps.status == 200 && gaps.json?["predictions"]?.arrayValue?.count == 3000)
        }
    }

    @Test(arguments: [
        (#"{"dataframe_records":[{"age":1,"wages":2}]}"#, "no column 'wages'"),
        (#"{"dataframe_records":[{"age":1},{"wages":2}]}"#, "a column 'wages', which the model does not take"),
        (#"{"dataframe_split":{"columns":["age"],"data":[[1,2]]}}"#, "more values; there are 1 columns"),
        (#"{"dataframe_records":[{"age":"old"}]}"#, "column 'age'"),
        (#"{"dataframe_records":[{"job":7}]}"#, "column 'job'"),
        (#"{"instances":[[1, 2, 3]]}"#, "has 3 inputs"),
    ])
    func whatIsNoRecordIsRefusedByName(_ body: String, _ words: String) async throws {
        try await TestPlane.run([Self.endpoint()]) { server in
            let reply = try server.client().post("/invocations", body)
            #expect(reply.status == 400 && reply.error?.contains(words) == true, "\(reply.text)")
        }
    }

    @Test func otherModelsTakeNoGaps() async throws {
        try await TestPlane.run([.of(ScriptedSession.identity(.float64))]) { server in
            let client = try server.client()
            for body in [
                #"{"instances":[1,null]}"#, #"{"dataframe_records":[{"x":1},{"x":null}]}"#,
                #"{"inputs":[{"name":"x","datatype":"FP64","shape":[2],"data":[1,null]}]}"#,
            ] {
                let reply = try client.post("/invocations", body)
                #expect(reply.status == 400 && reply.error?.contains("null") == true, "\(reply.text)")
            }
            let csv = try client.post("/invocations", "x\n1\n\n", headers: ["Content-Type: text/csv; header=present"])
            #expect(csv.status == 400 && csv.error?.contains("the cell is empty") == true, "\(csv.text)")
        }
    }

    @Test func aDeclarationIsCheckedAgainstTheGraph() throws {
        func wrap(_ text: String, _ inner: ScriptedSession) throws(EngineError) -> any Session {
            try ClientSession.wrapping(inner, processing: try? JSONValue.parse(Array(text.utf8)))
        }
        let inner = ScriptedSession(ScriptedSession.rows("x", "y", .float64, width: 2)) { $0 }
        for (text, words) in [
            (#"{"pre": [{"input": "z", "columns": [{"column": "a"}]}]}"#, "which is no input"),
            (#"{"pre": [{"input": "x", "columns": [{"column": "a"}]}]}"#, "the columns give 1 numbers a row"),
        ] {
            let error = #expect(throws: EngineError.self) { try wrap(text, inner) }
            #expect(error?.message.contains(words) == true)
        }
        let pair = ScriptedSession.pair()
        #expect(try wrap("{}", pair) === pair)
    }

    @Test func columnsOfSeveralInputsAreOneTable() throws {
        let specs = [
            TensorSpec(name: "numbers", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)]),
            TensorSpec(name: "codes", elementType: .int64, dimensions: [.symbol("N"), .fixed(1)]),
            TensorSpec(name: "raw", elementType: .float32, dimensions: [.symbol("N"), .fixed(1)]),
        ]
        let inner = ScriptedSession(Signature(inputs: specs, outputs: specs)) { $0 }
        let text = #"""
            {"pre": [{"input": "numbers", "columns": [{"column": "a"}, {"column": "b", "type": "FP64", "isMissing": true}]},
                     {"input": "codes", "columns": [{"column": "b", "ordinal": [5, 7], "unknown": -1}]}]}
            """#
        let session = try ClientSession.wrapping(inner, processing: JSONValue.parse(Array(text.utf8)))
        #expect(session.signature.inputs.map(\.name) == ["a", "b", "raw"])
        #expect((0..<4).map(session.isColumn) == [true, true, false, false])
        let made = try session.run([
            Tensor(.float64, Shape([2]), values: [1.5, 2]), Tensor(.float64, Shape([2]), values: [7, Double.nan]),
            Tensor(.float32, Shape([2, 1]), values: [Float(3), 4]),
        ])
        #expect(made[0].values(as: Float.self) == [1.5, 0, 2, 1])
        #expect(made[1].values(as: Int64.self) == [1, -1])
        #expect(made[2].values(as: Float.self) == [3, 4])
        _ = try session.run(session.samples(SampleInputs(), rows: 3))
    }
}
