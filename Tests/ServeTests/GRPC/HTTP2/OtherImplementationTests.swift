import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import Serve

/// Our side of HTTP/2 against SwiftNIO's, with the bytes of both divided at random.
@Suite struct OtherImplementations {
    @Test(arguments: 1...8)
    func callsSucceedHoweverTheirBytesAreDivided(_ seed: UInt64) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: seed % 2 == 0 ? .instant : .long)]) { server in
            let client = try LibraryClient(port: server.port, seed: seed)
            var random = SplitMix(state: seed)
            var sent: [(stream: HTTP2StreamID, values: [Float])] = []
            for _ in 0..<30 {
                let values = (0..<(4 * (1 + random.below([4, 300, 3000][random.below(3)])))).map { Float($0) }
                sent.append((try client.call(TestRequest.rows(values).bytes), values))
                if random.below(4) == 0 { try client.wait(for: sent[random.below(sent.count)].stream) }
            }
            for (stream, values) in sent {
                try client.wait(for: stream)
                let reply = client.replies[stream]
                #expect(reply?.headers.first(name: "grpc-status") == "0", "\(String(describing: reply?.headers))")
                let answer = try TestAnswer(Array((reply?.data ?? []).dropFirst(5)))
                #expect(answer.floats == values.map { $0 * 2 })
            }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }
}

/// A client that is made of SwiftNIO's HTTP/2, over a socket that carries its bytes in random pieces.
private final class LibraryClient {
    struct Reply {
        var headers = HPACKHeaders()
        var data: [UInt8] = []
        var isOver = false
    }

    private(set) var replies: [HTTP2StreamID: Reply] = [:]
    private let channel = EmbeddedChannel()
    private let raw: RawClient
    private var random: SplitMix
    private var nextStream = 1
    /// DATA for which the windows have not been opened again.
    private var received: [(stream: HTTP2StreamID, count: Int)] = []

    init(port: Int, seed: UInt64) throws {
        raw = try RawClient(port: port)
        random = SplitMix(state: seed)
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .initialWindowSize, value: 500 + random.below(40_000)),
            HTTP2Setting(parameter: .maxFrameSize, value: 16_384 + random.below(20_000)),
            HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        let handler = NIOHTTP2Handler(
            mode: .client, connectionConfiguration: configuration, streamConfiguration: .init())
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.pipeline.fireChannelActive()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// Begins a call, with metadata that is sometimes new.
    func call(_ message: [UInt8]) throws -> HTTP2StreamID {
        let stream = HTTP2StreamID(nextStream)
        nextStream += 2
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "http", ":path": "/\(GRPCMethod.service)/ModelInfer",
            ":authority": "127.0.0.1", "content-type": "application/grpc", "te": "trailers",
        ]
        for index in 0..<random.below(4) { headers.add(name: "x-more-\(random.below(9))", value: "value \(index)") }
        try channel.writeOutbound(HTTP2Frame(streamID: stream, payload: .headers(.init(headers: headers))))
        var data = ByteBuffer()
        data.writeMultipleIntegers(UInt8(0), UInt32(message.count))
        data.writeBytes(message)
        // In frames of any size; a write that waits for a window is not waited for.
        while data.readableBytes > 0 {
            let count = min(data.readableBytes, 1 + random.below(6000))
            guard let piece = data.readSlice(length: count) else { break }
            let payload = HTTP2Frame.FramePayload.data(
                .init(data: .byteBuffer(piece), endStream: data.readableBytes == 0))
            channel.write(HTTP2Frame(streamID: stream, payload: payload), promise: nil)
        }
        channel.flush()
        try send()
        return stream
    }

    /// Carries bytes in both directions until a call is over.
    func wait(for stream: HTTP2StreamID) throws {
        while replies[stream]?.isOver != true {
            guard let bytes = try raw.whatCame() else { throw RawClient.Failure(what: "the server closed") }
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + random.below(random.below(2) == 0 ? 20 : 20_000))
                rest = rest.dropFirst(piece.count)
                try channel.writeInbound(ByteBuffer(bytes: piece))
                while let frame = try channel.readInbound(as: HTTP2Frame.self) { try take(frame) }
                try refill()
            }
            try send()
        }
    }

    private func take(_ frame: HTTP2Frame) throws {
        switch frame.payload {
        case .headers(let headers):
            replies[frame.streamID, default: Reply()].headers.add(contentsOf: headers.headers)
            if headers.endStream { replies[frame.streamID]?.isOver = true }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            replies[frame.streamID, default: Reply()].data += bytes.readableBytesView
            received.append((frame.streamID, bytes.readableBytes))
        case .rstStream(let code), .goAway(_, let code, _): throw RawClient.Failure(what: "\(frame.streamID): \(code)")
        default: break
        }
    }

    /// Lets the server send as much again, on streams that have not ended.
    private func refill() throws {
        for (stream, count) in received where count > 0 {
            let streams = replies[stream]?.isOver == true ? [.rootStream] : [stream, .rootStream]
            for stream in streams {
                try channel.writeOutbound(
                    HTTP2Frame(streamID: stream, payload: .windowUpdate(windowSizeIncrement: count)))
            }
        }
        received = []
    }

    private func send() throws {
        var all: [UInt8] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all += bytes.readableBytesView }
        var rest = all[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.below([3, 30, 20_000][random.below(3)]))
            rest = rest.dropFirst(piece.count)
            try raw.send(Array(piece))
        }
    }
}
