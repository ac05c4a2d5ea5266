import NIOCore
import NIOHPACK

@testable import Serve

/// A client of HTTP/2 that sends exactly the frames it is told to.
final class FrameClient {
    struct Frame: Equatable {
        enum Kind {
            static let data: UInt8 = 0
            static let headers: UInt8 = 1
            static let priority: UInt8 = 2
            static let reset: UInt8 = 3
            static let settings: UInt8 = 4
            static let ping: UInt8 = 6
            static let goAway: UInt8 = 7
            static let windowUpdate: UInt8 = 8
            static let continuation: UInt8 = 9
        }

        var kind: UInt8
        var flags: UInt8 = 0
        var stream: UInt32 = 0
        var payload: [UInt8] = []

        static let endStream: UInt8 = 1
        static let endHeaders: UInt8 = 4
        static let padded: UInt8 = 8
        static let ack: UInt8 = 1

        var bytes: [UInt8] {
            FrameClient.integer(UInt32(payload.count)).dropFirst() + [kind, flags] + FrameClient.integer(stream)
                + payload
        }

        /// The error code of a reset or a GOAWAY.
        var code: UInt32? {
            let bytes = kind == Kind.goAway ? payload.dropFirst(4).prefix(4) : payload.prefix(4)
            guard kind == Kind.goAway || kind == Kind.reset else { return nil }
            return bytes.reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// What came back for one call.
    struct Reply {
        var headers: [(name: String, value: String)] = []
        var messages: [[UInt8]] = []
        /// Whether the message with this index was packed.
        var packed: [Bool] = []
        var reset: UInt32?
        var isOver = false
        fileprivate var data: [UInt8] = []

        func header(_ name: String) -> String? { headers.last { $0.name == name }?.value }
        var status: Int? { header("grpc-status").flatMap { Int($0) } }
        var text: String { header("grpc-message") ?? "" }
    }

    let raw: RawClient
    private var decoder: HPACKDecoder
    private var replies: [UInt32: Reply] = [:]
    private var nextStream: UInt32 = 1
    /// Bytes that the server takes, on the connection (0) and on each stream.
    private var windows: [UInt32: Int] = [0: 65_535]
    private var initialWindow = 65_535
    /// Whether what comes is let through again and again.
    var refillsWindows = true
    /// Set by the server's GOAWAY.
    private(set) var goAway: [Frame] = []
    private(set) var isClosed = false

    /// Begins a connection.
    ///
    /// - Parameters:
    ///   - settings: those that are not the usual ones, by number.
    ///   - tableSize: bytes of header fields that the decoder keeps.
    init(port: Int, settings: [UInt16: UInt32] = [:], tableSize: Int = 4096) throws {
        decoder = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: tableSize, maxHeaderListSize: 1 << 16)
        raw = try RawClient(port: port)
        var payload: [UInt8] = []
        for (number, value) in settings {
            payload += [UInt8(number >> 8), UInt8(number & 255)] + Self.integer(value)
        }
        try raw.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        try send(Frame(kind: Frame.Kind.settings, payload: payload))
    }

    static func integer(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    func send(_ frame: Frame) throws { try raw.send(frame.bytes) }

    /// Header fields, spelt out.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + text(name) + text(value) }
    }

    private static func text(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        if count < 127 { return [UInt8(count)] + Array(text.utf8) }
        var rest = count - 127
        var head: [UInt8] = [127]
        while rest >= 128 {
            head.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return head + [UInt8(rest)] + Array(text.utf8)
    }

    static func fields(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ] + more
    }
}

// MARK: - Calls

extension FrameClient {
    /// Begins a call.
    ///
    /// - Returns: its stream.
    func open(_ path: String, _ metadata: [(String, String)] = [], isLast: Bool = false) throws -> UInt32 {
        let stream = nextStream
        nextStream += 2
        let flags = Frame.endHeaders | (isLast ? Frame.endStream : 0)
        try send(
            Frame(
                kind: Frame.Kind.headers, flags: flags, stream: stream,
                payload: Self.block(Self.fields(path, metadata))))
        return stream
    }

    func data(_ stream: UInt32, _ bytes: [UInt8], isLast: Bool = false) throws {
        var rest = bytes[...]
        repeat {
            try read { self.room(stream) > 0 || rest.isEmpty || self.replies[stream]?.isOver == true }
            // Nobody sends on after a reset.
            guard !isClosed, room(stream) > 0 || rest.isEmpty else { return }
            let piece = rest.prefix(min(16_384, room(stream)))
            rest = rest.dropFirst(piece.count)
            windows[0, default: 0] -= piece.count
            windows[stream, default: initialWindow] -= piece.count
            try send(
                Frame(
                    kind: Frame.Kind.data, flags: rest.isEmpty && isLast ? Frame.endStream : 0, stream: stream,
                    payload: Array(piece)))
        } while !rest.isEmpty
    }

    private func room(_ stream: UInt32) -> Int { min(windows[0] ?? 0, windows[stream] ?? initialWindow) }

    static func framed(_ message: [UInt8], isPacked: Bool = false) -> [UInt8] {
        [isPacked ? 1 : 0] + integer(UInt32(message.count)) + message
    }

    func message(_ stream: UInt32, _ message: [UInt8], isLast: Bool = false) throws {
        try data(stream, Self.framed(message), isLast: isLast)
    }

    /// One call with one message, and its reply.
    func call(_ method: String, _ message: [UInt8] = [], _ metadata: [(String, String)] = []) throws -> Reply {
        let path = method.hasPrefix("/") ? method : "/\(GRPCMethod.service)/\(method)"
        let stream = try open(path, metadata)
        try self.message(stream, message, isLast: true)
        return try reply(stream)
    }

    /// Reads until a call is over, or the connection.
    func reply(_ stream: UInt32) throws -> Reply {
        try read { self.replies[stream]?.isOver == true }
        return replies[stream] ?? Reply()
    }

    /// Reads until so many messages of a call have come.
    func messages(_ stream: UInt32, _ count: Int) throws -> [[UInt8]] {
        try read { self.replies[stream]?.isOver == true || (self.replies[stream]?.messages.count ?? 0) >= count }
        return replies[stream]?.messages ?? []
    }

    /// Reads until the server has closed.
    ///
    /// - Returns: the error code of its last GOAWAY.
    func waitForClose() throws -> UInt32? {
        try read { false }
        return goAway.last?.code
    }

    /// Reads until `isEnough`, or until the connection ends.
    func read(until isEnough: () -> Bool) throws {
        while !isEnough(), !isClosed {
            guard let frame = try nextFrame() else {
                isClosed = true
                return
            }
            try handle(frame)
        }
    }

    func nextFrame() throws -> Frame? {
        guard let head = try raw.bytes(9) else { return nil }
        let length = head[0..<3].reduce(0) { $0 << 8 | Int($1) }
        let stream = head[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
        guard let payload = try raw.bytes(length) else { return nil }
        return Frame(kind: head[3], flags: head[4], stream: stream, payload: payload)
    }

    private func handle(_ frame: Frame) throws {
        // Taken out, not copied: what it holds may be large.
        var reply = replies.removeValue(forKey: frame.stream) ?? Reply()
        defer { if frame.stream != 0 { replies[frame.stream] = reply } }
        switch frame.kind {
        case Frame.Kind.windowUpdate:
            let count = Int(frame.payload.reduce(0) { $0 << 8 | UInt32($1) })
            windows[frame.stream, default: initialWindow] += count
            return
        case Frame.Kind.settings where frame.flags & Frame.ack == 0:
            takeSettings(frame.payload)
            try? send(Frame(kind: Frame.Kind.settings, flags: Frame.ack))
        case Frame.Kind.ping where frame.flags & Frame.ack == 0:
            try? send(Frame(kind: Frame.Kind.ping, flags: Frame.ack, payload: frame.payload))
        case Frame.Kind.goAway: goAway.append(frame)
        case Frame.Kind.headers:
            var block = ByteBuffer(bytes: frame.payload)
            reply.headers += try decoder.decodeHeaders(from: &block).map { (name: $0.name, value: $0.value) }
        case Frame.Kind.data:
            reply.data += frame.payload
            reply.takeMessages()
            if refillsWindows, !frame.payload.isEmpty { try refill(frame) }
        case Frame.Kind.reset:
            if !reply.isOver { reply.reset = frame.code }
            reply.isOver = true
        default: return
        }
        if frame.flags & Frame.endStream != 0, frame.kind <= Frame.Kind.headers { reply.isOver = true }
    }

    private func takeSettings(_ payload: [UInt8]) {
        for start in Swift.stride(from: 0, to: payload.count - 5, by: 6) where payload[start + 1] == 4 {
            let window = payload[(start + 2)..<(start + 6)].reduce(0) { $0 << 8 | Int($1) }
            for stream in windows.keys where stream != 0 { windows[stream, default: 0] += window - initialWindow }
            initialWindow = window
        }
    }

    private func refill(_ frame: Frame) throws {
        let count = Self.integer(UInt32(frame.payload.count))
        for stream in [0, frame.stream] {
            try? send(Frame(kind: Frame.Kind.windowUpdate, stream: stream, payload: count))
        }
    }
}

extension FrameClient.Reply {
    fileprivate mutating func takeMessages() {
        while data.count >= 5 {
            let length = data[1..<5].reduce(0) { $0 << 8 | Int($1) }
            guard data.count >= 5 + length else { return }
            packed.append(data[0] == 1)
            messages.append(Array(data[5..<(5 + length)]))
            data.removeFirst(5 + length)
        }
    }
}
