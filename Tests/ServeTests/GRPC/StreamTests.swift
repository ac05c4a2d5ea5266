import Tensors
import Testing

@testable import Serve

/// `ModelStreamInfer` and `Watch`: calls that go on.
@Suite struct Streams {
    static let path = "/\(GRPCMethod.service)/ModelStreamInfer"
    static let watch = "/grpc.health.v1.Health/Watch"

    /// A `ModelStreamInferResponse`.
    struct Response {
        var error: String?
        var answer: TestAnswer?

        init(_ bytes: [UInt8]) throws {
            for (number, value) in try TestAnswer.fields(bytes) {
                if number == 1 { error = String(decoding: value, as: UTF8.self) }
                if number == 2 { answer = try TestAnswer(value) }
            }
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func requestsAreAnsweredInTheirOrder(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path)
            for index in 0..<200 {
                try client.message(stream, TestRequest.rows([Float(index), 0, 0, 0], id: "\(index)").bytes)
            }
            try client.data(stream, [], isLast: true)
            let reply = try client.reply(stream)
            #expect(reply.status == 0, "\(reply.headers)")
            let responses = try reply.messages.map { try Response($0) }
            #expect(responses.map { $0.answer?.id } == (0..<200).map { "\($0)" })
            // On a machine that is kept busy by others the queue may stand too long: then some are refused, in their places.
            let refused = responses.filter { $0.error?.contains("would wait") == true }.count
            #expect(refused <= (calibration.points.isEmpty ? 100 : 0))
            for (index, response) in responses.enumerated() where response.error?.contains("would wait") != true {
                #expect(response.answer?.floats.first == Float(index) * 2, "\(index): \(response.error ?? "")")
                #expect(response.answer?.isFinal == true && response.error == nil, "\(index): \(response.error ?? "")")
            }
            try server.wait { server.plane.bytesInUse == 0 }
            try server.wait { server.metric("slipway_requests_total", "code=\"200\"") == Double(200 - refused) }
        }
    }

    @Test func aRequestThatFailsDoesNotEndTheStream() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path)
            var wrong = TestRequest.rows([1, 2, 3, 4], id: "b")
            wrong.inputs[0].shape = [1, 3]
            try client.message(stream, TestRequest.rows([1, 2, 3, 4], id: "a").bytes)
            try client.message(stream, wrong.bytes)
            try client.message(stream, [0x0A, 0x7F])
            try client.message(stream, TestRequest.rows([1, 2, 3, 4], id: "c").bytes, isLast: true)
            let reply = try client.reply(stream)
            #expect(reply.status == 0, "\(reply.headers)")
            let responses = try reply.messages.map { try Response($0) }
            #expect(responses.map { $0.answer?.id } == ["a", "b", "", "c"])
            #expect(responses.map { $0.error == nil } == [true, false, false, true])
            #expect(responses[1].error?.contains("expects input 'x'") == true)
        }
    }

    @Test func aClientMayAskForErrorsToEndTheStream() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path, [("triton_grpc_error", "true")])
            var wrong = TestRequest.rows([1, 2, 3, 4])
            wrong.model = "none"
            try client.message(stream, TestRequest.rows([1, 2, 3, 4]).bytes)
            try client.message(stream, wrong.bytes)
            let reply = try client.reply(stream)
            #expect(reply.status == 5 && reply.messages.count == 1, "\(reply.headers)")
        }
    }

    /// While the engine is busy a client cannot make the server hold more than it agreed to.
    @Test func aStreamThatIsAheadIsHeldBack() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { configuration in
            configuration.runThreads = 1
            configuration.grpc.streamedRequests = 4
        } _: { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path)
            for index in 0..<100 {
                try client.message(stream, TestRequest.rows([Float(index), 0, 0, 0]).bytes, isLast: index == 99)
            }
            gate.waitUntilEntered(1)
            try server.wait { server.plane.queuedRuns == 3 }
            gate.open()
            let reply = try client.reply(stream)
            #expect(reply.status == 0 && reply.messages.count == 100, "\(reply.headers)")
            #expect(try reply.messages.map { try Response($0).answer?.floats.first } == (0..<100).map { Float($0) * 2 })
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// The end comes by itself, as clients send it, while the stream is held back.
    @Test func anEndThatIsHeldBackIsNotLost() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { configuration in
            configuration.runThreads = 1
            configuration.grpc.streamedRequests = 4
        } _: { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path)
            for index in 0..<4 { try client.message(stream, TestRequest.rows([Float(index), 0, 0, 0]).bytes) }
            gate.waitUntilEntered(1)
            try server.wait { server.plane.queuedRuns == 3 }
            try client.data(stream, [], isLast: true)
            // What was sent before the question has been read when it is answered.
            #expect(try client.call("ServerLive").status == 0)
            gate.open()
            let reply = try client.reply(stream)
            #expect(reply.status == 0 && reply.messages.count == 4, "\(reply.headers)")
        }
    }

    @Test func aLongStreamTakesNoMoreMemoryThanAShortOne() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.memoryBudget = 4 << 20
        } _: { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path)
            let request = TestRequest.rows(Array(repeating: 1.5, count: 40_000)).bytes
            for index in 0..<60 {
                try client.message(stream, request, isLast: index == 59)
                #expect(try client.messages(stream, index + 1).count == index + 1)
            }
            let reply = try client.reply(stream)
            #expect(reply.status == 0, "\(reply.headers)")
            #expect(try reply.messages.allSatisfy { try Response($0).error == nil })
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// A client that sends and never reads is slowed down, then given up.
    @Test func aStreamThatIsNotReadIsHeldBackAndGivenUp() async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.grpc.callWindow = 1 << 20
            configuration.limits.idleTimeout = 300_000_000
        } _: { server in
            let client = try FrameClient(port: server.port, settings: [4: 0])
            client.refillsWindows = false
            let stream = try client.open(Self.path)
            let request = TestRequest.rows(Array(repeating: 1.5, count: 65_536)).bytes
            // More than it takes before it stops taking any.
            for _ in 0..<3 { try client.message(stream, request) }
            #expect(server.plane.bytesInUse <= 4 << 20)
            let reply = try client.reply(stream)
            #expect(reply.reset != nil && reply.messages.isEmpty, "\(reply.headers)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func aStreamsDeadlineEndsIt() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open(Self.path, [("grpc-timeout", "50m")])
            try client.message(stream, TestRequest.rows([1, 2, 3, 4]).bytes)
            let reply = try client.reply(stream)
            #expect(reply.status == 4 && reply.messages.count == 1, "\(reply.headers)")
        }
    }

    @Test func aStreamThatSaysNothingIsEnded() async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.grpc.streamIdleTimeout = 50_000_000
            configuration.limits.bodyGrace = 50_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            #expect(try client.reply(try client.open(Self.path)).status == 4)
            let unary = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.data(unary, [0, 0])
            let reply = try client.reply(unary)
            #expect(reply.status == 4 && reply.header("slipway-code") == "request_timeout", "\(reply.headers)")
        }
    }

    static func health(_ service: String) -> [UInt8] {
        var writer = ProtoWriter()
        writer.string(1, service)
        return writer.bytes
    }

    @Test func healthIsTold() async throws {
        try await TestPlane.run([.of(.doubler()), ServingEndpoint(unavailable: "other")]) { server in
            let client = try FrameClient(port: server.port)
            func check(_ service: String) throws -> FrameClient.Reply {
                try client.call("/grpc.health.v1.Health/Check", Self.health(service))
            }
            for service in ["", GRPCMethod.service, "digits"] {
                #expect(try check(service).messages == [[8, 1]], "\(service)")
            }
            #expect(try check("other").messages == [[8, 2]])
            #expect(try check("none").status == 5)
            server.plane.publish(.empty)
            try server.wait { try check("").messages == [[8, 2]] }
        }
    }

    @Test func changesOfHealthAreTold() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.lingerTimeout = 40_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            let all = try client.open(Self.watch)
            try client.message(all, Self.health(""), isLast: true)
            let model = try client.open(Self.watch)
            try client.message(model, Self.health("digits"), isLast: true)
            #expect(try client.messages(all, 1) == [[8, 1]])
            #expect(try client.messages(model, 1) == [[8, 1]])
            server.plane.publish(.empty)
            #expect(try client.messages(all, 2) == [[8, 1], [8, 2]])
            #expect(try client.messages(model, 2) == [[8, 1], [8, 3]])
            server.plane.publish(RoutingTable(endpoints: [.of(.doubler())]))
            #expect(try client.messages(model, 3).last == [8, 1])
            server.plane.beginDrain()
            #expect(try client.messages(all, 4) == [[8, 1], [8, 2], [8, 1], [8, 2]])
        }
    }
}
