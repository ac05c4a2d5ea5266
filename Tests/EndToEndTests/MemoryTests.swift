import Client
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct MemoryTests {
        /// A version that would not fit is refused with numbers; what runs goes on.
        @Test
        func whatWouldNotFitIsRefusedAndWhatRunsGoesOn() async throws {
            let slipway = try await Slipway.withDigits()
            let large = slipway.scratch.file("large.onnx")
            // 64 MB of weights.
            try TextFile.write(MadeModel.chain(layers: 1, width: 4096), to: large)
            try await slipway.expect("import", large, "--name", "large", "--no-run")
            let digits = try DigitsExample()
            try await slipway.serving(["serve", "--memory", "250MB"]) { server in
                let client = InferenceClient(try server.dataPlane())
                let refused = try await slipway.run(["deploy", "large:1"])
                #expect(refused.exitCode != 0)
                #expect(refused.talk.contains("large:1 needs about 243 MB"), "\(refused)")
                #expect(refused.talk.contains("may have 250 MB"), "\(refused)")
                #expect(refused.talk.contains("serve --memory"), "\(refused)")
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_sessions") == 1)
            }
            let wrong = try await slipway.run(["serve", "--memory", "much"])
            #expect(wrong.exitCode == 64 && wrong.talk.contains("--memory is a size such as 512MB"), "\(wrong)")
        }
    }
}
