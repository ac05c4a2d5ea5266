import Testing

@testable import Serve

/// What a client of HTTP/2 may do, and what ends its call or its connection; RFC 9113.
@Suite struct ConnectionRules {
    typealias Frame = FrameClient.Frame

    private static let path = "/\(GRPCMethod.service)/ServerLive"

    private static func headers(
        _ stream: UInt32, _ fields: [(String, String)] = FrameClient.fields(path), isLast: Bool = false
    ) -> Frame {
        Frame(
            kind: Frame.Kind.headers, flags: Frame.endHeaders | (isLast ? Frame.endStream : 0), stream: stream,
            payload: FrameClient.block(fields))
    }

    private static func data(_ stream: UInt32, _ bytes: [UInt8] = [0, 0, 0, 0, 0], isLast: Bool = false) -> Frame {
        Frame(kind: Frame.Kind.data, flags: isLast ? Frame.endStream : 0, stream: stream, payload: bytes)
    }

    private static func changed(_ name: String, _ value: String?) -> [(String, String)] {
        var fields = FrameClient.fields(path).filter { $0.0 != name }
        if let value { fields.insert((name, value), at: name.hasPrefix(":") ? 0 : fields.count) }
        return fields
    }

    /// A header that is malformed resets its stream, and nothing else.
    @Test(arguments: [
        changed(":path", nil), changed(":path", ""), changed(":method", nil), changed(":scheme", nil),
        FrameClient.fields(path) + [(":path", "/")], [("te", "trailers")] + FrameClient.fields(path),
        [(":path", "/a")] + FrameClient.fields(path), changed(":unknown", "x"), changed(":status", "200"),
        changed("Content-Type", "application/grpc"), changed("connection", "close"), changed("te", "gzip"),
        changed("transfer-encoding", "chunked"), changed("", "x"), changed("a b", "x"), changed("x", "a\nb"),
        changed("x", "a\0b"), changed("content-length", "x"), changed("content-length", "-1"),
        FrameClient.fields(path) + [("content-length", "5"), ("content-length", "6")],
    ])
    func malformedHeadersResetTheirStream(_ fields: [(String, String)]) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            try client.send(Self.headers(1, fields))
            try client.send(Self.data(1, isLast: true))
            #expect(try client.reply(1).reset == 1, "\(fields)")
            try client.send(Self.headers(3))
            try client.send(Self.data(3, isLast: true))
            #expect(try client.reply(3).status == 0)
        }
    }

    /// What comes for one stream, and the code that resets it; `nil` where the call succeeds.
    @Test(
        arguments: [
            ([headers(1), data(1, isLast: true)], nil),
            ([headers(1), data(1), headers(1, [("x", "y")], isLast: true)], nil),
            ([headers(1, changed("content-length", "5")), data(1, isLast: true)], nil),
            ([headers(1, changed("x", " blanks ")), data(1, isLast: true)], nil),
            ([headers(1, changed("content-length", "4")), data(1, isLast: true)], 1),
            ([headers(1, changed("content-length", "6")), data(1, isLast: true)], 1),
            ([headers(1, changed("content-length", "6")), data(1), headers(1, [("x", "y")], isLast: true)], 1),
            ([headers(1, changed("content-length", "1"), isLast: true)], 1),
            ([headers(1), headers(1, [("x", "y")])], 1), ([headers(1), headers(1, [(":path", "/")], isLast: true)], 1),
            ([headers(1), Frame(kind: Frame.Kind.windowUpdate, stream: 1, payload: [0, 0, 0, 0])], 1),
            ([headers(1), Frame(kind: Frame.Kind.windowUpdate, stream: 1, payload: [127, 255, 255, 255])], 3),
        ] as [([Frame], UInt32?)])
    func streamsAreResetForWhatTheirClientsDo(_ frames: [Frame], _ code: UInt32?) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for frame in frames { try client.send(frame) }
            let reply = try client.reply(1)
            #expect(reply.reset == code && (code != nil || reply.status == 0), "\(reply)")
            try client.send(Self.headers(3))
            try client.send(Self.data(3, isLast: true))
            #expect(try client.reply(3).status == 0)
        }
    }

    /// What comes, and the code that ends the connection.
    @Test(
        arguments: [
            ([data(1)], 1), ([headers(2)], 1), ([Frame(kind: Frame.Kind.reset, stream: 1, payload: [0, 0, 0, 8])], 1),
            ([Frame(kind: Frame.Kind.windowUpdate, stream: 5, payload: [0, 0, 0, 1])], 1),
            ([Frame(kind: Frame.Kind.windowUpdate, payload: [0, 0, 0, 0])], 1),
            ([Frame(kind: Frame.Kind.windowUpdate, payload: [127, 255, 255, 255])], 3),
            ([Frame(kind: Frame.Kind.settings, payload: [0, 4, 128, 0, 0, 0])], 3),
            ([Frame(kind: Frame.Kind.settings, payload: [0, 5, 0, 0, 1, 0])], 1),
            ([Frame(kind: Frame.Kind.settings, payload: [0, 2, 0, 0, 0, 2])], 1),
            ([headers(1), data(1, isLast: true), data(1)], 5), ([headers(3), data(3, isLast: true), headers(1)], 5),
            ([Frame(kind: Frame.Kind.headers, flags: Frame.endHeaders, stream: 1, payload: [0xFF])], 9),
        ] as [([Frame], UInt32)])
    func connectionsAreEndedForWhatTheirClientsDo(_ frames: [Frame], _ code: UInt32) async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.lingerTimeout = 100_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            client.raw.sendWhatIsTaken(frames.flatMap(\.bytes))
            #expect(try client.waitForClose() == code)
        }
    }

    @Test func aClientMaySendNoMoreThanItsWindows() async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.grpc.callWindow = 20_000
            configuration.grpc.connectionWindow = 70_000
            configuration.limits.lingerTimeout = 100_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            for (stream, count, reset) in [(1, 20_000, nil), (3, 20_001, 3)] as [(UInt32, Int, UInt32?)] {
                try client.send(Self.headers(stream))
                try client.send(
                    Self.data(
                        stream, [0] + FrameClient.integer(UInt32(count - 5)) + Array(repeating: 0, count: count - 5),
                        isLast: true))
                #expect(try client.reply(stream).reset == reset)
            }
            let other = try FrameClient(port: server.port)
            other.raw.sendWhatIsTaken(Self.headers(1).bytes + Self.data(1, Array(repeating: 0, count: 70_001)).bytes)
            #expect(try other.waitForClose() == 3)
        }
    }

    /// What a client sent before it knew that its call was refused is no fault.
    @Test func whatWasOnItsWayWhenACallEndedIsDropped() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            try client.send(Self.headers(1, FrameClient.fields("/nothing/There")))
            #expect(try client.reply(1).status == 12)
            try client.send(Self.data(1))
            try client.send(Self.headers(1, [("x", "y")], isLast: true))
            try client.send(Frame(kind: Frame.Kind.windowUpdate, stream: 1, payload: [0, 0, 0, 1]))
            try client.send(Frame(kind: Frame.Kind.reset, stream: 1, payload: [0, 0, 0, 8]))
            try client.send(Self.headers(3))
            try client.send(Self.data(3, isLast: true))
            #expect(try client.reply(3).status == 0)
        }
    }

    /// A header block in pieces, with padding and a priority, and frames of types that nobody knows.
    @Test func whatIsAllowedIsTaken() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let block = FrameClient.block(FrameClient.fields(Self.path))
            try client.send(
                Frame(
                    kind: Frame.Kind.headers, flags: Frame.padded | 0x20, stream: 1,
                    payload: [4, 0, 0, 0, 0, 9] + block.prefix(20) + [0, 0, 0, 0]))
            try client.send(
                Frame(
                    kind: Frame.Kind.continuation, flags: Frame.endHeaders, stream: 1,
                    payload: Array(block.dropFirst(20))))
            try client.send(Frame(kind: 77, flags: 255, stream: 9, payload: Array(repeating: 1, count: 300)))
            try client.send(
                Frame(
                    kind: Frame.Kind.data, flags: Frame.padded | Frame.endStream, stream: 1,
                    payload: [3, 0, 0, 0, 0, 0, 0, 0, 0]))
            #expect(try client.reply(1).status == 0)
        }
    }

    /// A decoder that keeps nothing is told everything, and first that nothing is kept.
    @Test(arguments: [0, 100, 4096, 65_536])
    func repliesFitTheClientsTable(_ size: UInt32) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port, settings: [1: size], tableSize: Int(size))
            for index in 0..<3 {
                let reply = try client.call("ServerLive", [], [("x-request-id", "id\(index)")])
                #expect(reply.status == 0 && reply.header("x-request-id") == "id\(index)", "\(reply.headers)")
                #expect(reply.header("content-type") == "application/grpc")
                #expect(reply.header("grpc-accept-encoding") == CallHead.Encoding.all)
                #expect(try client.call("Nothing").status == 12)
            }
        }
    }

    /// What a client's decoder was told is forgotten with its table.
    @Test(arguments: [UInt32(0), 100])
    func aTableMayShrinkAfterReplies(_ size: UInt32) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for _ in 0..<2 { #expect(try client.call("ServerLive").status == 0) }
            try client.send(Frame(kind: Frame.Kind.settings, payload: [0, 1] + FrameClient.integer(size)))
            for index in 0..<3 {
                let reply = try client.call("ServerLive", [], [("x-request-id", "id\(index)")])
                #expect(reply.status == 0 && reply.header("x-request-id") == "id\(index)", "\(reply.headers)")
            }
        }
    }

    /// Answers that wait for a window go out as it opens, and in turns.
    @Test func smallWindowsLetAnswersThroughBitByBit() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port, settings: [4: 1000])
            let values = (0..<2000).map { Float($0) }
            let streams = try (0..<5).map { _ in
                let stream = try client.open("/\(GRPCMethod.service)/ModelInfer")
                try client.message(stream, TestRequest.rows(values).bytes, isLast: true)
                return stream
            }
            for stream in streams { #expect(try client.reply(stream).answer().floats == values.map { $0 * 2 }) }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// A client may shrink its windows below nothing while an answer is under way.
    @Test func windowsThatShrinkHoldAnswersBack() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port, settings: [4: 2000])
            client.refillsWindows = false
            let values = (0..<2000).map { Float($0) }
            let stream = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.message(stream, TestRequest.rows(values).bytes, isLast: true)
            try client.send(Frame(kind: Frame.Kind.settings, payload: [0, 4, 0, 0, 0, 0]))
            // 2000 bytes are owed: only what is beyond them is let through.
            for count in [2000, 100, 8000] as [UInt32] {
                try client.send(
                    Frame(kind: Frame.Kind.windowUpdate, stream: stream, payload: FrameClient.integer(count)))
            }
            #expect(try client.reply(stream).answer().floats == values.map { $0 * 2 })
        }
    }

    @Test func aHeaderThatDoesNotEndIsGivenUp() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.headerTimeout = 50_000_000
        } _: { server in
            let open = try FrameClient(port: server.port)
            try open.send(Frame(kind: Frame.Kind.headers, stream: 1, payload: [0x82]))
            // Without the client's answer to the settings, which would be a fault within a header.
            #expect(try open.raw.waitForClose())
            let partial = try FrameClient(port: server.port)
            try partial.raw.send([0, 0, 8, Frame.Kind.ping])
            #expect(try partial.raw.waitForClose())
        }
    }

    /// Clients may open more calls than are allowed before they know how many are.
    @Test func callsBeyondTheLimitAreRefusedUntilItIsKnown() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) {
            $0.grpc.concurrentCalls = 2
        } _: { server in
            let client = try FrameClient(port: server.port)
            for stream in [1, 3, 5] as [UInt32] {
                try client.send(Self.headers(stream, FrameClient.fields("/\(GRPCMethod.service)/ModelInfer")))
            }
            #expect(try client.reply(5).reset == 7)
            gate.open()
        }
    }
}
