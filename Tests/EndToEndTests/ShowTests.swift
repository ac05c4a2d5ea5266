import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `show` in all its forms, to the letter.
    @Suite
    struct ShowTests {
        private static let mlp = "Examples/digits/mlp.onnx"
        private static let cnn = "Examples/digits/cnn.onnx"

        @Test
        func layersReadAsTheyShould() async throws {
            let outcome = try await Slipway().run(["show", Self.cnn, "--layers", "--batch", "1"])
            #expect(
                outcome.output == """
                     #  LAYER        OPERATOR  OUTPUT              PARAMETERS    FLOPS  MEMORY
                     0  image        Reshape   FP32 [1, 1, 8, 8]            4            256 B
                     1  conv1        Conv      FP32 [1, 16, 8, 8]         160   19.5 K  4.1 KB
                     2  conv1.relu   Relu      FP32 [1, 16, 8, 8]                1.0 K  4.1 KB
                     3  conv2        Conv      FP32 [1, 32, 8, 8]       4,640  591.9 K  8.2 KB
                     4  conv2.relu   Relu      FP32 [1, 32, 8, 8]                2.0 K  8.2 KB
                     5  pool         MaxPool   FP32 [1, 32, 4, 4]                2.0 K  2.0 KB
                     6  conv3        Conv      FP32 [1, 32, 4, 4]       9,248  295.4 K  2.0 KB
                     7  conv3.relu   Relu      FP32 [1, 32, 4, 4]                  512  2.0 KB
                     8  flatten      Flatten   FP32 [1, 512]                            2.0 KB
                     9  hidden       Gemm      FP32 [1, 64]            32,832   65.6 K   256 B
                    10  hidden.relu  Relu      FP32 [1, 64]                         64   256 B
                    11  output       Gemm      FP32 [1, 10]               650    1.3 K    40 B

                    cnn.onnx: 12 layers, for 1 row
                      parameters   47,534, 190.2 KB
                      FLOPs        979.3 K
                      peak memory  about 206.8 KB: weights and 16.6 KB of values in between, at layer 4 (conv2.relu)

                    """, "\(outcome)")
        }

        @Test
        func layersAddUp() async throws {
            let slipway = try Slipway()
            let one = try await slipway.json("show", Self.cnn, "--layers", "--batch", "1")
            let eight = try await slipway.json("show", Self.cnn, "--layers", "--batch", "8")
            for report in [one, eight] {
                let layers = report["layers"]?.arrayValue ?? []
                for key in ["flops", "parameters", "activationBytes"] {
                    let sum = layers.reduce(0) { $0 + ($1[key]?.intValue ?? 0) }
                    #expect(report["totals"]?[key]?.intValue == sum, "\(key)")
                }
            }
            let flops = try #require(one["totals"]?["flops"]?.intValue)
            #expect(eight["totals"]?["flops"]?.intValue == 8 * flops)
            #expect(one["totals"]?["parameters"]?.intValue == 47_534)
        }

        @Test
        func sizesThatAModelNamesCanBeGiven() async throws {
            let slipway = try Slipway()
            let encoder = "\(Slipway.root)/Tests/ConformanceTests/Fixtures/torch/encoder.captured-18.onnx"
            let open = try await slipway.run(["show", encoder, "--layers", "--batch", "2"])
            #expect(open.output.contains("for numbers where sizes are open, say how large they are: --size"), "\(open)")
            let known = try await slipway.json("show", encoder, "--layers", "--batch", "2", "--size", "time=12")
            #expect(known["totals"]?["layersOfUnknownFLOPs"]?.intValue == 0)
            #expect(known["totals"]?["flops"]?.intValue ?? 0 > 0 && known["sizes"]?["time"]?.intValue == 12)
            for wrong in ["time", "=3", "time=0", "time=x"] {
                let refused = try await slipway.run(["show", encoder, "--layers", "--size", wrong])
                #expect(refused.exitCode == 64 && refused.talk.contains("--size takes a name and a size"), "\(refused)")
            }
        }

        @Test
        func twoModelsAreCompared() async throws {
            let slipway = try Slipway()
            let same = try await slipway.run(["show", Self.mlp, Self.mlp])
            #expect(same.output == "mlp.onnx and mlp.onnx mean the same\n", "\(same)")
            let other = try await slipway.run(["diff", Self.mlp, Self.cnn])
            #expect(other.exitCode == 0 && other.output.hasPrefix("mlp.onnx → cnn.onnx\n"), "\(other)")
            #expect(other.output.contains("\n  + node ") && other.output.contains("(Conv)"), "\(other)")
            #expect(other.output.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("  ") })
            let report = try await slipway.json("show", Self.mlp, Self.cnn)
            #expect(report["same"]?.boolValue == false)
            #expect(report["counts"]?["nodesAdded"]?.intValue == report["nodesAdded"]?.arrayValue?.count)
        }

        @Test
        func aVersionIsShownLikeItsFile() async throws {
            let slipway = try await Slipway.withDigits()
            let version = try await slipway.json("show", "digits:1", "--layers", "--batch", "2")
            #expect(version["totals"]?["parameters"]?.intValue == 17_227)
            #expect(
                try await slipway.run(["show", "digits:1", "digits:1"]).output
                    == "digits:1 and digits:1 mean the same\n")
        }

        // MARK: - The page

        @Test
        func thePageIsWholeAndLoadsNothing() async throws {
            let slipway = try Slipway()
            let path = slipway.scratch.file("cnn.html")
            let outcome = try await slipway.run(["show", Self.cnn, "--graph", path, "--batch", "1"])
            #expect(outcome.exitCode == 0 && outcome.output.contains("12 nodes"), "\(outcome)")
            let page = HTMLPage(try TextFile.read(path))
            #expect(page.problems.isEmpty, "\(page.problems)")
            #expect(page.values(of: "href").isEmpty && page.values(of: "src").isEmpty)
            #expect(page.attributes.allSatisfy { !$0.name.hasPrefix("on") && $0.name != "style" })
            let identifiers = page.values(of: "id")
            #expect(identifiers.count == Set(identifiers).count)
            #expect(page.values(of: "data-box").count == 12)
        }

        @Test
        func aFileThatIsNoModelLeavesNoPage() async throws {
            let slipway = try Slipway()
            let path = slipway.scratch.file("page.html")
            try TextFile.write("what was there", to: path)
            let outcome = try await slipway.run(["show", "Examples/digits/README.md", "--graph", path])
            #expect(outcome.exitCode == 7 && outcome.talk.hasPrefix("error[SW7002]"), "\(outcome)")
            #expect(try TextFile.read(path) == "what was there")
            #expect(TextFile.list(slipway.scratch.path).contains("page.html.part") == false)
        }

        /// The page's policy lets our script run, and no other: a browser shows what only the script makes.
        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func aBrowserRunsThePagesScriptOnFiveThousandNodes() async throws {
            let slipway = try Slipway()
            let model = slipway.scratch.file("chain.onnx")
            try TextFile.write(MadeModel.chain(layers: 5000, width: 2), to: model)
            let path = slipway.scratch.file("chain.html")
            let made = try await slipway.run(["show", model, "--graph", path, "--batch", "1"], within: 30)
            try #require(made.exitCode == 0, "\(made)")
            let profile = try TemporaryDirectory()
            let outcome = try await Slipway.command(
                "chromium",
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                    "--user-data-dir=\(profile.path)", "--enable-logging=stderr", "--dump-dom",
                    "file://\(path)#at=n2500",
                ])
            #expect(outcome.exitCode == 0, "\(outcome.talk)")
            #expect(outcome.talk.split(separator: "\n").filter { $0.contains("CONSOLE") }.isEmpty, "\(outcome.talk)")
            #expect(outcome.output.contains("<html lang=\"en\" class=\"live\">"))
            #expect(outcome.output.contains("id=\"n2500\" class=\"box matrix on\""))
        }
    }
}
