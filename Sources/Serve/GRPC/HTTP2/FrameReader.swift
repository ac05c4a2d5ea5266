/// Finds a client's frames in the bytes that come, and puts header blocks together.
///
/// DATA is handed on as it arrives; of everything else at most `Limits.headerBlock` bytes have to be there at once.
///
/// Source: RFC 9113 sections 3.4, 4 and 6.
struct FrameReader {
    struct Limits {
        /// Bytes of a frame that were announced as the most that is taken.
        var frameBytes: Int
        /// Bytes of a header block.
        var headerBlock: Int
        /// How often a header block may be continued.
        var continuations: Int
    }

    /// Part of a DATA frame.
    struct DataPart: Equatable {
        var stream: UInt32
        /// Where its bytes are.
        var range: Range<Int>
        /// Bytes of the whole frame, padding included, in the frame's first part; 0 in the others.
        var counted: Int
        /// Whether the frame has no data at all.
        var isEmptyFrame = false
        /// Whether the client says nothing more on this stream.
        var isLast: Bool
    }

    enum Event: Equatable {
        /// More bytes are needed.
        case none
        case data(DataPart)
        /// A header block; `nil` when it was put together and is in `block`.
        case headers(stream: UInt32, range: Range<Int>?, isLast: Bool)
        /// Part of a header block that goes on in the next frame.
        case unfinishedHeaders
        /// Any other frame, whole.
        case frame(FrameHead, payload: Range<Int>)
        /// A frame of a type that is not known, or a GOAWAY; its payload is skipped.
        case skipped(FrameHead)
    }

    private enum State {
        case preface
        case firstFrame
        case head
        case data(rest: Int, padding: Int, stream: UInt32, isLast: Bool)
        case skip(Int)
    }

    private let limits: Limits
    private var state = State.preface
    /// A header block of several frames, so far or as a whole.
    private(set) var block: [UInt8] = []
    /// The stream whose header block is not complete; 0 without.
    private(set) var openBlock: UInt32 = 0
    private var openBlockIsLast = false
    private var continuations = 0

    /// Bytes of a SETTINGS frame beyond which it cannot mean well: there are a dozen settings of six bytes.
    private static let mostSettings = 1024
    /// A length of padding, priority, and padding.
    private static let headersExtra = 1 + 5 + 255

    init(_ limits: Limits) { self.limits = limits }

    /// The next frame, or part of one.
    ///
    /// - Parameter position: where it begins; moved behind it. When `.none` comes back, the bytes from there on have to
    ///   be given again, with more behind them.
    /// - Throws: what the client may not send.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(ConnectionError) -> Event {
        while true {
            switch state {
            case .preface:
                guard try readPreface(bytes, &position) else { return .none }
            case .skip(let rest):
                let count = min(rest, bytes.count - position)
                position += count
                state = count == rest ? .head : .skip(rest - count)
                guard count == rest else { return .none }
            case .data(let rest, let padding, let stream, let isLast):
                let count = min(rest, bytes.count - position)
                guard count > 0 else { return .none }
                let range = position..<(position + count)
                position += count
                let isWhole = count == rest
                state =
                    isWhole
                    ? .skip(padding)
                    : .data(rest: rest - count, padding: padding, stream: stream, isLast: isLast)
                return .data(DataPart(stream: stream, range: range, counted: 0, isLast: isWhole && isLast))
            case .firstFrame, .head:
                guard bytes.count - position >= FrameHead.byteCount else { return .none }
                let head = FrameHead(bytes, at: position)
                try check(head)
                if let event = try read(head, bytes, &position) { return event }
                return .none
            }
        }
    }

    private mutating func readPreface(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(ConnectionError) -> Bool {
        let expected = UnsafeRawBufferPointer(start: Self.preface.utf8Start, count: Self.preface.utf8CodeUnitCount)
        let found = UnsafeRawBufferPointer(rebasing: bytes[position...].prefix(expected.count))
        guard expected.starts(with: found) else { throw ConnectionError(.protocolError) }
        guard found.count == expected.count else { return false }
        position += expected.count
        state = .firstFrame
        return true
    }

    /// What every client begins with; no request of HTTP/1 does.
    static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
}

// MARK: - Checks

extension FrameReader {
    /// Whether a frame may come here, and is as long as its type says.
    private func check(_ head: FrameHead) throws(ConnectionError) {
        guard head.length <= limits.frameBytes else { throw ConnectionError(.frameSizeError) }
        if case .firstFrame = state {
            guard head.kind == FrameHead.Kind.settings, !head.has(FrameHead.Flag.ack) else {
                throw ConnectionError(.protocolError)
            }
        }
        guard openBlock == 0 || (head.kind == FrameHead.Kind.continuation && head.stream == openBlock) else {
            throw ConnectionError(.protocolError)
        }
        switch head.kind {
        case FrameHead.Kind.data: try check(head.stream != 0)
        case FrameHead.Kind.headers:
            try check(head.stream != 0)
            guard head.length <= limits.headerBlock + Self.headersExtra else {
                throw ConnectionError(.enhanceYourCalm)
            }
        case FrameHead.Kind.continuation:
            try check(openBlock != 0)
            guard continuations < limits.continuations, head.length <= limits.headerBlock - block.count else {
                throw ConnectionError(.enhanceYourCalm)
            }
        case FrameHead.Kind.pushPromise: throw ConnectionError(.protocolError)
        default: try checkControl(head)
        }
    }

    private func checkControl(_ head: FrameHead) throws(ConnectionError) {
        switch head.kind {
        case FrameHead.Kind.priority:
            try check(head.stream != 0)
            try check(head.length == 5, .frameSizeError)
        case FrameHead.Kind.reset:
            try check(head.stream != 0)
            try check(head.length == 4, .frameSizeError)
        case FrameHead.Kind.settings:
            try check(head.stream == 0)
            try check(head.length % 6 == 0 && (head.length == 0 || !head.has(FrameHead.Flag.ack)), .frameSizeError)
            try check(head.length <= Self.mostSettings, .enhanceYourCalm)
        case FrameHead.Kind.ping:
            try check(head.stream == 0)
            try check(head.length == 8, .frameSizeError)
        case FrameHead.Kind.goAway:
            try check(head.stream == 0)
            try check(head.length >= 8, .frameSizeError)
        case FrameHead.Kind.windowUpdate: try check(head.length == 4, .frameSizeError)
        default: break
        }
    }

    private func check(_ isTrue: Bool, _ code: HTTP2ErrorCode = .protocolError) throws(ConnectionError) {
        guard isTrue else { throw ConnectionError(code) }
    }
}

// MARK: - Frames

extension FrameReader {
    /// - Returns: `nil` when more bytes are needed.
    private mutating func read(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(ConnectionError) -> Event? {
        let start = position + FrameHead.byteCount
        switch head.kind {
        case FrameHead.Kind.data: return try readData(head, bytes, &position)
        case FrameHead.Kind.goAway, (FrameHead.Kind.continuation + 1)...:
            position = start
            state = .skip(head.length)
            return .skipped(head)
        default:
            guard bytes.count - start >= head.length else { return nil }
            let payload = start..<(start + head.length)
            position = payload.upperBound
            state = .head
            switch head.kind {
            case FrameHead.Kind.headers: return try readHeaders(head, bytes, payload)
            case FrameHead.Kind.continuation: return continueBlock(head, bytes, payload)
            default: return .frame(head, payload: payload)
            }
        }
    }

    private mutating func readData(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(ConnectionError) -> Event? {
        var start = position + FrameHead.byteCount
        var (length, padding) = (head.length, 0)
        if head.has(FrameHead.Flag.padded) {
            guard length > 0 else { throw ConnectionError(.frameSizeError) }
            guard bytes.count > start else { return nil }
            padding = Int(bytes[start])
            guard padding < length else { throw ConnectionError(.protocolError) }
            start += 1
            length -= 1 + padding
        }
        let count = min(length, bytes.count - start)
        let isLast = head.has(FrameHead.Flag.endStream)
        position = start + count
        state =
            count == length
            ? .skip(padding) : .data(rest: length - count, padding: padding, stream: head.stream, isLast: isLast)
        return .data(
            DataPart(
                stream: head.stream, range: start..<position, counted: head.length, isEmptyFrame: length == 0,
                isLast: isLast && count == length))
    }

    private mutating func readHeaders(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer, _ payload: Range<Int>
    ) throws(ConnectionError) -> Event {
        var (start, end) = (payload.lowerBound, payload.upperBound)
        if head.has(FrameHead.Flag.padded) {
            guard start < end else { throw ConnectionError(.frameSizeError) }
            let padding = Int(bytes[start])
            start += 1
            guard padding <= end - start else { throw ConnectionError(.protocolError) }
            end -= padding
        }
        if head.has(FrameHead.Flag.priority) {
            guard end - start >= 5 else { throw ConnectionError(.protocolError) }
            start += 5
        }
        guard end - start <= limits.headerBlock else { throw ConnectionError(.enhanceYourCalm) }
        let isLast = head.has(FrameHead.Flag.endStream)
        guard !head.has(FrameHead.Flag.endHeaders) else {
            return .headers(stream: head.stream, range: start..<end, isLast: isLast)
        }
        openBlock = head.stream
        openBlockIsLast = isLast
        continuations = 0
        block = Array(bytes[start..<end])
        return .unfinishedHeaders
    }

    private mutating func continueBlock(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer, _ payload: Range<Int>
    ) -> Event {
        continuations += 1
        block.append(contentsOf: bytes[payload])
        guard head.has(FrameHead.Flag.endHeaders) else { return .unfinishedHeaders }
        openBlock = 0
        return .headers(stream: head.stream, range: nil, isLast: openBlockIsLast)
    }

    /// The header block that was put together; it is not kept.
    mutating func takeBlock() -> [UInt8] {
        defer { block = [] }
        return block
    }
}
