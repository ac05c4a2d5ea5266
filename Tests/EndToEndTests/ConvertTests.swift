import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `convert`, driven as a user drives it; the file is run on LiteRT.
    @Suite
    struct ConvertTests {
        private static let cnn = "Examples/digits/cnn.onnx"

        @Test
        func aConvertedNetworkAnswersAsTheOriginalDoes() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("digits.tflite")
            let arguments = ["convert", Self.cnn, "--to", "tflite", "--output", file, "--json"]
            let outcome = try await slipway.run(arguments + ["--python", Slipway.python()])
            let report = try #require(outcome.json, "\(outcome)")
            let difference = try #require(report["largestDifference"]?.doubleValue, "\(outcome)")
            #expect(difference <= 1e-5)
            #expect(report["operators"]?.intValue ?? 0 > 5)
            let bytes = report["bytes"]?.intValue
            #expect(size(file) == bytes)

            let again = try await slipway.run(arguments)
            #expect(again.exitCode == 5 && again.talk.contains("--force"), "\(again)")
            #expect(size(file) == bytes, "what was there stays")
            let forced = try await slipway.run(arguments + ["--force", "--channels-last"])
            #expect(forced.exitCode == 0, "\(forced)")
            #expect(forced.json?["largestDifference"] == .null)
        }

        @Test
        func aVersionIsConvertedWithATableOfItsNodes() async throws {
            let slipway = try Slipway()
            let imported = try await slipway.run(["import", "Examples/digits/mlp.onnx", "--name", "digits"])
            #expect(imported.exitCode == 0, "\(imported)")
            let file = slipway.scratch.file("mlp.tflite")
            let outcome = try await slipway.run(["convert", "digits:1", "--to", "tflite", "--output", file])
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(outcome.output.contains("FULLY_CONNECTED"), "\(outcome)")
            #expect(outcome.output.contains("largest difference from ONNX Runtime: "), "\(outcome)")
            #expect(!outcome.output.contains("unmeasured"), "LiteRT is an engine: \(outcome)")
        }

        @Test
        func whatCannotBeConvertedIsNamedAndNothingIsWritten() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("iris.tflite")
            let outcome = try await slipway.run([
                "convert", "Examples/iris/iris.onnx", "--to", "tflite", "--output", file,
            ])
            #expect(outcome.exitCode == 1 && outcome.talk.contains("SW2301"), "\(outcome)")
            #expect(outcome.talk.contains("LiteRT has no counterpart"), "\(outcome)")
            #expect(access(file, F_OK) != 0)
        }

        @Test
        func aSavedModelIsWrittenReadBackAndServed() async throws {
            let slipway = try Slipway()
            let folder = slipway.scratch.file("exported")
            let arguments = ["convert", Self.cnn, "--to", "savedmodel", "--output", folder, "--json"]
            let outcome = try await slipway.run(arguments)
            let report = try #require(outcome.json, "\(outcome)")
            #expect(report["largestDifference"]?.doubleValue ?? 1 <= 1e-5, "\(outcome)")
            #expect(
                report["batch"] == .null && report["inputs"]?.arrayValue?.first?["shape"]?.arrayValue?.first == .null,
                "\(outcome)")
            #expect(size("\(folder)/saved_model.pb") == report["bytes"]?.intValue)

            let again = try await slipway.run(arguments)
            #expect(again.exitCode == 5 && again.talk.contains("--force"), "\(again)")
            let forced = try await slipway.run(arguments + ["--force", "--batch", "2"])
            #expect(forced.exitCode == 0 && forced.json?["batch"]?.intValue == 2, "\(forced)")
            #expect(mkdir("\(folder)/variables", 0o755) == 0)
            let other = try await slipway.run(arguments + ["--force"])
            #expect(other.exitCode == 5 && other.talk.contains("'variables'"), "\(other)")
            #expect(rmdir("\(folder)/variables") == 0)

            let imported = try await slipway.run(["import", folder, "--name", "back"])
            #expect(imported.exitCode == 0, "\(imported)")
            let compared = try await slipway.run(["convert", "back:1", "--to", "savedmodel", "--output", "\(folder)2"])
            #expect(compared.exitCode == 0 && compared.output.contains("Conv2D"), "\(compared)")
        }

        @Test
        func aModelWithoutAFormLeavesNoFolder() async throws {
            let slipway = try Slipway()
            let folder = slipway.scratch.file("iris")
            let outcome = try await slipway.run([
                "convert", "Examples/iris/iris.onnx", "--to", "savedmodel", "--output", folder,
            ])
            #expect(outcome.exitCode == 1 && outcome.talk.contains("SW2301"), "\(outcome)")
            #expect(access(folder, F_OK) != 0)
        }

        private func size(_ path: String) -> Int? {
            var status = stat()
            return stat(path, &status) == 0 ? Int(status.st_size) : nil
        }
    }
}
