import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// A model with its weights in files beside it, as exporters write large ones.
    @Suite
    struct ExternalDataTests {
        /// Writes the digits perceptron with its weights in files of their own; the path of the model.
        private static func split(in slipway: Slipway) throws -> String {
            var model = try Model.read(path: Slipway.example("digits/mlp.onnx"))
            var offset = 0
            var weights: [UInt8] = []
            for index in model.graph.initializers.indices {
                let tensor = try model.graph.initializers[index].tensor()
                guard case .buffer(let buffer) = tensor.storage else { continue }
                let bytes = Array(buffer.bytes.prefix(tensor.byteCount))
                model.graph.initializers[index].elements = .external([
                    StringEntry("location", "mlp.onnx.data"), StringEntry("offset", String(offset)),
                    StringEntry("length", String(bytes.count)),
                ])
                // As ONNX advises: each tensor begins on a page.
                weights += bytes + [UInt8](repeating: 0, count: (4096 - bytes.count % 4096) % 4096)
                offset = weights.count
            }
            let path = slipway.scratch.file("mlp.onnx")
            try model.write(to: path)
            try TextFile.write(weights, to: path + ".data")
            return path
        }

        @Test
        func itIsShownImportedAndServedLikeAnyOther() async throws {
            let slipway = try Slipway()
            let digits = try DigitsExample()
            let path = try Self.split(in: slipway)

            let shown = try await slipway.expect("show", path)
            #expect(shown.output.contains("in mlp.onnx.data"), "\(shown)")
            let file = try await slipway.json("show", path)["externalFiles"]?.arrayValue?.first
            #expect(file?["location"]?.stringValue == "mlp.onnx.data" && file?["problem"] == nil)
            #expect((file?["found"]?.intValue ?? 0) >= (file?["bytes"]?.intValue ?? 1))

            let imported = try await slipway.json("import", path, "--name", "digits")
            #expect("\(imported)".contains("inside the model"), "\(imported)")
            try await slipway.expect("deploy", "digits:1")
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                for row in digits.agreed.prefix(20) {
                    let logits = try await client.infer(digits.request(row)).outputs.first?.tensor.values(
                        as: Float.self)
                    let best = logits?.indices.max { (logits?[$0] ?? 0) < (logits?[$1] ?? 0) }
                    #expect(best == digits.labels[row])
                }
            }
            #expect(ended.exitCode == 0)
            // The files beside it are not needed any more.
            try await slipway.expect("show", "digits:1")
        }

        @Test
        func itRunsWithoutAHome() async throws {
            let slipway = try Slipway()
            let digits = try DigitsExample()
            let path = try Self.split(in: slipway)
            try await slipway.serving(["run", path, "--name", "digits"]) { server in
                let reply = try await InferenceClient(try server.dataPlane()).infer(digits.request(0))
                #expect(reply.outputs.first?.tensor.shape.dimensions == [1, 10])
            }
        }

        @Test
        func withoutItsWeightsItSaysWhatIsMissing() async throws {
            let slipway = try Slipway()
            let path = try Self.split(in: slipway)
            let removed = try await slipway.shell("rm '\(path).data'")
            #expect(removed.exitCode == 0)
            let shown = try await slipway.expect("show", path)
            #expect(shown.output.contains("missing"), "\(shown)")
            let refused = try await slipway("import", path)
            #expect(refused.exitCode == 3 && refused.talk.contains("mlp.onnx.data"), "\(refused)")
            #expect(refused.talk.contains("help:"), "\(refused)")
            #expect(try await slipway.json("list") == .array([]))
        }
    }
}
