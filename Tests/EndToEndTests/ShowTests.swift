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
                    LAYERS
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
        func twoModelsAreCompared() async throws {
            let slipway = try Slipway()
            let same = try await slipway.run(["show", Self.mlp, Self.mlp])
            #expect(same.output == "mlp.onnx and mlp.onnx mean the same\\n".replacing("\\\\n", with: "\\n"), "\\(same)")
            let other = try await slipway.run(["diff", Self.mlp, "Examples/digits/bad.onnx"])
            #expect(other.exitCode == 0 && other.output.hasPrefix("mlp.onnx → bad.onnx\\n"), "\\(other)")
        }
    }
}
