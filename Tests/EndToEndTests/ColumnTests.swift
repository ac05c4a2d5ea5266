import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Records by column name, with gaps and words that no model was trained on; Examples/loans, whose expected answers
    /// scikit-learn gave.
    @Suite
    struct ColumnTests {
        private static let folder = Slipway.example("loans")

        private static func home(_ processing: String = folder + "/processing.json") async throws -> Slipway {
            let slipway = try Slipway()
            try await slipway.expect("import", folder + "/loans.onnx", "--name", "loans", "--processing", processing)
            return slipway
        }

        private struct Expected {
            let repaid: [Double]
            let labels: [String]

            init() throws {
                let json = try JSONValue.parse(try TextFile.bytes(ColumnTests.folder + "/expected.json"))
                repaid = json["repaid"]?.arrayValue?.compactMap(\.doubleValue) ?? []
                labels = json["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
            }
        }

        /// The rows of new.csv without their answers, and the same as JSON, where a gap is `null`.
        private static func rows() throws -> (csv: String, cells: [[JSONValue]], names: [String]) {
            let lines = try TextFile.read(folder + "/new.csv").split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
            }
            let cells = lines.dropFirst().map { line in
                line.map { cell -> JSONValue in
                    cell.isEmpty ? .null : Double(cell).map { .number($0) } ?? .string(cell)
                }
            }
            return (lines.map { $0.joined(separator: ",") }.joined(separator: "\n"), Array(cells), lines[0])
        }

        @Test
        func everyDialectTakesRecordsByColumnNameWithGaps() async throws {
            let slipway = try await Self.home()
            try await slipway.expect("deploy", "loans:1")
            let expected = try Expected()
            let (csv, cells, names) = try Self.rows()
            let records = JSONValue.array(
                cells.map { row in .object(zip(names, row).filter { !$0.1.isNull }.map { ($0, $1) }) })
            let split = JSONValue.object([
                ("columns", .array(names.map { .string($0) })), ("data", .array(cells.map { .array($0) })),
            ])
            let tensors = JSONValue.array(
                names.enumerated().map { place, name in
                    let type = ["job", "home"].contains(name) ? "BYTES" : "FP64"
                    return .object([
                        ("name", .string(name)), ("datatype", .string(type)), ("shape", [.integer(cells.count)]),
                        ("data", .array(cells.map { $0[place] })),
                    ])
                })
            let bodies: [(String, JSONValue)] = [
                ("/v2/models/loans/infer", .object([("inputs", tensors)])),
                ("/v2/models/loans/infer", .object([("dataframe_split", split)])),
                ("/v2/models/loans/infer", .object([("dataframe_records", records)])),
                ("/v1/models/loans:predict", .object([("instances", records)])),
                ("/v1/models/loans:predict", .object([("dataframe_records", records)])),
                ("/invocations", .object([("dataframe_split", split)])),
                ("/invocations", .object([("inputs", tensors)])),
            ]
            try await slipway.serving { server in
                let client = try server.dataPlane()
                for (path, body) in bodies {
                    let reply = try await client.request("POST", path, body: body.encoded())
                    #expect(reply.status == 200, "\(path): \(reply.text)")
                    try Self.check(reply, expected)
                }
                for path in ["/v2/models/loans/infer", "/invocations"] {
                    let reply = try await client.request(
                        "POST", path, headers: [HTTPHeader("content-type", "text/csv; header=present")],
                        body: Array(csv.utf8))
                    #expect(reply.status == 200, "\(path): \(reply.text)")
                    try Self.check(reply, expected)
                }
                let metadata = try await client.request("GET", "/v2/models/loans")
                #expect(metadata.text.contains(#"{"name":"age","datatype":"FP64","shape":[-1]}"#), "\(metadata.text)")
                #expect(metadata.text.contains(#"{"name":"job","datatype":"BYTES","shape":[-1]}"#))
            }
        }

        /// The answers that a reply has, in whatever form.
        private static func check(_ reply: HTTPReply, _ expected: Expected) throws {
            let value = try JSONValue.parse(reply.body)
            var (scores, labels): ([Double], [String]) = ([], [])
            if let outputs = value["outputs"]?.arrayValue {
                for output in outputs {
                    let data = output["data"]?.arrayValue ?? []
                    switch output["name"]?.stringValue {
                    case "probabilities": scores = data.compactMap(\.doubleValue)
                    case "probabilities_threshold_label": labels = data.compactMap(\.stringValue)
                    default: break
                    }
                }
            } else {
                for row in value["predictions"]?.arrayValue ?? [] {
                    scores += row["probabilities"]?.arrayValue?.compactMap(\.doubleValue) ?? []
                    labels += row["probabilities_threshold_label"]?.stringValue.map { [$0] } ?? []
                }
            }
            let repaid = scores.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            #expect(repaid.count == expected.repaid.count)
            #expect(zip(repaid, expected.repaid).allSatisfy { abs($0 - $1) < 1e-5 }, "\(repaid)")
            #expect(labels == expected.labels)
        }

        @Test
        func whatCannotBePreparedIsTheClientsFaultByColumnAndRow() async throws {
            let slipway = try Slipway()
            let strict = slipway.scratch.file("strict.json")
            // The comma before it goes with the member.
            let text = try TextFile.read(Self.folder + "/processing.json").split(separator: "\n")
            let place = try #require(text.firstIndex { $0.contains("\"unknown\": \"ignore\"") })
            let lines = text[..<(place - 1)] + ["          ]"] + text[(place + 1)...]
            try TextFile.write(lines.joined(separator: "\n"), to: strict)
            try await slipway.expect(
                "import", Self.folder + "/loans.onnx", "--name", "loans", "--processing", strict)
            try await slipway.expect("deploy", "loans:1")
            try await slipway.serving { server in
                let client = try server.dataPlane()
                let faults = [
                    (
                        #"{"age": 30, "income": 1, "amount": 2, "job": "poet", "home": "own"}"#,
                        "column 'job', row 0: 'poet'"
                    ),
                    (
                        #"{"age": 30, "amount": 2, "job": "nurse", "home": "own"}"#,
                        "column 'income', row 0: the value is missing"
                    ),
                    (#"{"age": "old", "income": 1, "amount": 2, "job": "nurse", "home": "own"}"#, "column 'age'"),
                    (#"{"age": 30, "incom": 1}"#, "no column 'incom'"),
                ]
                for (record, words) in faults {
                    let reply = try await client.request(
                        "POST", "/v2/models/loans/infer", body: Array(#"{"dataframe_records": [\#(record)]}"#.utf8))
                    #expect(reply.status == 400 && reply.text.contains(words), "\(reply.text)")
                }
            }
        }

        @Test
        func aDeclarationThatDoesNotFitIsRefusedAtImport() async throws {
            let slipway = try Slipway()
            let processing = slipway.scratch.file("processing.json")
            for (columns, words) in [
                (#"[{"column": "age"}]"#, "the columns give 1 numbers a row ('age' 1), but the input takes 8"),
                (#"[{"column": "age", "standardise": {"mean": 1, "std": 0}}]"#, "column 'age': 'std' is 0.0"),
                (#"[{"column": "age", "scale": 3}]"#, "column 'age': unknown key 'scale'"),
            ] {
                try TextFile.write(#"{"pre": [{"input": "features", "columns": \#(columns)}]}"#, to: processing)
                let outcome = try await slipway("import", Self.folder + "/loans.onnx", "--processing", processing)
                #expect(outcome.exitCode != 0 && outcome.talk.contains(words), "\(outcome.talk)")
            }
        }

        @Test
        func aDeclarationIsDerivedFromExamplesAsScikitLearnFitsThem() async throws {
            let slipway = try Slipway()
            let derived = slipway.scratch.file("derived.json")
            let outcome = try await slipway.expect(
                "columns", Self.folder + "/train.csv", "--input", "features", "--ignore", "repaid", "--bins",
                "amount=6",
                "--ordinal", "home", "--output", derived)
            #expect(outcome.talk.contains("400 rows; 5 columns, which give 8 numbers a row"), "\(outcome.talk)")
            let found = try JSONValue.parse(try TextFile.bytes(derived))
            let expected = try JSONValue.parse(try TextFile.bytes(Self.folder + "/processing.json"))
            func leaves(_ value: JSONValue) -> [String] {
                if let members = value.objectValue { return members.flatMap { [$0.key] + leaves($0.value) } }
                if let elements = value.arrayValue { return elements.flatMap(leaves) }
                // To twelve digits: sums are taken in another order.
                return [value.stringValue ?? value.doubleValue.map { "\($0.rounded(digits: 12))" } ?? "null"]
            }
            #expect(leaves(found["pre"] ?? .null) == leaves(expected["pre"] ?? .null))
            try await slipway.expect("import", Self.folder + "/loans.onnx", "--name", "loans", "--processing", derived)
            let shown = try await slipway.expect("show", "loans:1").output
            #expect(shown.contains("44.0 (median)") && shown.contains("index of 6 bins"), "\(shown)")
        }

        @Test
        func aFileOfRecordsIsScoredAndEvaluated() async throws {
            let slipway = try await Self.home()
            let output = slipway.scratch.file("answers.csv")
            try await slipway.expect(
                "predict", "loans:1", "--input", Self.folder + "/new.csv", "--ignore", "repaid", "--output", output,
                "--outputs", "probabilities_threshold_label")
            let lines = try TextFile.read(output).split(separator: "\n").dropFirst()
            #expect(try lines.map { String($0.split(separator: ",")[1]) } == Expected().labels)
            let json = try JSONValue.parse(try TextFile.bytes(Self.folder + "/expected.json"))
            let measured = try await slipway.json(
                "evaluate", "loans:1", "--data", Self.folder + "/new.csv", "--answers", "repaid", "--prediction",
                "label")
            #expect(measured["accuracy"]?.doubleValue == json["accuracy"]?.doubleValue, "\(measured.encodedString())")
        }
    }
}

extension Double {
    /// So many significant digits.
    fileprivate func rounded(digits: Int) -> Double {
        guard self != 0, isFinite else { return self }
        var scale = 1.0
        while magnitude * scale < 1e11 { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
