import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// What an engine made of a large graph is kept, and the next start uses it.
    @Suite
    struct PreparedStartTests {
        private static let width = 2048

        private static func answer(_ server: Slipway.Server) async throws -> String {
            let numbers = (0..<width).map { "\(Float($0 % 97) / 7)" }.joined(separator: ",")
            let reply = try await server.dataPlane().request(
                "POST", "/v2/models/large/infer",
                body: Array(
                    #"{"inputs":[{"name":"x","shape":[1,\#(width)],"datatype":"FP32","data":[\#(numbers)]}]}"#.utf8))
            #expect(reply.status == 200)
            let output = reply.json?["outputs"]?.arrayValue?.first?["data"]
            return output.map { $0.encodedString() } ?? "nothing: \(reply.text.prefix(200))"
        }

        @Test
        func theSecondStartMapsWhatTheFirstOneMade() async throws {
            let slipway = try Slipway()
            let large = slipway.scratch.file("large.onnx")
            // 16 MB of weights.
            try TextFile.write(MadeModel.chain(layers: 2, width: Self.width), to: large)
            try await slipway.expect("import", large, "--name", "large", "--no-run")
            try await slipway.expect("deploy", "large:1")
            let blobs = slipway.home.file("blobs/sha256")
            let before = TextFile.list(blobs).count
            let first = try await slipway.serving { server in
                let answer = try await Self.answer(server)
                try await wait(for: "the graph to be kept") { server.running.talk().contains("graph is kept") }
                return answer
            }
            #expect(TextFile.list(blobs).count == before + 2, "\(first.talk)")
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
            let second = try await slipway.serving { server in
                try await Self.answer(server)
            }
            #expect(second.result == first.result)
            #expect(!second.talk.contains("graph is kept"), "it is made once")
            try await slipway.expect("gc")
            try await slipway.expect("fsck")
            #expect(TextFile.list(blobs).count == before + 2)
        }
    }
}
