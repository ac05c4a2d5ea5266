import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `optimize` on files and versions.
    @Suite
    struct OptimizeTests {
        /// `x [N, 3, 8, 8]` through an identity, a convolution, its normalisation, Dropout and Relu.
        static func model(_ operatorType: String = "Relu", domain: String = "") throws -> Model {
            func floats(_ name: String, _ dimensions: [Int], _ value: @Sendable (Int) -> Float) throws -> TensorValue {
                let shape = try Shape(dimensions)
                return TensorValue(name, try Tensor(.float32, shape, values: (0..<shape.elementCount).map(value)))
            }
            let graph = Graph(
                "normalised",
                nodes: [
                    Node("Identity", ["x"], ["i"], name: "identity"),
                    Node("Conv", ["i", "w"], ["c"], name: "convolution"),
                    Node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"], name: "normalization"),
                    Node("Dropout", ["n"], ["d"], name: "dropout"),
                    Node(operatorType, ["d"], ["y"], name: "last", domain: domain),
                ],
                initializers: [
                    try floats("w", [8, 3, 3, 3]) { Float($0 % 17) / 17 - 0.5 },
                    try floats("s", [8]) { 0.5 + Float($0) / 8 },
                    try floats("b", [8]) { Float($0) / 8 - 0.5 }, try floats("m", [8]) { Float($0) / 16 },
                    try floats("v", [8]) { 1 + Float($0) / 8 },
                ], inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(3), .fixed(8), .fixed(8)])],
                outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(8), .fixed(6), .fixed(6)])])
            var model = Model(graph, opset: 17, irVersion: 8)
            if !domain.isEmpty { model.opsetImports.append(OpsetImport(1, domain: domain)) }
            return model
        }

        @Test
        func sizesAndTheOperatorSetAreWhatWasAskedFor() async throws {
            let slipway = try Slipway()
            let (source, target) = (slipway.scratch.file("open.onnx"), slipway.scratch.file("fixed.onnx"))
            try Self.model().write(to: source)
            let outcome = try await slipway.run([
                "optimize", source, "--fix", "N=2", "--opset", "21", "--no-speed", "--output", target,
            ])
            #expect(outcome.exitCode == 0 && outcome.output.contains("N is 2 from now on"), "\(outcome)")
            let fixed = try Model.read(path: target)
            #expect(fixed.opset == 21)
            #expect(fixed.graph.inputs.first?.type?.tensor?.dimensions?.first == .fixed(2))

            let unknown = try await slipway.run(["optimize", source, "--fix", "M=2", "--dry-run"])
            #expect(unknown.exitCode != 0 && unknown.talk.contains("open are N"), "\(unknown)")
            let wrong = try await slipway.run(["optimize", source, "--opset", "99", "--dry-run"])
            #expect(wrong.exitCode == 64 && wrong.talk.contains("7 to 21"), "\(wrong)")
        }

        @Test
        func aFileBecomesASmallerOneThatAnswersAlike() async throws {
            let slipway = try Slipway()
            let (source, target) = (slipway.scratch.file("big.onnx"), slipway.scratch.file("small.onnx"))
            try Self.model().write(to: source)
            let outcome = try await slipway.run(["optimize", source, "--output", target])
            #expect(
                outcome.exitCode == 0 && outcome.output.hasPrefix("big.onnx → \(target): optimised\n"), "\(outcome)")
            #expect(outcome.output.contains("5 → 2 nodes") && outcome.output.contains("a run"), "\(outcome)")
            let small = try Model.read(path: target)
            #expect(small.graph.nodes.map(\.operatorType) == ["Conv", "Relu"])
            #expect(TextFile.list(slipway.scratch.path).filter { $0.contains(".part") } == [])

            let report = try await slipway.json("optimize", source, "--dry-run", "--json", "--no-speed")
            #expect(report["outcome"]?.stringValue == "improved" && report["speed"]?.isNull == true)
            #expect(report["before"]?["nodes"]?.intValue == 5 && report["after"]?["nodes"]?.intValue == 2)
            #expect(report["difference"]?["largest"]?.doubleValue ?? 1 < 1e-5)
            let compared = try await slipway.json("compare", source, target, "--budget", "1s", "--json")
            #expect(compared["topAgreement"]?.doubleValue ?? 1 == 1, "\(compared.encodedString())")

            let again = try await slipway.run(["optimize", target, "--output", slipway.scratch.file("again.onnx")])
            #expect(
                again.exitCode == 0 && again.output.contains("the original; no pass found anything to do"), "\(again)")
            #expect(try Model.read(path: slipway.scratch.file("again.onnx")) == small)
        }

        @Test
        func aPassThatIsLeftOutDoesNothing() async throws {
            let slipway = try Slipway()
            let source = slipway.scratch.file("model.onnx")
            try Self.model().write(to: source)
            let report = try await slipway.json(
                "optimize", source, "--dry-run", "--json", "--no-speed", "--without", "batch-normalization")
            #expect(report["after"]?["nodes"]?.intValue == 3)
            for wrong in [["--without", "folding"], [], ["--output", "x.onnx", "--note", "n"]] {
                let refused = try await slipway.run(["optimize", source] + wrong)
                #expect(refused.exitCode == 64, "\(refused)")
            }
            #expect(try await slipway.run(["optimize", "digits:1", "--output", "x.onnx"]).exitCode == 64)
        }

        @Test
        func aVersionBecomesTheNextOneAndSaysFromWhat() async throws {
            let slipway = try Slipway()
            let source = slipway.scratch.file("model.onnx")
            try Self.model().write(to: source)
            try await slipway.expect("import", source, "--name", "net", "--label", "team=ports")
            let outcome = try await slipway.run(["optimize", "net:1", "--note", "folded"])
            #expect(outcome.exitCode == 0 && outcome.output.hasPrefix("net:1 → net:2: optimised\n"), "\(outcome)")
            #expect(outcome.talk.contains("next: slipway deploy net:2"), "\(outcome)")
            let shown = try await slipway.run(["show", "net:2"])
            #expect(shown.output.contains("from net:1 by optimize: 5 → 2 nodes"), "\(shown)")
            let version = try await slipway.json("show", "net:2", "--json")
            #expect(version["labels"]?["team"]?.stringValue == "ports" && version["note"]?.stringValue == "folded")
            let same = try await slipway.json("optimize", "net:1", "--json")
            #expect(same["version"]?.stringValue == "net:2")
            let nothing = try await slipway.run(["optimize", "net:2"])
            #expect(nothing.exitCode == 0 && nothing.output.contains("net:2: no new version"), "\(nothing)")
            #expect(try await slipway.run(["show", "net:3"]).exitCode == 3)
        }

        @Test
        func aModelThatNoEngineRunsIsRefusedAndLeavesNothing() async throws {
            let slipway = try Slipway()
            let (source, target) = (slipway.scratch.file("odd.onnx"), slipway.scratch.file("out.onnx"))
            try Self.model("Frobnicate", domain: "com.example").write(to: source)
            let outcome = try await slipway.run(["optimize", source, "--output", target])
            #expect(outcome.exitCode == 7 && outcome.talk.contains("does not run this model"), "\(outcome)")
            #expect(access(target, F_OK) != 0)
            let text = try await slipway.run(["optimize", "Examples/digits/README.md", "--output", target])
            #expect(text.exitCode == 7 && text.talk.hasPrefix("error[SW7002]"), "\(text)")
            #expect(access(target, F_OK) != 0)
        }

        @Test
        func whatIsInterruptedLeavesNoTrace() async throws {
            let slipway = try Slipway()
            let source = slipway.scratch.file("model.onnx")
            try Self.model().write(to: source)
            let before = TextFile.list(slipway.scratch.path).sorted()
            // Measuring speed takes a second.
            let line =
                "timeout --signal=INT 0.3 '\(try Slipway.binary())' optimize '\(source)' --output '\(source).small'"
            let outcome = try await slipway.shell(line)
            #expect(outcome.exitCode == 124, "\(outcome)")
            #expect(TextFile.list(slipway.scratch.path).sorted() == before)
        }
    }
}
