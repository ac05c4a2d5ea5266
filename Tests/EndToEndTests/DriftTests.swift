import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Digits served with the reference of their held-out images: traffic like it, then inverted images.
    @Suite
    struct DriftTests {
        @Test
        func invertedImagesAreDriftAndNormalOnesAreNot() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"))
            try await slipway.expect("deploy", "digits:1")
            let digits = try DigitsExample()
            try await slipway.serving(["serve", "--drift-window", "1s"]) { server in
                let client = InferenceClient(try server.dataPlane())
                func send(_ pixels: Tensor) async throws {
                    for start in stride(from: 0, to: 448, by: 64) {
                        _ = try await client.infer(
                            InferenceRequest(
                                endpoint: "digits", inputs: [("pixels", try pixels.rows(start..<start + 64))]))
                    }
                }
                func report() async throws -> JSONValue {
                    try #require(try await slipway.json("drift", "digits")["versions"]?.arrayValue?.first)
                }
                try await wait(for: "two windows of normal images") {
                    try await send(digits.pixels)
                    return try await report()["windows"]?.arrayValue?.count ?? 0 >= 2
                }
                let calm = try await report()
                #expect(calm["state"]?.stringValue == "stable")
                #expect(calm["drifting"]?.arrayValue == [])
                #expect(calm["reference"]?["rows"]?.intValue == 450)

                let inverted = try Self.inverted(digits.pixels)
                try await wait(for: "drift") {
                    try await send(inverted)
                    return try await report()["state"]?.stringValue == "drift"
                }
                let drifted = try await report()
                let names = (drifted["drifting"]?.arrayValue ?? []).compactMap(\.stringValue)
                #expect(names.count { $0.hasPrefix("pixels[") } > 40, "\(names)")
                #expect(names.contains { $0.hasPrefix("logits") }, "the outputs move as well: \(names)")

                let table = try await slipway.run(["drift", "digits", "--fail"])
                #expect(table.exitCode == 1)
                #expect(
                    table.output.contains("digits:1  drift") && table.output.contains("▇") || table.output.contains("█")
                )
                let metrics = try await server.controlPlane().request("GET", "/metrics").text
                let exposition = Exposition(metrics)
                #expect(exposition.sum("slipway_drift_features_drifting") ?? 0 > 40)
                #expect(exposition.sum("slipway_drift_detected", ["feature=\"\(names[0])\""]) == 1)

                // In a session of its own, the version is the same.
                try await slipway.expect("deploy", "digits:1", "--cache", "1MB")
                try await wait(for: "the old session's end") {
                    let page = try await server.controlPlane().request("GET", "/metrics").text
                    return Exposition(page).sum("slipway_version_unloads_total", ["reason=\"undeployed\""]) == 1
                }
                // Too few rows to close a window, which would bring its figures back.
                try await wait(for: "a look after that") {
                    _ = try await client.infer(
                        InferenceRequest(endpoint: "digits", inputs: [("pixels", try inverted.rows(0..<1))]))
                    return try await report()["sampling"]?["rows"]?.intValue ?? 0 > 0
                }
                let after = Exposition(try await server.controlPlane().request("GET", "/metrics").text)
                #expect(after.sum("slipway_drift_features_drifting") ?? 0 > 40)
            }
            // What was found outlives the server.
            try await slipway.serving { _ in
                try await wait(for: "the windows that were kept") {
                    let versions = try await slipway.json("drift", "digits")["versions"]?.arrayValue
                    return versions?.first?["state"]?.stringValue == "drift"
                }
            }
        }

        /// Dark becomes light: 16 less each pixel.
        private static func inverted(_ pixels: Tensor) throws -> Tensor {
            let values = pixels.values(as: Float.self) ?? []
            return try Tensor(.float32, pixels.shape, values: values.map { 16 - $0 })
        }

        @Test
        func withoutAReferenceItSaysWhatToDo() async throws {
            let slipway = try await Slipway.withDigits()
            let before = try await slipway.run(["drift", "digits"])
            #expect(before.exitCode == 6, "no server: \(before.talk)")
            try await slipway.serving { _ in
                let outcome = try await slipway.run(["drift", "digits"])
                #expect(outcome.exitCode == 0)
                #expect(outcome.output.contains("no reference") && outcome.output.contains("slipway evaluate digits:1"))
            }
        }
    }
}
