import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct ScoringTests {
        @Test
        func aFileIsScoredWithoutAServerAndTheNumbersAreTheServers() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let output = slipway.scratch.file("answers.npz")
            let summary = try await slipway.json(
                "predict", "digits:1", "--input", Slipway.example("digits/held-out.npz"), "--output", output)
            #expect(summary["rows"]?.intValue == 450 && summary["rejected"]?.intValue == 0)
            let arrays = Dictionary(uniqueKeysWithValues: try NPZ.read(path: output).map { ($0.name, $0.tensor) })
            let classes = try #require(arrays["logits_argmax"]?.values(as: Int64.self))
            let right = zip(classes, digits.labels).filter { $0 == Int64($1) }.count
            #expect(Double(right) / 450 == digits.accuracy["mlp"])
            let logits = try #require(arrays["logits"])
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                for row in [0, 7, 449] {
                    let reply = try await client.infer(digits.request(row))
                    #expect(
                        try reply["logits"]?.values(as: Float.self) == logits.rows(row..<row + 1).values(as: Float.self)
                    )
                }
            }
        }

        @Test
        func aTableIsScoredByColumnAndWhatIsWrongIsSetAside() async throws {
            let slipway = try Slipway()
            try await slipway.expect("import", Slipway.example("iris/iris.onnx"), "--name", "iris")
            let table = slipway.scratch.file("rows.csv")
            let lines = try TextFile.read(Slipway.example("iris/iris.csv")).split(separator: "\n").map(String.init)
            try TextFile.write(([lines[0]] + ["1,2,,4,none"] + lines.dropFirst()).joined(separator: "\n"), to: table)
            let refused = try await slipway("predict", "iris:1", "--input", table, "--output", table + ".out.csv")
            #expect(refused.exitCode == 1 && refused.talk.contains("--ignore"), "\(refused)")
            let output = slipway.scratch.file("answers.csv")
            let scored = try await slipway.json(
                "predict", "iris:1", "--input", table, "--output", output, "--ignore", "species")
            #expect(scored["rows"]?.intValue == lines.count - 1 && scored["rejected"]?.intValue == 1)
            let answers = try TextFile.read(output).split(separator: "\n")
            #expect(answers.count == lines.count && answers[1].hasPrefix("1,"))
            let rejected = try JSONValue.parse(TextFile.bytes(slipway.scratch.file("answers.rejected.jsonl")))
            #expect(rejected["row"]?.intValue == 0)
            #expect(rejected["reason"]?.stringValue == "line 2, column 'petal_length': the cell is empty")
            let strict = try await slipway(
                "predict", "iris:1", "--input", table, "--output", output, "--ignore", "species", "--max-rejected", "0")
            #expect(strict.exitCode == 7 && strict.talk.contains("SW7202"), "\(strict)")
        }

        @Test
        func aRunThatIsKilledOrStoppedGoesOnAndGivesTheSameBytes() async throws {
            let slipway = try Slipway()
            let model = slipway.scratch.file("chain.onnx")
            try TextFile.write(MadeModel.chain(layers: 144, width: 512), to: model)
            try await slipway.expect("import", model, "--name", "chain", "--no-run")
            let rows = 6000
            let values = (0..<rows * 512).map { Float($0 % 1009) }
            let input = slipway.scratch.file("rows.npy")
            try NPY.write(Tensor(.float32, Shape([rows, 512]), values: values), to: input)
            let output = slipway.scratch.file("answers.npy")
            let command = "predict chain:1 --input \(input) --output \(output) --threads 1 --batch 8 --json"
            let binary = try Slipway.binary()
            for signal in ["KILL", "INT"] {
                // A journal is written after a second of work.
                let outcome = try await slipway.shell(
                    """
                    touch -c -d '1 hour ago' \(output).journal 2>/dev/null; before=$(stat -c %Y \(output).journal 2>/dev/null)
                    \(binary) \(command) & pid=$!
                    until [ "$(stat -c %Y \(output).journal 2>/dev/null)" != "$before" ]; do kill -0 $pid || exit 99; sleep 0.02; done
                    kill -\(signal) $pid; wait $pid
                    """)
                #expect(outcome.exitCode == (signal == "KILL" ? 137 : 75), "\(signal): \(outcome)")
                if signal == "INT" { #expect(outcome.talk.contains("SW7201"), "\(outcome)") }
                #expect(!TextFile.list(slipway.scratch.path).contains("answers.npy"))
            }
            let summary = try await slipway.json(
                "predict", "chain:1", "--input", input, "--output", output, "--threads", "1", "--batch", "8")
            #expect(summary["continuedAtRow"]?.intValue ?? 0 > 0)
            let answers = try NPY.read(path: output)
            #expect(answers.shape.dimensions == [rows, 512])
            #expect(answers.values(as: Float.self) == values, "the chain of identities gives back what it gets")
            #expect(TextFile.list(slipway.scratch.path).filter { $0.hasPrefix("answers") } == ["answers.npy"])
        }
    }
}
