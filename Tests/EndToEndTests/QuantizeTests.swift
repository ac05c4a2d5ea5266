import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `optimize --recipe int8` on files and versions.
    @Suite
    struct QuantizeTests {
        @Test
        func theDigitsNetworkBecomesAThirdAndKeepsItsAccuracy() async throws {
            let slipway = try Slipway()
            let target = slipway.scratch.file("small.onnx")
            let data = slipway.scratch.file("scaled.npz")
            try Self.scaled(to: data)
            let report = try await slipway.json(
                "optimize", "Examples/digits/cnn.onnx", "--recipe", "int8", "--calibration", data, "--no-speed",
                "--max-accuracy-drop", "1%", "--output", target, "--json")
            #expect(report["outcome"]?.stringValue == "improved", "\(report.encodedString())")
            let accuracy = try #require(report["accuracy"]?["before"]?.doubleValue)
            #expect(accuracy > 0.97)
            #expect(abs((report["accuracy"]?["after"]?.doubleValue ?? 0) - accuracy) < 0.02)
            #expect(report["kernels"]?["integer"]?["Conv"]?.intValue == 3, "\(report.encodedString())")
            #expect(report["kernels"]?["floats"]?.objectValue?.isEmpty == true)
            let small = try Model.read(path: target)
            #expect(small.weightBytes * 3 < 191_403)
            #expect(TextFile.list(slipway.scratch.path).filter { $0.contains(".part") } == [])
        }

        /// The held-out rows with pixels from 0 to 1, as the bare graph takes them.
        private static func scaled(to path: String) throws {
            let arrays = try NPZ.read(path: Slipway.example("digits/held-out.npz")).map { name, tensor in
                guard name == "pixels" else { return (name, tensor) }
                let values = try tensor.doubles().map { Float($0 / 16) }
                return (name, try Tensor(.float32, tensor.shape, values: values))
            }
            try NPZ.write(arrays.map { (name: $0.0, tensor: $0.1) }, to: path)
        }

        @Test
        func aVersionSaysByWhatItWasMade() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", "Examples/digits/cnn.onnx", "--name", "digits", "--processing",
                "Examples/digits/processing.json", "--evaluation", "Examples/digits/held-out.npz")
            let outcome = try await slipway.run(["optimize", "digits:1", "--recipe", "int8", "--no-speed"])
            #expect(outcome.exitCode == 0 && outcome.output.hasPrefix("digits:1 → digits:2: optimised\n"), "\(outcome)")
            #expect(outcome.output.contains("3/3 Conv, 2/2 Gemm in integer kernels"), "\(outcome)")
            let shown = try await slipway.run(["show", "digits:2"])
            #expect(shown.output.contains("made     from digits:1 by int8: "), "\(shown)")
            let again = try await slipway.json("optimize", "digits:1", "--recipe", "int8", "--no-speed", "--json")
            #expect(again["version"]?.stringValue == "digits:2")
            // A batch that is fixed: rows are looked at, and judge, as many at a time as it takes.
            for batch in ["N=1", "N=5"] {
                let fixed = try await slipway.run(
                    ["optimize", "digits:1", "--fix", batch, "--recipe", "int8", "--no-speed", "--dry-run"])
                #expect(fixed.exitCode == 0 && fixed.output.contains("accuracy"), "\(fixed)")
            }
        }

        /// What is made for other processors does not depend on the one that makes it.
        @Test(arguments: ["int8", "int8-dynamic"])
        func processorsWithoutSumsOfFourGetNarrowWeights(recipe: String) async throws {
            let slipway = try Slipway()
            func report(_ cpu: String) async throws -> JSONValue {
                try await slipway.json(
                    "optimize", "Examples/digits/mlp.onnx", "--recipe", recipe, "--cpu", cpu, "--no-speed", "--dry-run")
            }
            for (cpu, isVNNI) in [("vnni", true), ("avx2", false), ("any", false)] {
                let made = try await report(cpu)
                let step = made["steps"]?["steps"]?.arrayValue?.last
                #expect(step?["byteProducts"]?.boolValue == isVNNI, "\(cpu): \(made.encodedString())")
                let isNarrow =
                    made["notes"]?.arrayValue?.contains { $0.stringValue?.contains("7 bits") == true } ?? false
                if !isVNNI { #expect(isNarrow, "\(cpu): \(made.encodedString())") }
                if isVNNI, recipe == "int8" { #expect(!isNarrow, "\(cpu): \(made.encodedString())") }
            }
            let misplaced = try await slipway.run(
                ["optimize", "Examples/digits/mlp.onnx", "--recipe", "fp16", "--cpu", "any", "--dry-run"])
            #expect(misplaced.exitCode == 64 && misplaced.talk.contains("--recipe int8"), "\(misplaced)")
        }

        /// A version whose clients send pictures is looked at with a folder of them; a file has no clients.
        @Test
        func picturesOfAFolderAreDataToCalibrateWith() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", "Examples/digits/cnn.onnx", "--name", "digits", "--processing",
                "Examples/digits/image-processing.json")
            let images = ["--recipe", "int8", "--calibration", "Examples/digits/images", "--no-speed"]
            let report = try #require(try await slipway.run(["optimize", "digits:1", "--json"] + images).json)
            #expect(report["outcome"]?.stringValue == "improved", "\(report.encodedString())")
            #expect(report["calibration"]?.stringValue?.hasPrefix("10 pictures of images") == true, "\(report)")
            let file = try await slipway.run(["optimize", "Examples/digits/cnn.onnx", "--dry-run"] + images)
            #expect(file.exitCode == 7 && file.talk.contains("the model takes none"), "\(file)")
            let traffic = try await slipway.run(["optimize", "digits:1", "--recipe", "int8", "--traffic"])
            #expect(traffic.exitCode != 0 && traffic.talk.contains("--record 10%"), "\(traffic)")
        }

        @Test
        func badDataAreRefusedWithTheirPlaceAndLeaveNothing() async throws {
            let slipway = try Slipway()
            let target = slipway.scratch.file("out.onnx")
            var values = [Float](repeating: 0.5, count: 40 * 64)
            values[5 * 64 + 7] = .nan
            let bad = slipway.scratch.file("bad.npz")
            try NPZ.write(
                [(name: "pixels", tensor: try Tensor(.float32, Shape([40, 64]), values: values))], to: bad)
            let wrong = slipway.scratch.file("wrong.npz")
            let short = try Tensor(.float32, Shape([8, 63]), values: [Float](repeating: 0, count: 504))
            try NPZ.write([(name: "pixels", tensor: short)], to: wrong)
            for (file, words) in [(bad, "row 6, column 8"), (wrong, "expects rows of [N, 64], found [8, 63]")] {
                let outcome = try await slipway.run([
                    "optimize", "Examples/digits/cnn.onnx", "--recipe", "int8", "--calibration", file, "--output",
                    target,
                ])
                #expect(outcome.exitCode == 7 && outcome.talk.contains(words), "\(outcome)")
                #expect(access(target, F_OK) != 0)
            }
            for options in [
                ["--recipe", "int3"], ["--calibrator", "mse"], ["--recipe", "int8", "--calibrator", "best"],
                ["--recipe", "int8", "--max-accuracy-drop", "200%"],
            ] {
                let outcome = try await slipway.run(
                    ["optimize", "Examples/digits/cnn.onnx", "--dry-run"] + options)
                #expect(outcome.exitCode == 64, "\(outcome)")
            }
        }
    }
}
