import Testing
import Trust

@testable import Serve

/// What HTTP/2 connections are limited to, and how they end; security-ux.md A2, rows 20 to 26.
@Suite struct Connections {
    typealias Frame = FrameClient.Frame
    static let infer = "/\(GRPCMethod.service)/ModelInfer"
    static let calm: UInt32 = 11

    private static let tokens = ["viewer", "invoker", "deployer", "admin"].map { ($0, TokenSecret.generate()) }

    @Test func everyMethodDeclaresItsRole() {
        #expect(
            GRPCMethod.table.map { "\($0.name) \($0.role.name)" } == [
                "ServerLive anonymous", "ServerReady anonymous", "ModelReady anonymous", "ServerMetadata viewer",
                "ModelMetadata viewer", "ModelConfig viewer", "ModelStatistics viewer", "RepositoryIndex viewer",
                "RepositoryModelLoad deployer", "RepositoryModelUnload deployer", "ModelInfer invoker",
                "ModelStreamInfer invoker", "SystemSharedMemoryStatus invoker",
                "SystemSharedMemoryRegister invoker", "SystemSharedMemoryUnregister invoker",
                "CudaSharedMemoryStatus invoker", "CudaSharedMemoryRegister invoker",
                "CudaSharedMemoryUnregister invoker", "TraceSetting admin", "LogSettings admin", "Predict invoker",
                "Classify invoker", "Regress invoker", "GetModelMetadata viewer", "MultiInference invoker",
                "GetModelStatus viewer", "HandleReloadConfigRequest admin", "Check anonymous", "Watch anonymous",
            ])
    }

    @Test(arguments: [true, false])
    func everyMethodAnswersExactlyTheRolesItDeclares(_ anonymousHealth: Bool) async throws {
        let grants = Self.tokens.map { name, secret in
            TokenGrant(name: name, hash: secret.hash, role: Role(name: name) ?? .viewer)
        }
        try await TestPlane.run([.of(.doubler())], authenticator: TokenAuthenticator(grants)) {
            $0.anonymousHealth = anonymousHealth
        } _: { server in
            let client = try FrameClient(port: server.port)
            for method in GRPCMethod.table where method.action != .healthWatch {
                let needed = method.exposure == .health && !anonymousHealth ? Role.viewer : method.role
                for credential in [nil] + Self.tokens {
                    let role = credential.flatMap { Role(name: $0.0) } ?? .anonymous
                    let metadata = credential.map { [("authorization", "Bearer \($0.1.text)")] } ?? []
                    let status = try client.call(method.path, [], metadata).status ?? -1
                    if role >= needed {
                        #expect(status != 7 && status != 16, "\(method.path) as \(role.name)")
                    } else {
                        #expect(status == (credential == nil ? 16 : 7), "\(method.path) as \(role.name)")
                    }
                }
            }
            #expect(try client.call("ServerMetadata", [], [("authorization", "Bearer x")]).status == 16)
        }
    }

    @Test func aNameThatIsNotOursIsRefused() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            var fields = FrameClient.fields("/\(GRPCMethod.service)/ServerMetadata")
            fields[3].1 = "attacker.example"
            try client.send(
                Frame(
                    kind: Frame.Kind.headers, flags: Frame.endHeaders | Frame.endStream, stream: 1,
                    payload: FrameClient.block(fields)))
            let reply = try client.reply(1)
            #expect(reply.status == 7 && reply.header("slipway-code") == "misdirected", "\(reply.headers)")
        }
    }

    /// Frames, again and again, until the server has enough of them.
    private func flood(
        _ count: Int, code: UInt32?, _ frame: @escaping @Sendable (Int) -> [UInt8]
    ) async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.lingerTimeout = 200_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            _ = try client.call("ServerLive")
            for start in stride(from: 0, to: count, by: 500) {
                client.raw.sendWhatIsTaken((start..<min(start + 500, count)).flatMap(frame))
            }
            let found = try client.waitForClose()
            #expect(found == code, "\(String(describing: found))")
            #expect(try FrameClient(port: server.port).call("ServerLive").status == 0, "the server goes on")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func floodsOfPingsEndTheConnection() async throws {
        try await flood(5000, code: Self.calm) { _ in
            Frame(kind: Frame.Kind.ping, payload: Array(repeating: 1, count: 8)).bytes
        }
    }

    @Test func floodsOfSettingsEndTheConnection() async throws {
        try await flood(5000, code: Self.calm) { _ in Frame(kind: Frame.Kind.settings).bytes }
    }

    @Test func floodsOfPrioritiesEndTheConnection() async throws {
        try await flood(5000, code: Self.calm) { _ in
            Frame(kind: Frame.Kind.priority, stream: 101, payload: [0, 0, 0, 0, 1]).bytes
        }
    }

    @Test func floodsOfWindowUpdatesEndTheConnection() async throws {
        try await flood(5000, code: Self.calm) { _ in
            Frame(kind: Frame.Kind.windowUpdate, payload: FrameClient.integer(1)).bytes
        }
    }

    @Test func rapidResetsEndTheConnection() async throws {
        try await flood(20_000, code: Self.calm) { index in
            let stream = UInt32(index * 2 + 3)
            let open = Frame(
                kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: stream,
                payload: FrameClient.block(FrameClient.fields(Self.infer)))
            return open.bytes + Frame(kind: Frame.Kind.reset, stream: stream, payload: FrameClient.integer(8)).bytes
        }
    }

    @Test func floodsOfEmptyDataEndTheConnection() async throws {
        try await flood(100, code: Self.calm) { index in
            let open = Frame(
                kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 3,
                payload: FrameClient.block(FrameClient.fields(Self.infer)))
            return (index == 0 ? open.bytes : []) + Frame(kind: Frame.Kind.data, stream: 3).bytes
        }
    }

    @Test func headersWithoutEndEndTheConnection() async throws {
        try await flood(100, code: Self.calm) { index in
            let kind = index == 0 ? Frame.Kind.headers : Frame.Kind.continuation
            return Frame(kind: kind, stream: 3, payload: FrameClient.block([("x", "y")])).bytes
        }
    }

    @Test(arguments: [
        ("a header of 1 MiB", 1), ("a name compressed to nothing", 2), ("an integer without end", 3),
        ("padding longer than the frame", 4), ("headers on stream 0", 5), ("an even stream", 6),
        ("a window beyond 2^31", 7), ("settings of five bytes", 8), ("a window of nothing", 9),
    ])
    func framesThatLieEndTheConnection(_ name: String, _ number: Int) async throws {
        let fields = FrameClient.block(FrameClient.fields(Self.infer))
        let frames: [Frame] =
            switch number {
            case 1:
                [
                    Frame(
                        kind: Frame.Kind.headers, stream: 3,
                        payload: FrameClient.block([("x", String(repeating: "y", count: 16_000))]))
                ]
                    + (0..<3).map { _ in
                        Frame(
                            kind: Frame.Kind.continuation, stream: 3,
                            payload: FrameClient.block([("x", String(repeating: "y", count: 16_000))]))
                    }
            case 2:
                // One entry of 4,000 bytes, referred to 10,000 times.
                [
                    Frame(
                        kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 3,
                        payload: [0x40] + FrameClient.block([("x", String(repeating: "y", count: 4000))]).dropFirst()
                            + Array(repeating: 0xBE, count: 10_000))
                ]
            case 3:
                [
                    Frame(
                        kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 3,
                        payload: [0xFF] + Array(repeating: 0x80, count: 1000))
                ]
            case 4:
                [
                    Frame(
                        kind: Frame.Kind.headers, flags: Frame.endHeaders | Frame.padded, stream: 3,
                        payload: [255] + fields)
                ]
            case 5: [Frame(kind: Frame.Kind.headers, flags: Frame.endHeaders, payload: fields)]
            case 6: [Frame(kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 4, payload: fields)]
            case 7: [Frame(kind: Frame.Kind.windowUpdate, payload: FrameClient.integer(0x7FFF_FFFF))]
            case 8: [Frame(kind: Frame.Kind.settings, payload: [0, 1, 0, 0, 0])]
            default: [Frame(kind: Frame.Kind.windowUpdate, payload: FrameClient.integer(0))]
            }
        let all = frames.flatMap(\.bytes)
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.lingerTimeout = 200_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            _ = try client.call("ServerLive")
            client.raw.sendWhatIsTaken(all)
            let code = try client.waitForClose()
            #expect((code ?? 0) > 0, "\(name): \(String(describing: code))")
            #expect(try FrameClient(port: server.port).call("ServerLive").status == 0, "the server goes on")
        }
    }

    @Test func callsBeyondTheLimitEndTheConnection() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { configuration in
            configuration.grpc.concurrentCalls = 10
            configuration.limits.lingerTimeout = 200_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            _ = try client.call("ServerLive")
            for _ in 0..<20 { _ = try? client.open(Self.infer) }
            #expect(try client.waitForClose() != 0)
            gate.open()
            #expect(try FrameClient(port: server.port).call("ServerLive").status == 0)
        }
    }

    /// Replies that nobody takes keep their part of the budget, and are given up in the end.
    @Test func aClientThatTakesNothingHoldsLittleAndNotForLong() async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.memoryBudget = 8 << 20
            configuration.limits.idleTimeout = 300_000_000
        } _: { server in
            let client = try FrameClient(port: server.port, settings: [4: 0])
            client.refillsWindows = false
            let request = TestRequest.rows(Array(repeating: 1, count: 1 << 17)).bytes
            let streams = try (0..<40).map { _ in
                let stream = try client.open(Self.infer)
                try client.message(stream, request, isLast: true)
                return stream
            }
            #expect(server.plane.bytesInUse <= 8 << 20)
            // Those that found no room are told at once; the others are reset.
            for stream in streams {
                let reply = try client.reply(stream)
                #expect(reply.status == 14 || reply.reset != nil, "\(reply)")
            }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func aCallInFlightIsAnsweredWhenTheServerEnds() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { server in
            let client = try FrameClient(port: server.port)
            let watch = try client.open("/grpc.health.v1.Health/Watch")
            try client.message(watch, [], isLast: true)
            let idle = try client.open("/\(GRPCMethod.service)/ModelStreamInfer")
            let call = try client.open(Self.infer)
            try client.message(call, TestRequest.rows([1, 2, 3, 4]).bytes, isLast: true)
            gate.waitUntilEntered(1)
            async let ended = server.plane.shutdown(grace: 10 * HTTPLimits.second)
            try client.read { !client.goAway.isEmpty }
            #expect(client.goAway[0].code == 0)
            // What was on its way when the client was told is answered.
            let late = try client.open(Self.infer)
            try client.message(late, TestRequest.rows([5, 6, 7, 8]).bytes, isLast: true)
            gate.open()
            let (first, second) = (try client.reply(call), try client.reply(late))
            #expect(try first.answer().floats == [2, 4, 6, 8])
            #expect(try second.answer().floats == [10, 12, 14, 16])
            #expect(try client.reply(idle).status == 14)
            #expect(try client.reply(watch).status == 14)
            #expect(try client.waitForClose() == 0)
            #expect(await ended)
        }
    }

    @Test func anIdleConnectionIsClosedPolitely() async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.grpc.connectionIdleTimeout = 50_000_000
            configuration.limits.lingerTimeout = 40_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            _ = try client.call("ServerLive")
            #expect(try client.waitForClose() == 0)
            try server.wait { server.plane.connectionCount == 0 }
        }
    }

    @Test func observersSeeWhatWasAnswered() async throws {
        let seen = EventCount()
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.logsEveryRequest = true
            configuration.onCompleted = { completed in
                if completed.status == 200, completed.requestID == "mine", completed.outputs.count == 1 { seen.add() }
            }
        } _: { server in
            let client = try FrameClient(port: server.port)
            _ = try client.call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes, [("x-request-id", "mine")])
            try server.wait { seen.value == 1 }
            try server.wait { server.log.all.contains { $0.contains("method=ModelInfer") && $0.contains("id=mine") } }
        }
    }
}
