import Testing

@testable import Serve

/// Classification over gRPC; protocols.md 2.2.
@Suite struct CallClassification {
    @Test func theBestClassesComeAsText() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            var request = TestRequest.rows([1, 4, 3, 2, 8, 5, 6, 7])
            request.outputs = ["y"]
            for count in [InferParameters.Value.int64(2), .uint64(2)] {
                request.outputParameters = [("classification", count)]
                let answer = try FrameClient(port: server.port).call("ModelInfer", request.bytes).answer()
                #expect(answer.outputs.map(\.datatype) == ["BYTES"] && answer.outputs[0].shape == [2, 2])
                let expected = ["8.000000:1", "6.000000:2", "16.000000:0", "14.000000:3"].flatMap { text -> [UInt8] in
                    [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
                }
                #expect(answer.raw == [expected])
            }
            request.outputParameters = [("classification", .int64(-1))]
            #expect(try FrameClient(port: server.port).call("ModelInfer", request.bytes).status == 3)
            request.outputParameters = [
                ("classification", .int64(1)), ("shared_memory_region", .string("r")),
                ("shared_memory_byte_size", .int64(4)),
            ]
            #expect(try FrameClient(port: server.port).call("ModelInfer", request.bytes).status == 3)
        }
    }
}
