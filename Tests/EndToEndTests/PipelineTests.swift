import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Graphs of models, from the file to the answer, with the real binary.
    @Suite
    struct PipelineTests {
        /// The perceptron answers what it is sure of, the convolutional network the rest; beside that the mean of both.
        static let cascade = #"""
            {"inputs": ["pixels"],
             "steps": [
               {"name": "quick", "model": "digits:1", "inputs": {"pixels": "pixels"}},
               {"name": "careful", "model": "digits:2", "inputs": {"pixels": "pixels"},
                "when": {"value": "quick.logits_softmax", "below": 0.9}},
               {"name": "logits", "first": ["careful.logits", "quick.logits"]}],
             "outputs": {"logits": "logits", "sure": "quick.logits_softmax"}}
            """#

        private static func home() async throws -> Slipway {
            let slipway = try await Slipway.withDigits("cnn")
            try TextFile.write(Array(cascade.utf8), to: slipway.scratch.file("scorer.json"))
            return slipway
        }

        private static func infer(
            _ server: Slipway.Server, _ endpoint: String, _ pixels: Tensor, _ outputs: [String]
        ) async throws -> [String: Tensor] {
            let reply = try await InferenceClient(try server.dataPlane()).infer(
                InferenceRequest(
                    endpoint: endpoint, inputs: [(name: "pixels", tensor: pixels)], outputs: outputs, isBinary: true))
            return Dictionary(uniqueKeysWithValues: try outputs.map { ($0, try #require(reply[$0])) })
        }

        /// All rows at once and each by itself are what the two models say by hand, bit for bit.
        @Test(.timeLimit(.minutes(3)))
        func aPipelinesAnswerIsThatOfItsStepsByHand() async throws {
            let slipway = try await Self.home()
            let digits = try DigitsExample()
            try await slipway.expect("import", slipway.scratch.file("scorer.json"), "--name", "scorer")
            try await slipway.expect("deploy", "digits:2", "--endpoint", "deep")
            try await slipway.expect("deploy", "scorer:1", "--batch", "off")
            try await slipway.serving { server in
                for index in 0..<60 {
                    let row = try digits.row(index)
                    let quick = try await Self.infer(server, "digits", row, ["logits", "logits_softmax"])
                    let careful = try await Self.infer(server, "deep", row, ["logits"])
                    let found = try await Self.infer(server, "scorer", row, ["logits", "sure"])
                    let peak = try #require(quick["logits_softmax"]?.values(as: Float.self)?.max())
                    let expected = Double(peak) < 0.9 ? careful["logits"] : quick["logits"]
                    #expect(
                        found["logits"]?.values(as: UInt32.self) == expected?.values(as: UInt32.self), "row \(index)")
                    #expect(found["sure"]?.values(as: UInt32.self) == quick["logits_softmax"]?.values(as: UInt32.self))
                }
                let all = try await Self.infer(server, "scorer", digits.pixels, ["logits"])
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                let careful = try #require(
                    metrics.sum("slipway_step_duration_seconds_count", ["step=\"careful\"", "stage=\"run\""]))
                let skips = try #require(metrics.sum("slipway_step_skips_total", ["step=\"careful\""]))
                #expect(careful + skips == 61 && careful > 1 && skips > 20, "\(careful) runs, \(skips) skips")
                #expect(all["logits"]?.shape.dimensions == [450, 10])
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func aPipelineIsAVersionLikeAnyOther() async throws {
            let slipway = try await Self.home()
            let file = slipway.scratch.file("scorer.json")
            let shown = try await slipway.expect("show", file)
            #expect(shown.output.contains("careful") && shown.output.contains("when quick.logits_softmax is below 0.9"))
            try await slipway.expect("import", file, "--name", "scorer")
            #expect(try await slipway.expect("import", file, "--name", "scorer").output.contains("was there already"))
            #expect(try await slipway.expect("show", "scorer").output.contains("digits:2"))
            let measured = try await slipway.expect(
                "evaluate", "scorer:1", "--data", Slipway.example("digits/held-out.npz"), "--prediction", "logits")
            #expect(measured.output.contains("accuracy"), "\(measured)")
            // Its models may go; what it needs of them stays.
            try await slipway.expect("undeploy", "digits")
            try await slipway.expect("rm", "digits:2", "--force")
            try await slipway.expect("gc", "--undo-window", "0")
            try await slipway.expect("fsck")
            try await slipway.expect("deploy", "scorer:1")
            let changed = Self.cascade.replacing("0.9", with: "0.5").replacing("digits:2", with: "digits:1")
            try TextFile.write(Array(changed.utf8), to: file)
            try await slipway.expect("import", file, "--name", "scorer")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let before = try await Self.infer(server, "scorer", try digits.row(3), ["logits"])
                try await slipway.expect("deploy", "scorer:2", "--canary", "20%")
                try await slipway.expect("promote", "scorer")
                try await slipway.expect("rollback", "scorer")
                let after = try await Self.infer(server, "scorer", try digits.row(3), ["logits"])
                #expect(before["logits"]?.values(as: UInt32.self) == after["logits"]?.values(as: UInt32.self))
                for page in ["/", "/endpoints/scorer", "/models/scorer/1"] {
                    let status = try await server.controlPlane().request("GET", page).status
                    #expect(status == 200, "\(page): \(status)")
                }
            }
        }

        /// By archive and by registry: with the same digest, and models that are no versions of their own there.
        @Test(.timeLimit(.minutes(2)))
        func aPipelineIsCarriedWithEverythingItsModelsAreMadeOf() async throws {
            let slipway = try await Self.home()
            try await slipway.expect("import", slipway.scratch.file("scorer.json"), "--name", "scorer")
            let digest = try await slipway.json("show", "scorer:1")["digest"]?.stringValue
            let data = Slipway.example("digits/held-out.npz")
            func accuracy(_ slipway: Slipway) async throws -> Double? {
                try await slipway.json("evaluate", "scorer:1", "--data", data, "--prediction", "logits")["accuracy"]?
                    .doubleValue
            }
            let expected = try await accuracy(slipway)
            let archive = slipway.scratch.file("scorer.slipway")
            try await slipway.expect("export", "scorer:1", archive)
            let byArchive = try Slipway()
            let imported = try await byArchive.json("import", archive)
            #expect(imported["digest"]?.stringValue == digest, "\(imported.encodedString())")
            let byRegistry = try Slipway()
            try await DockerRegistry.running { registry in
                try await slipway.expect("push", "scorer:1", "\(registry.name)/scorer")
                let pulled = try await byRegistry.json("pull", "\(registry.name)/scorer:1")
                #expect(pulled["digest"]?.stringValue == digest, "\(pulled.encodedString())")
            }
            for other in [byArchive, byRegistry] {
                #expect(try await other.json("list").arrayValue?.count == 1)
                try await other.expect("fsck")
                let found = try await accuracy(other)
                #expect(found == expected && expected ?? 0 > 0.9)
                let output = other.scratch.file("scores.npz")
                let summary = try await other.json(
                    "predict", "scorer:1", "--input", data, "--output", output, "--outputs", "logits")
                #expect(summary["rows"]?.intValue == 450, "\(summary.encodedString())")
            }
        }

        @Test
        func whatCannotBeIsRefusedWithTheEdgeNamed() async throws {
            let slipway = try await Self.home()
            let file = slipway.scratch.file("wrong.json")
            for (wrong, words) in [
                (
                    Self.cascade.replacing(#""pixels": "pixels"}},"#, with: #""pixels": "logits"}},"#),
                    "step 'quick', input 'pixels'"
                ),
                (Self.cascade.replacing("digits:2", with: "digits:9"), "digits:9"),
                (Self.cascade.replacing("careful.logits", with: "careful.label"), "step 'logits'"),
                (
                    Self.cascade.replacing(
                        #""logits": "logits","#, with: #""logits": "careful.logits", "rest": "logits","#),
                    "output 'logits'"
                ),
            ] {
                try TextFile.write(Array(wrong.utf8), to: file)
                let refused = try await slipway("import", file, "--name", "wrong")
                #expect(refused.exitCode != 0 && "\(refused)".contains(words), "\(refused)")
            }
            #expect(try await slipway("show", "wrong").exitCode != 0)
        }
    }
}
