import Client
import Glibc
import ModelGraph
import Subprocess
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `optimize` without a recipe: what does it best is searched.
    @Suite
    struct SearchTests {
        static let cnn = "Examples/digits/cnn.onnx"

        /// The digits network as version 1, with its evaluation set.
        private static func imported() async throws -> Slipway {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", cnn, "--name", "digits", "--processing", "Examples/digits/processing.json", "--evaluation",
                "Examples/digits/held-out.npz")
            return slipway
        }

        @Test
        func whatIsFoundIsReplayedByteForByte() async throws {
            let slipway = try await Self.imported()
            let recipe = slipway.scratch.file("best.json")
            let found = try await slipway.run([
                "optimize", "digits:1", "--max-accuracy-drop", "1%", "--engine", "onnxruntime", "--budget", "40s",
                "--save-recipe", recipe, "--json",
            ])
            let report = try #require(found.json, "\(found)")
            #expect(found.talk.isEmpty, "\(found.talk)")
            #expect(report["version"]?.stringValue == "digits:2", "\(found)")
            try Self.check(report)
            let shown = try await slipway.run(["show", "digits:2"])
            #expect(shown.output.contains("made     from digits:1 by "), "\(shown)")
            // Again: what was made is there, and the result is the same.
            let again = try await slipway.json(
                "optimize", "digits:1", "--max-accuracy-drop", "1%", "--engine", "onnxruntime", "--budget", "40s")
            #expect(again["candidates"]?.arrayValue?.count == report["candidates"]?.arrayValue?.count)
            // By its recipe, which says every parameter.
            let replayed = try await slipway.json("optimize", "digits:1", "--recipe", recipe, "--no-speed")
            #expect(replayed["digest"]?.stringValue == report["digest"]?.stringValue, "\(replayed.encodedString())")
            #expect(replayed["version"]?.stringValue == "digits:2")
        }

        private static func check(_ report: JSONValue) throws {
            let candidates = report["candidates"]?.arrayValue ?? []
            let chosen = try #require(candidates.first { $0["name"] == report["chosen"] }, "\(report.encodedString())")
            #expect(chosen["accepted"]?.boolValue == true && chosen["onFront"]?.boolValue == true)
            let accuracy = try [report["original"], chosen].map {
                try #require($0?["quality"]?["accuracy"]?.doubleValue, "\(report.encodedString())")
            }
            #expect(accuracy[0] > 0.98 && accuracy[0] - accuracy[1] <= 0.01 + 1e-9)
            #expect((chosen["bytes"]?.intValue ?? .max) < (report["original"]?["bytes"]?.intValue ?? 0))
            #expect(candidates.count >= 4 && candidates.contains { $0["onFront"]?.boolValue == true })
            #expect(report["recipe"]?["steps"]?.arrayValue?.first?["step"]?.stringValue == "passes")
        }

        @Test
        func aSearchSaysBeforehandWhatItWouldTry() async throws {
            let slipway = try Slipway()
            let plan = try await slipway.json("optimize", Self.cnn, "--max-size", "60KB", "--dry-run")
            let names = (plan["candidates"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            #expect(names.prefix(3) == ["original", "passes", "int8"], "\(plan.encodedString())")
            let leftOut = (plan["leftOut"]?.arrayValue ?? []).map { $0["name"]?.stringValue ?? "" }
            #expect(leftOut.contains("fp16") && leftOut.contains("prune"), "\(plan.encodedString())")
            let text = try await slipway.run(["optimize", Self.cnn, "--for", "edge", "--dry-run"])
            #expect(text.exitCode == 0 && text.output.contains("not prune"), "\(text)")
        }

        @Test
        func whereNothingIsBetterTheOriginalIsReturned() async throws {
            let slipway = try Slipway()
            let target = slipway.scratch.file("out.onnx")
            let outcome = try await slipway.run([
                "optimize", Self.cnn, "--max-latency", "1us", "--engine", "onnxruntime", "--budget", "20s", "--output",
                target,
            ])
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(outcome.output.contains("the original; nothing keeps the limits"), "\(outcome)")
            #expect(try TextFile.bytes(target) == TextFile.bytes(Slipway.example("digits/cnn.onnx")))
        }

        @Test
        func anInterruptedSearchLeavesNothingAndIsGoneOnWith() async throws {
            let slipway = try Slipway()
            let target = slipway.scratch.file("out.onnx")
            let line = "optimize \(Self.cnn) --for edge --budget 60s --output \(target)"
            let binary = try Slipway.binary()
            // Stopped as soon as the first candidate is there.
            let stopped = try await slipway.shell(
                """
                "\(binary)" \(line) & search=$!
                until ls "$SLIPWAY_HOME"/cache/search/*.json >/dev/null 2>&1; do
                    kill -0 $search || exit 9
                done
                kill -TERM $search
                wait $search
                """)
            #expect(stopped.exitCode == 143, "\(stopped)")
            #expect(access(target, F_OK) != 0)
            let kept = TextFile.list("\(slipway.home.path)/cache/search")
            #expect(kept.allSatisfy { $0.hasSuffix(".json") || $0.hasSuffix(".onnx") } && !kept.isEmpty, "\(kept)")
            let first = try #require(kept.first { $0.hasSuffix(".json") })
            let before = try Self.written("\(slipway.home.path)/cache/search/\(first)")
            let outcome = try await slipway.run(line.split(separator: " ").map(String.init))
            #expect(outcome.exitCode == 0 && outcome.output.contains("times as small"), "\(outcome)")
            #expect(try Self.written("\(slipway.home.path)/cache/search/\(first)") == before)
            #expect(TextFile.list(slipway.scratch.path) == ["out.onnx"])
        }

        private static func written(_ path: String) throws -> [Int] {
            var status = stat()
            try #require(stat(path, &status) == 0)
            return [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_ino)]
        }

        @Test
        func asMuchIsPrunedAsMayBeLost() async throws {
            let slipway = try await Self.imported()
            let report = try await slipway.json(
                "optimize", "digits:1", "--recipe", "prune", "--max-accuracy-drop", "2%", "--no-speed", "--dry-run")
            #expect(report["outcome"]?.stringValue == "improved", "\(report.encodedString())")
            let share = try #require(report["share"]?.doubleValue)
            #expect(share > 0 && report["drop"]?.doubleValue ?? 1 <= 0.02)
            let steps = report["steps"]?["steps"]?.arrayValue ?? []
            #expect(steps.last?["share"]?.doubleValue == share)
        }

        @Test
        func whatTheEngineIsToldIsRecordedAndDeployed() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", "Examples/digits/mlp.onnx", "--name", "digits", "--processing",
                "Examples/digits/processing.json", "--evaluation", "Examples/digits/held-out.npz")
            let recipe = slipway.scratch.file("told.json")
            let saved = slipway.scratch.file("saved.json")
            try TextFile.write(
                #"""
                [{"step": "passes"}, {"step": "int8-dynamic", "target": "openvino"},
                 {"step": "engine", "target": "openvino", "roundingGroup": 64}]
                """#, to: recipe)
            let made = try await slipway.run([
                "optimize", "digits:1", "--recipe", recipe, "--no-speed", "--save-recipe", saved,
            ])
            #expect(made.exitCode == 0 && made.talk.contains("rounding-group=64"), "\(made)")
            #expect(try TextFile.read(saved).contains("roundingGroup"))
            let shown = try await slipway.run(["show", "digits:2"])
            #expect(shown.output.contains("tuned    openvino"), "\(shown)")
            let plan = try await slipway.run(["plan", "digits:2"])
            #expect(plan.output.contains("rounding-group=64"), "\(plan)")
            let deployed = try await slipway.run(["deploy", "digits:2"])
            #expect(deployed.exitCode == 0, "\(deployed)")
            let none = try await slipway.run(["recommend", "digits:2", "--rate", "5"])
            #expect(none.exitCode == 3 && none.talk.contains("slipway tune digits:2"), "\(none)")
            try await slipway.serving { server in
                let reply = try await server.dataPlane().request("GET", "/v2/models/digits")
                #expect(reply.status == 200 && reply.text.contains("openvino"), "\(reply.text)")
            }
        }

        @Test
        func rowsThatDoNotFitAreNamed() async throws {
            let slipway = try Slipway()
            for (name, words) in try Self.badSets(slipway) {
                let outcome = try await slipway.run(["optimize", Self.cnn, "--calibration", name, "--dry-run"])
                #expect(outcome.exitCode != 0 && outcome.talk.contains(words), "\(name): \(outcome)")
            }
            for (arguments, words) in [
                (["--max-latency", "fast"], "--max-latency takes a time"),
                (["--max-size", "none"], "--max-size takes"),
                (["--budget", "0s"], "--budget takes"), (["--for", "moon"], "edge"),
                (["--recipe", "int8", "--for", "edge"], "without --recipe"),
                (["--recipe", "missing.json"], "cannot read"), (["--save-recipe", "x"], "needs a recipe"),
            ] {
                let outcome = try await slipway.run(["optimize", Self.cnn, "--dry-run"] + arguments)
                #expect(outcome.exitCode != 0 && outcome.talk.contains(words), "\(arguments): \(outcome)")
            }
        }

        /// Files of rows, and what is wrong with them.
        private static func badSets(_ slipway: Slipway) throws -> [(String, String)] {
            func npz(_ name: String, _ width: Int, _ labels: [Int64], bad: Int? = nil) throws -> String {
                var values = [Float](repeating: 0.5, count: labels.count * width)
                if let bad { values[bad] = .nan }
                let path = slipway.scratch.file(name)
                try NPZ.write(
                    [
                        (name: "pixels", tensor: try Tensor(.float32, Shape([labels.count, width]), values: values)),
                        (name: "labels", tensor: try Tensor(.int64, Shape([labels.count]), values: labels)),
                    ], to: path)
                return path
            }
            let good = (0..<64).map { Int64($0 % 10) }
            var wrong = good
            wrong[29] = 10
            let table = slipway.scratch.file("bad.csv")
            let head = (0..<64).map { "p\($0)" }.joined(separator: ",")
            let rows = (0..<20).map { row in
                (0..<64).map { row == 6 && $0 == 2 ? "nan" : "0.5" }.joined(separator: ",")
            }
            try TextFile.write(([head] + rows).joined(separator: "\n") + "\n", to: table)
            return [
                (try npz("nan.npz", 64, good, bad: 5 * 64 + 7), "row 6, column 8"),
                (try npz("late.npz", 64, good, bad: 63 * 64), "row 64, column 1"),
                (try npz("short.npz", 63, good), "expects rows of [N, 64], found [8, 63]"),
                (try npz("class.npz", 64, wrong), "row 30 is class 10; the model knows 0 to 9"), (table, "row 7"),
                (slipway.scratch.path, "has neither pictures (JPEG, PNG) nor recorded requests"),
            ]
        }
    }
}
