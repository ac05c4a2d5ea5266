import Client
import Release
import Tensors
import Testing

@testable import Client
@testable import Control

@Suite struct TrialTests {
    private static let pixels = TensorSpec(
        name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])

    private func field(_ spec: TensorSpec, _ text: String) -> Trial.Field {
        Trial.Field(
            spec: spec,
            view: Views.Input(
                index: "0", name: spec.name, type: "", shape: "", value: text, hint: "", isImage: false, columns: "0",
                rows: "0", maximum: "1"), text: text)
    }

    private func tensor(
        _ text: String, _ type: ElementType = .float32, _ dimensions: [Dimension]? = [.symbol("N"), .fixed(2)]
    ) throws(TensorError) -> Tensor {
        try Trial.tensor(field(TensorSpec(name: "x", elementType: type, dimensions: dimensions), text))
    }

    @Test(arguments: [
        ("1 2", [1, 2]), ("1 2\r\n3 4", [2, 2]), ("1,2\n3\t4", [2, 2]), (" 1,  2 ,\r\n3 4 ", [2, 2]),
        ("1 2 3 4 5 6", [3, 2]), ("", [0, 2]),
    ]) func asManyRowsAsThereAreNumbersFor(text: String, shape: [Int]) throws {
        #expect(try tensor(text).shape.dimensions == shape)
    }

    @Test func numbersBecomeTheInputsType() throws {
        #expect(try tensor("1 -2", .int8).values(as: Int8.self) == [1, -2])
        #expect(try tensor("0.5 1e3", .float64).values(as: Double.self) == [0.5, 1000])
        #expect(try tensor("7", .int64, [.fixed(1)]).shape.dimensions == [1])
        #expect(try tensor("7", .int64, []).shape.dimensions == [])
        #expect(try tensor("1 2 3", .float32, nil).shape.dimensions == [3])
        #expect(try tensor("1 2 3 4", .float32, [.unknown, .unknown]).shape.dimensions == [4, 1])
    }

    @Test func stringsAreOneALine() throws {
        let words = try tensor("a b\nc, d\r\n", .string, [.symbol("N")])
        #expect(words.strings?.decoded == ["a b", "c, d"])
    }

    @Test(arguments: [
        ("1", ElementType.float32, "'x' expects [N, 2]: rows of 2, got 1 values"),
        ("1 two", .float32, "'two' in 'x' is no number"),
        ("0.5 1", .int8, "element 0 has a value that INT8 cannot hold; choose a wider type"),
        ("1 300", .uint8, "element 1 has a value that UINT8 cannot hold; choose a wider type"),
        ("nan 1", .int64, "element 0 has a value that INT64 cannot hold; choose a wider type"),
        ("1 1e19", .int64, "element 1 has a value that INT64 cannot hold; choose a wider type"),
        ("1 2", .float4e2m1, "FLOAT4E2M1 elements are not plain numbers and cannot be converted"),
    ]) func whatDoesNotFitIsSaid(text: String, type: ElementType, message: String) {
        let error = #expect(throws: TensorError.self) { try tensor(text, type) }
        #expect(error?.message == message)
    }

    @Test func aShapeThatCannotBeIsRefused() {
        #expect(throws: TensorError.self) { try tensor("1", .float32, [.fixed(1 << 40), .fixed(1 << 40)]) }
        #expect(throws: TensorError.self) { try tensor("1", .float32, [.fixed(-1)]) }
        #expect(throws: TensorError.self) { try tensor("1", .float32, [.unknown, .fixed(0)]) }
    }

    // MARK: - Pages

    private func endpoint(_ bridge: Bridge, _ signature: Signature, labels: [String: String] = [:]) async throws
        -> Overview.Endpoint
    {
        let version = try bridge.harbour.version("runs", signature: signature, labels: labels)
        _ = try bridge.harbour.deployments.submit(.deploy(version), for: .digits)
        return try #require(try await bridge.management.overview.endpoint(.digits))
    }

    @Test func theFormIsMadeFromTheSignature() async throws {
        let bridge = try Bridge(Harbour())
        let signature = Signature(
            inputs: [Self.pixels, TensorSpec(name: "note", elementType: .string, dimensions: [.unknown])], outputs: [])
        let endpoint = try await endpoint(bridge, signature, labels: ["view.pixels": "image 2x1/16"])
        let fields = try bridge.console.trial.inputs(of: endpoint, given: nil)
        #expect(fields.map(\.text) == ["0 0", "text"])
        #expect(fields[0].view.isImage && fields[0].view.maximum == "16")
        #expect(fields[0].view.hint == "2 numbers a row, separated by spaces or commas")
        #expect(fields[1].view.hint == "one value a line" && !fields[1].view.isImage)
        let given = try bridge.console.trial.inputs(of: endpoint, given: FormBody(Array("in-0=5+6&in-1=hey".utf8)))
        #expect(given.map(\.text) == ["5 6", "hey"])
        let answer = await bridge.console.trial.ask(endpoint, given, bearer: nil)
        #expect(!answer.answered && answer.problem?.isEmpty == false)
    }

    @Test func hugeInputsDoNotFillThePage() async throws {
        let bridge = try Bridge(Harbour())
        let huge = TensorSpec(
            name: "x", elementType: .float32, dimensions: [.unknown, .fixed(1 << 40), .fixed(1 << 40)])
        let endpoint = try await endpoint(bridge, Signature(inputs: [huge], outputs: []))
        let fields = try bridge.console.trial.inputs(of: endpoint, given: nil)
        #expect(fields[0].text.utf8.count < 10_000)
    }

    @Test func theShellLineIsQuotedAndWhole() async throws {
        let bridge = try Bridge(Harbour())
        let spec = TensorSpec(name: "it's", elementType: .string, dimensions: [.unknown])
        let endpoint = try await endpoint(bridge, Signature(inputs: [spec], outputs: []))
        let line = bridge.console.trial.curl(endpoint, [field(spec, "'; rm -rf ~; '")])
        #expect(line.hasPrefix("curl -s http://127.0.0.1:8080/v2/models/digits/infer -d '{"))
        #expect(Self.words(line).count == 5)
        let body = try JSONValue.parse(Array((Self.words(line).last ?? "").utf8))
        #expect(body["inputs"]?.arrayValue?.first?["data"] == ["'; rm -rf ~; '"])
    }

    @Test(arguments: [
        "plain", "'; rm -rf ~; '", "\"\\n", "\"#\"##\\(x)\\#(y)", "\u{27}\u{27}\u{27}\"\"\"", "ä\u{2028}😀",
    ])
    func everyLanguageSaysTheSame(text: String) async throws {
        let bridge = try Bridge(Harbour())
        let spec = TensorSpec(name: "it's \"", elementType: .string, dimensions: [.unknown])
        let endpoint = try await endpoint(bridge, Signature(inputs: [spec], outputs: []))
        let fields = [field(spec, text)]
        let trial = bridge.console.trial
        let body = Self.words(trial.curl(endpoint, fields)).last ?? ""
        let python = trial.python(endpoint, fields).split(separator: "\n").first { $0.hasPrefix("body = ") } ?? ""
        #expect(try JSONValue.parse(Array(python.dropFirst(7).utf8)).stringValue == body)
        let swift = trial.swift(endpoint, fields).split(separator: "\n").first { $0.hasPrefix("let body = ") } ?? ""
        let literal = swift.dropFirst(11)
        let hashes = literal.prefix { $0 == "#" }
        #expect(!hashes.isEmpty && literal == "\(hashes)\"\(body)\"\(hashes)")
        #expect(!body.contains("\"\(hashes)") && !body.contains("\\\(hashes)"), "nothing ends it or is run in it")
        #expect(!body.contains("\n"), "one line")
    }

    /// Each language reads the token where the command line does; without one nothing of it is said.
    @Test func programsSendATokenWhereOneIsAskedFor() async throws {
        let bridge = try Bridge(Harbour())
        let spec = TensorSpec(name: "x", elementType: .float32, dimensions: [.fixed(1)])
        let endpoint = try await endpoint(bridge, Signature(inputs: [spec], outputs: []))
        var trial = bridge.console.trial
        let open = trial.code(endpoint, [field(spec, "1")]).map(\.text)
        trial.asksForTokens = true
        let closed = trial.code(endpoint, [field(spec, "1")]).map(\.text)
        #expect(open.allSatisfy { !$0.contains("SLIPWAY_TOKEN") && !$0.contains("Authorization") })
        let curl = #"/v2/models/digits/infer -H "Authorization: Bearer $SLIPWAY_TOKEN" -d '{"#
        #expect(closed[0].contains(curl))
        #expect(closed[1].contains("import json, os, urllib.request"))
        #expect(closed[1].contains(#"{"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["#))
        #expect(closed[2].contains("\nrequest.setValue(\"Bearer \\(token)\", forHTTPHeaderField: \"Authorization\")\n"))
    }

    /// A line's words as a POSIX shell splits it, with quotes and escapes; enough for lines of ours.
    private static func words(_ line: String) -> [String] {
        var words = [""]
        var isQuoted = false
        var isEscaped = false
        for character in line {
            switch character {
            case _ where isEscaped:
                words[words.count - 1].append(character)
                isEscaped = false
            case "'": isQuoted.toggle()
            case "\\" where !isQuoted: isEscaped = true
            case " " where !isQuoted: words.append("")
            default: words[words.count - 1].append(character)
            }
        }
        return words
    }

    @Test(arguments: ["inf", "-inf", "nan", "1e300", "1e18", "9223372036854775807", "-0", "0x1p1023"])
    func everyNumberCanBeShownAgain(text: String) async throws {
        let bridge = try Bridge(Harbour())
        for type in [ElementType.float64, .float32, .int64, .uint64] {
            let spec = TensorSpec(name: "x", elementType: type, dimensions: [.unknown])
            let endpoint = try await endpoint(bridge, Signature(inputs: [spec], outputs: []))
            #expect(bridge.console.trial.curl(endpoint, [field(spec, text)]).contains("\"x\""))
        }
    }

    // MARK: - Answers

    private func answer(_ outputs: [(name: String, tensor: Tensor)], labels: [String] = []) -> Views.Answer {
        AnswerBuilder.answer(
            InferenceReply(
                modelName: "digits", modelVersion: "3", outputs: outputs, requestID: nil, latency: .milliseconds(1500)),
            labels: labels)
    }

    @Test func theDecisionIsTheHeadline() throws {
        let index = try Tensor(.int64, Shape([1, 1]), values: [Int64(1)])
        #expect(answer([("class", index)]).headline == "1")
        #expect(answer([("class", index)], labels: ["no", "yes"]).headline == "yes")
        #expect(answer([("class", index)], labels: ["no"]).headline == "1")
        let word = try Tensor(Shape([1]), strings: StringElements(["setosa"]))
        #expect(answer([("class", word)], labels: ["no"]).headline == "setosa")
        #expect(answer([("score", try Tensor(.float32, Shape([1]), values: [Float(1)]))]).headline == nil)
        #expect(answer([("class", index)]).servedBy == "answered by version 3")
        #expect(answer([("class", index)]).took == "1.5 s")
    }

    @Test func probabilitiesAreBars() throws {
        let scores = try Tensor(.float32, Shape([1, 2]), values: [Float(0.25), 0.75])
        let bars = answer([("p", scores)], labels: ["no"]).outputs[0].bars
        #expect(bars.map(\.label) == ["no", "1"])
        #expect(bars.map(\.value) == ["25.00 %", "75.00 %"] && bars.map(\.width) == ["25.0", "75.0"])
        #expect(answer([("p", try Tensor(.float32, Shape([2]), values: [Float.nan, 0.5]))]).outputs[0].bars.isEmpty)
        #expect(answer([("p", try Tensor(.float32, Shape([2]), values: [Float(2), 0.5]))]).outputs[0].bars.isEmpty)
    }

    @Test func theLargestNumbersDoNotTrap() throws {
        let cases: [(Tensor, String)] = try [
            (Tensor(.int64, Shape([1]), values: [Int64.max]), "9223372036854775807"),
            (Tensor(.int64, Shape([1]), values: [Int64.min]), "-9223372036854775808"),
            (Tensor(.uint64, Shape([1]), values: [UInt64.max]), "1.8446744073709552e+19"),
            (Tensor(.float32, Shape([1]), values: [Float.infinity]), "inf"),
            (Tensor(.float64, Shape([1]), values: [1e300]), "1e+300"),
            (Tensor(.bool, Shape([2]), values: [UInt8(0), 1]), "false true"),
        ]
        for (tensor, text) in cases { #expect(answer([("x", tensor)]).outputs[0].text == text) }
    }

    @Test func longOutputsAreCut() throws {
        let text = answer([("x", try Tensor(.int32, Shape([100]), values: (0..<100).map(Int32.init)))]).outputs[0].text
        #expect(text.hasPrefix("0 1 2 ") && text.hasSuffix(" 63 …"))
    }

    @Test func elementsAreExactJSON() throws {
        #expect(try Tensor(.int64, Shape([2]), values: [Int64.max, -1]).jsonElements == [.integer(Int.max), -1])
        #expect(try Tensor(.float32, Shape([2]), values: [Float(1), 0.5]).jsonElements == [1, 0.5])
        #expect(try Tensor(.bool, Shape([2]), values: [UInt8(1), 0]).jsonElements == [true, false])
        #expect(try Tensor(zeros: .int4, Shape([2])).jsonElements == [])
    }

    // MARK: - Images

    @Test(arguments: [
        ("image 2x1/16", 2, 1, "16"), ("image 1x2", 1, 2, "1"), ("image 2x1/1.5", 2, 1, "1.5"),
        ("image 2x1/white", 2, 1, "1"),
    ]) func imagesAreRecognised(label: String, columns: Int, rows: Int, maximum: String) throws {
        let hint = try #require(ImageHint(label, Self.pixels))
        #expect(hint.columns == columns && hint.rows == rows && hint.maximum == maximum)
    }

    @Test(
        arguments: [
            nil, "", "image", "image ", "picture 2x1", "image 2", "image 2x", "image x", "image 2x1x1", "image 2x2",
            "image 0x2",
            "image -1x-2", "image 65x1", "image 9999999999999999999x1", "image 4611686018427387904x4",
        ] as [String?]) func otherLabelsAreNoImages(label: String?)
    {
        #expect(ImageHint(label, Self.pixels) == nil)
    }
}
