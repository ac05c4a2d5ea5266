import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// What engines make of a model for themselves: written, read back, and refused where it is not theirs.
    @Suite
    struct CompiledFormTests {
        @Test(arguments: ["onnxruntime", "ort", "openvino"])
        func aCompiledModelAnswersAsTheModelDoes(_ form: String) async throws {
            let slipway = try await Slipway.withDigits()
            let file = slipway.scratch.file("digits.\(form)")
            let made = try await slipway.json("convert", "digits:1", "--to", form, "--output", file)
            #expect((made["largestDifference"]?.doubleValue ?? 1) <= 1e-5, "\(made)")
            #expect(made["record"]?["engineVersion"]?.stringValue?.isEmpty == false)
            #expect(made["record"]?["source"]?.stringValue?.hasPrefix("digits:1 sha256:") == true)
            let compared = try await slipway.json("compare", "digits:1", file, "--budget", "1s")
            #expect((compared["answers"]?["largestDifference"]?.doubleValue ?? 1) <= 1e-5, "\(compared)")

            let again = try await slipway.run(["convert", "digits:1", "--to", form, "--output", file])
            #expect(again.exitCode == 5, "\(again)")
            #expect(TextFile.list(slipway.scratch.path).filter { $0.hasSuffix(".part") } == [])
        }

        /// One word of the record is another: the version, the processor, an instruction set, the digest.
        @Test
        func whatIsNotOfThisEngineAndProcessorIsRefusedInWords() async throws {
            let slipway = try await Slipway.withDigits()
            let file = slipway.scratch.file("digits.blob")
            try await slipway.expect("convert", "digits:1", "--to", "openvino", "--output", file)
            let record = try TextFile.read("\(file).json")
            let digest = try #require(try JSONValue.parse(Array(record.utf8))["digest"]?.stringValue)
            let processor = try #require(
                try JSONValue.parse(Array(record.utf8))["machine"]?["processor"]?.stringValue)
            let changes = [
                ("2026.4.1", "2026.3.0", "compiled by OpenVINO 2026.3.0, and here is 2026.4.1"),
                (processor, "Another", "compiled on Another, and this is"),
                (digest, "sha256:" + String(repeating: "0", count: 64), "not those that were recorded"),
                ("\"signature\"", "\"signatur\"", "is damaged"),
            ]
            for (old, new, words) in changes {
                try TextFile.write(Array(record.replacing(old, with: new).utf8), to: "\(file).json")
                let refused = try await slipway.run(["compare", "digits:1", file, "--budget", "1s"])
                #expect(refused.exitCode != 0 && refused.talk.contains("SW2304"), "\(refused)")
                #expect(refused.talk.contains(words), "\(refused)")
            }
        }

        /// Nobody has the libraries where the tests run; on a machine that has them the words differ, and no plan is made.
        @Test
        func aPlanForTensorRTIsRefusedWithWhatWasLookedFor() async throws {
            let slipway = try Slipway()
            let plan = slipway.scratch.file("cnn.plan")
            let refused = try await slipway.run([
                "convert", "Examples/digits/cnn.onnx", "--to", "tensorrt", "--output", plan,
            ])
            #expect(refused.exitCode != 0 && refused.talk.contains("SW2305"), "\(refused)")
            for words in ["TensorRT's library: ", "NVIDIA devices: ", "CPUExecutionProvider"] {
                #expect(refused.talk.contains(words), "\(refused)")
            }
            #expect(access(plan, F_OK) != 0)
        }
    }
}
