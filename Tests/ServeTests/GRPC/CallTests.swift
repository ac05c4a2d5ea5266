import NIOCore
import Tensors
import Testing
import Trust

@testable import Serve

/// Calls of `ModelInfer` and of what describes models; protocols.md 3.
@Suite struct Calls {
    @Test(arguments: [Calibration.instant, .long, .none])
    func anAnswerHasWhatTheProtocolSays(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try FrameClient(port: server.port)
            var request = TestRequest.rows([1, 2, 3, 4.5], id: "7")
            for version in ["", "3"] {
                request.version = version
                let reply = try client.call("ModelInfer", request.bytes, [("x-request-id", "mine")])
                #expect(reply.status == 0, "\(reply.headers)")
                #expect(reply.header(":status") == "200" && reply.header("content-type") == "application/grpc")
                #expect(reply.header("x-request-id") == "mine")
                let answer = try reply.answer()
                #expect(answer.model == "digits" && answer.version == "3" && answer.id == "7")
                #expect(answer.outputs.map(\.name) == ["y"] && answer.outputs.map(\.datatype) == ["FP32"])
                #expect(answer.outputs[0].shape == [1, 4] && answer.outputs[0].contents == nil)
                #expect(answer.floats == [2, 4, 6, 9] && answer.isFinal == nil)
            }
            try server.wait { server.metric("slipway_requests_total", "code=\"200\"") == 2 }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// The bytes that a client of the protocol's own generated code sends and expects; protocols.md 4.
    @Test func bytesAreThoseOfTheProtocol() async throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])],
            outputs: [TensorSpec(name: "y", elementType: .float32, dimensions: [.symbol("N"), .fixed(1)])])
        let session = ScriptedSession(signature) { inputs in
            guard let tensor = try? Tensor(.float32, Shape([inputs[0].shape.dimensions[0], 1]), values: [Float(1)])
            else { preconditionFailure("sizes differ") }
            return [tensor]
        }
        try await TestPlane.run([.of(session, name: "m", version: "1")]) { server in
            let client = try FrameClient(port: server.port)
            let request = Hex.bytes("0a016d1a01312a0d0a01781204465033321a0201023a080000803f000000c0")
            #expect(
                try client.call("ModelInfer", request).messages
                    == [Hex.bytes("0a016d1201311a01312a0d0a01791204465033321a02010132040000803f")])
            #expect(try client.call("ServerReady").messages == [Hex.bytes("0801")])
            let other = Hex.bytes(
                "0a016d120133220e0a087072696f72697479120228012a250a01781205494e5433321a0affffffffffffffffff01"
                    + "2a0d120b01ffffffffffffffffff0132190a017912140a0e636c617373696669636174696f6e12021002")
            let refused = try client.call("ModelInfer", other)
            #expect(refused.status == 5 && refused.text.contains("version '3'"), "\(refused.headers)")
        }
    }

    /// One message in any division into frames.
    @Test(arguments: [1, 3, 5, 6, 17, 64, 1000])
    func piecesArePutTogether(_ size: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open("/\(GRPCMethod.service)/ModelInfer")
            let bytes = FrameClient.framed(TestRequest.rows(Array(repeating: 1.5, count: 32)).bytes)
            for start in Swift.stride(from: 0, to: bytes.count, by: size) {
                try client.data(stream, Array(bytes[start..<min(start + size, bytes.count)]))
            }
            try client.data(stream, [], isLast: true)
            let reply = try client.reply(stream)
            #expect(reply.status == 0, "\(reply.headers)")
            #expect(try reply.answer().floats == Array(repeating: 3, count: 32))
        }
    }

    @Test func largeMessagesPassInBothDirections() async throws {
        let session = ScriptedSession.scaling(by: 2)
        try await TestPlane.run([.of(session)]) { server in
            let client = try FrameClient(port: server.port)
            let values = (0..<1_500_000).map { Float($0 % 1000) }
            let reply = try client.call("ModelInfer", TestRequest.rows(values).bytes)
            try #require(reply.status == 0, "\(reply.headers)")
            #expect(try reply.answer().floats == values.map { $0 * 2 })
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func manyCallsGoOnAtATime() async throws {
        try await TestPlane.run([.of(.doubler(), calibration: .long)]) { server in
            let client = try FrameClient(port: server.port)
            let streams = try (0..<64).map { index in
                let stream = try client.open("/\(GRPCMethod.service)/ModelInfer")
                try client.message(stream, TestRequest.rows([Float(index), 0, 0, 0]).bytes, isLast: true)
                return stream
            }
            for (index, stream) in streams.enumerated() {
                #expect(try client.reply(stream).answer().floats[0] == Float(index) * 2)
            }
        }
    }

    @Test func modelsAreDescribed() async throws {
        try await TestPlane.run([.of(.doubler()), ServingEndpoint(unavailable: "other")]) { server in
            let client = try FrameClient(port: server.port)
            var name = ProtoWriter()
            name.string(1, "digits")
            func fields(_ method: String, _ message: [UInt8] = []) throws -> [Int: [String]] {
                let reply = try client.call(method, message)
                #expect(reply.status == 0, "\(method): \(reply.headers)")
                let fields = try TestAnswer.fields(try #require(reply.messages.first))
                return Dictionary(grouping: fields, by: \.number)
                    .mapValues { $0.map { String(decoding: $0.value, as: UTF8.self) } }
            }
            #expect(try fields("ServerLive")[1]?.count == 1)
            #expect(try fields("ServerMetadata")[1] == ["slipway"])
            #expect(try fields("ServerMetadata")[2] == ["0.0.1"])
            let metadata = try fields("ModelMetadata", name.bytes)
            #expect(metadata[1] == ["digits"] && metadata[2] == ["3"] && metadata[3] == ["onnxruntime_onnx"])
            #expect(metadata[4]?.count == 1 && metadata[5]?.count == 1 && metadata[6] == nil)
            #expect(try fields("ModelReady", name.bytes)[1]?.count == 1)
            #expect(try fields("ModelConfig", name.bytes)[1]?[0].contains("digits") == true)
            #expect(try fields("RepositoryIndex")[1]?.count == 2)
            var unknown = ProtoWriter()
            unknown.string(1, "none")
            #expect(try client.call("ModelReady", unknown.bytes).messages == [[]])
            #expect(try client.call("ModelMetadata", unknown.bytes).status == 5)
        }
    }

    @Test func whatWasDoneIsCounted() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for _ in 0..<3 { _ = try client.call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes) }
            var wrong = TestRequest.rows([1, 2, 3, 4])
            wrong.outputs = ["z"]
            _ = try client.call("ModelInfer", wrong.bytes)
            var name = ProtoWriter()
            name.string(1, "digits")
            for message in [[], name.bytes] {
                let reply = try client.call("ModelStatistics", message)
                let models = try TestAnswer.fields(try #require(reply.messages.first, "\(reply.headers)"))
                #expect(models.count == 1)
                let fields = try TestAnswer.fields(models[0].value)
                #expect(fields.first { $0.number == 4 }?.value.first == 3)
                #expect(fields.first { $0.number == 5 }?.value.first == 3)
                let stages = try TestAnswer.fields(try #require(fields.first { $0.number == 6 }?.value))
                let failures = try TestAnswer.fields(try #require(stages.first { $0.number == 2 }?.value))
                #expect(failures.first?.value.first == 1)
            }
            var unknown = ProtoWriter()
            unknown.string(1, "none")
            #expect(try client.call("ModelStatistics", unknown.bytes).status == 5)
        }
    }

    @Test func http1AndGRPCShareAPort() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let other = try server.client()
            #expect(try FrameClient(port: server.port).call("ServerLive").status == 0)
            #expect(try other.request("GET", "/v2/health/live").status == 200)
            // As far as the first bytes of both are the same.
            let slow = try server.client()
            for byte in Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) { try slow.send([byte]) }
            try slow.send(FrameClient.Frame(kind: FrameClient.Frame.Kind.settings).bytes)
            #expect(try slow.bytes(9)?[3] == FrameClient.Frame.Kind.settings)
            let odd = try server.client()
            try odd.send("PRI ")
            try odd.send("/v2/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            #expect(try odd.reply()?.status == 400)
        }
    }

    @Test func whatIsNotGRPCIsToldSo() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for (index, (method, type, status)) in [
                ("GET", "application/grpc", "405"), ("POST", "application/json", "415"),
                ("POST", "application/grpc-web", "415"),
            ].enumerated() {
                let fields = [
                    (":method", method), (":scheme", "http"), (":path", "/v2"), (":authority", "127.0.0.1"),
                    ("content-type", type),
                ]
                let stream = UInt32(index * 2 + 1)
                let flags = FrameClient.Frame.endHeaders | FrameClient.Frame.endStream
                try client.send(
                    FrameClient.Frame(
                        kind: FrameClient.Frame.Kind.headers, flags: flags, stream: stream,
                        payload: FrameClient.block(fields)))
                #expect(try client.reply(stream).header(":status") == status)
            }
        }
    }
}

enum Hex {
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return Swift.stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }
}
