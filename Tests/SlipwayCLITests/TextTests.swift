import Control
import Engines
import Foundation
import Release
import Tensors
import Testing
import Workshop

@testable import SlipwayCLI

@Suite struct CurlLineTests {
    /// What a shell hands to `curl`, by asking one.
    private func words(_ line: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "curl() { printf '%s\\n' \"$@\"; }\n" + line]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func body(_ inputs: TensorSpec...) throws -> JSONValue {
        let line = CurlLine.text(
            endpoint: "digits", server: "http://127.0.0.1:8080", signature: Signature(inputs: inputs, outputs: []))
        let words = try words(line)
        #expect(words.dropLast() == ["-s", "http://127.0.0.1:8080/v2/models/digits/infer", "-d"])
        return try JSONValue.parse(Array((words.last ?? "").utf8))
    }

    @Test func theLineWorksAsPasted() throws {
        let body = try body(
            TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(3)]),
            TensorSpec(name: "name", elementType: .string, dimensions: [.unknown]),
            TensorSpec(name: "flag", elementType: .bool, dimensions: []))
        #expect(
            body["inputs"] == [
                ["name": "pixels", "datatype": "FP32", "shape": [1, 3], "data": [0, 0, 0]],
                ["name": "name", "datatype": "BYTES", "shape": [1], "data": ["text"]],
                ["name": "flag", "datatype": "BOOL", "shape": [], "data": [true]],
            ])
    }

    @Test(arguments: ["it's", "'; exit 1; '", "$(exit 1)", "`exit 1`", "\"\\", "*", "a b"])
    func aNameCannotBreakOut(name: String) throws {
        let body = try body(TensorSpec(name: name, elementType: .int32, dimensions: [.fixed(1)]))
        #expect(body["inputs"]?.arrayValue?.first?["name"]?.stringValue == name)
    }

    @Test(arguments: [[1 << 40], [1 << 40, 1 << 40], [3, Int.max, 2], [0, 5]])
    func hugeShapesGiveAShortLine(sizes: [Int]) throws {
        let body = try body(TensorSpec(name: "x", elementType: .float32, dimensions: sizes.map { .fixed($0) }))
        let data = try #require(body["inputs"]?.arrayValue?.first?["data"]?.arrayValue)
        #expect(data.count == (sizes.contains(0) ? 0 : 4096))
    }
}

@Suite struct ReadyTextTests {
    @Test func everyEndpointAndWarningHasALine() {
        let lines = ReadyText.lines([
            "data": "127.0.0.1:1", "control": "127.0.0.1:2",
            "endpoints": [["endpoint": "digits", "traffic": "digits:1 100%"]], "warnings": ["open to all"],
        ])
        #expect(
            lines == [
                "slipway \(Version.text) is ready on http://127.0.0.1:1, console on http://127.0.0.1:2",
                "  digits: digits:1 100%", "warning: open to all",
            ])
    }

    @Test func anEmptyServerSaysWhatToDo() {
        #expect(
            ReadyText.lines(["data": "a", "control": "b", "endpoints": []]).last?.contains("slipway import FILE")
                == true)
        #expect(ReadyText.lines([:]).first?.contains("http://?") == true)
    }
}

@Suite struct MeasureTextTests {
    @Test func aSmallConfusionIsPrinted() throws {
        let measures = try ClassificationMeasures(predicted: ["<b>", "cat", "cat"], actual: ["<b>", "<b>", "cat"])
        let lines = MeasureText.lines(.classification(measures))
        #expect(lines.count == 2)
        #expect(lines[0].contains("PRECISION") && lines[0].contains("50.00 %"))
        #expect(
            lines[1].split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } == [
                "confusion: rows are true classes, columns predictions", "<b> cat", "<b> 1 1", "cat · 1",
            ])
    }

    @Test func manyClassesAreNotPrintedAgainstEachOther() throws {
        let names = (0..<30).map(String.init)
        #expect(
            MeasureText.lines(.classification(try ClassificationMeasures(predicted: names, actual: names))).count == 1)
    }

    @Test func quantitiesHaveTheirErrors() throws {
        let lines = MeasureText.lines(.regression(try RegressionMeasures(predicted: [1, 2], actual: [2, 4])))
        #expect(
            lines == [
                "  mean absolute error     1.5", "  root mean square error  1.5811388300841898",
                "  largest error           2.0",
            ])
    }
}

@Suite struct PlanTextTests {
    private func candidate(_ number: Int) throws -> Candidate {
        Candidate(version: try VersionReference(model: "digits", number: number), digest: "sha256:\(number)")
    }

    @Test func aPlanShowsWhatChanges() throws {
        let endpoint = try EndpointName("digits")
        let plan = try Planner.plan(.deploy(candidate(1)), history: EndpointHistory(endpoint))
        #expect(PlanText.lines(plan).first == "digits: deploy, from nothing")
        #expect(PlanText.lines(plan).count == 1 + plan.changes.count)
        let json = PlanText.json(plan)
        #expect(json["base"] == .null && json["cause"] == "deploy")
        #expect(json["changes"]?.arrayValue?.first?["kind"] == "+")
        var history = EndpointHistory(endpoint)
        let revision = try history.append(plan, at: 0)
        try history.mark(revision.number, .healthy)
        let again = try Planner.plan(.deploy(candidate(1)), history: history)
        #expect(PlanText.lines(again) == ["digits: nothing would change"])
        let next = try Planner.plan(.deploy(candidate(2)), history: history)
        #expect(PlanText.lines(next).first == "digits: deploy, from revision 1")
    }
}

@Suite struct SummaryTextTests {
    @Test func aSummaryBecomesLines() {
        let summary: JSONValue = [
            "fileBytes": 70_500, "parameters": 17_226,
            "opsets": [["domain": "ai.onnx", "version": 18], ["domain": "ai.onnx.ml", "version": 3]],
            "inputs": [["name": "pixels", "type": "FP32", "shape": ["N", 64]]],
            "outputs": [["name": "y", "type": "FP32"]],
            "operators": [["operator": "Gemm", "count": 3]],
        ]
        #expect(
            SummaryText.lines(summary, title: "digits") == [
                "digits", "  size     17,226 parameters, 70.5 KB, opset 18, ai.onnx.ml 3",
                "  input    pixels  FP32 [N, 64]",
                "  output   y  FP32 […]", "  nodes    3 Gemm",
            ])
    }

    @Test func whatIsMissingDoesNotHurt() {
        #expect(SummaryText.lines([:], title: nil) == ["  size     0 parameters", "  nodes    "])
    }
}

@Suite struct JSONFileTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func documentsAreRead() throws {
        let path = try file(#"{"a": 1}"#)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try JSONFile.read(path) == ["a": 1])
    }

    @Test func whatIsNoDocumentIsNamed() throws {
        let path = try file("{")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let broken = #expect(throws: Failure.self) { try JSONFile.read(path) }
        #expect(broken?.message == "'\(path)' is no JSON document" && broken?.causes.count == 1)
        let missing = #expect(throws: Failure.self) { try JSONFile.read("/nowhere/x.json") }
        #expect(missing?.exit == .notFound)
        #expect(throws: Failure.self) { try JSONFile.read("/") }
        #expect(throws: Failure.self) { try JSONFile.read("/dev/zero") }
    }
}

/// Row 51 of the attack list: what strangers wrote, in logs and errors.
@Suite struct InertTextTests {
    @Test(arguments: [
        ("plain, größer, 模型, 🚀", nil), ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
        ("a\r\nINFO forged", "a\\u{d}\\u{a}INFO forged"), ("a\u{202e}b", "a\\u{202e}b"), ("a\0b", "a\\u{0}b"),
        ("a\u{2028}b", "a\\u{2028}b"), ("a\u{85}b\u{7f}", "a\\u{85}b\\u{7f}"),
    ])
    func aLineOfALogStaysALine(_ text: String, _ expected: String?) {
        #expect(InertText.line(text) == expected ?? text)
    }

    @Test func anErrorKeepsItsLines() {
        #expect(InertText.text("a\n\tb\u{1b}[2J") == "a\n\tb\\u{1b}[2J")
    }
}
