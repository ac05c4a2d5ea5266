/// Reads HTTP/1 requests out of bytes, strictly, one step at a time: where they are cut makes no difference.
///
/// A value without I/O and without memory of its own but for the places of header fields, which is kept from request to
/// request. The bytes stay where they are: whoever calls keeps those that are not consumed and comes back with them and
/// what came after them. After an error it must not be asked again.
///
/// Source: RFC 9112.
struct RequestParser {
    /// What was found, and how far.
    struct Step {
        enum Kind {
            /// Nothing can be said before more bytes come.
            case more
            /// A complete header, which is in `head`; its bytes are those that are consumed.
            case head
            /// A piece of the body: the consumed bytes but for those skipped.
            case body
            /// The body is complete, and so is the request.
            case end
        }

        var kind: Kind
        /// Bytes before the piece.
        var skipped = 0
        /// Bytes that are done with.
        var consumed: Int
        /// Whether the request is complete with this.
        var isLast = false

        @inline(__always)
        init(_ kind: Kind, skipped: Int = 0, consumed: Int, isLast: Bool = false) {
            self.kind = kind
            self.skipped = skipped
            self.consumed = consumed
            self.isLast = isLast
        }
    }

    private enum Place {
        case requestLine, fields
        /// A body of which so many bytes are missing.
        case length(Int)
        case chunks
    }

    private let limits: HTTPLimits
    /// The header that was read last.
    private(set) var head = HeadLayout()
    private var place = Place.requestLine
    private var lines = RequestLines()
    private var chunks = ChunkedBody()
    /// Empty lines before the request.
    private var emptyLines = 0

    init(limits: HTTPLimits) { self.limits = limits }

    /// Whether lines of a request have come whose header is not complete.
    var isWithinHead: Bool {
        switch place {
        case .requestLine: emptyLines > 0
        case .fields: true
        case .length, .chunks: false
        }
    }

    /// The next step.
    ///
    /// - Parameter bytes: what is not consumed, from the same byte on as before.
    /// - Throws: `RequestFault`: `.malformedRequest`, `.targetTooLong` or `.headerTooLarge`; the connection has to end.
    mutating func next(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Step {
        switch place {
        case .requestLine, .fields: return try readHead(bytes)
        case .length(let rest):
            guard !bytes.isEmpty else { return Step(.more, consumed: 0) }
            let count = min(rest, bytes.count)
            place = count == rest ? .requestLine : .length(rest - count)
            return Step(.body, consumed: count, isLast: count == rest)
        case .chunks:
            var step = try chunks.next(bytes, limits)
            if step.kind == .end {
                step.isLast = true
                place = .requestLine
            }
            return step
        }
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Step {
        if case .requestLine = place {
            guard let line = try requestLine(bytes) else { return leadingLines() }
            head.reset()
            try head.readRequestLine(bytes, line, limit: limits.targetBytes)
            place = .fields
        }
        while let line = try Self.line(of: &lines, bytes, limit: max(0, limits.headerBytes - head.fieldBytes - 2)) {
            if line.isEmpty { return try headIsComplete() }
            head.fieldBytes += line.count + 2
            guard head.fields.count < limits.headerFields else { throw .tooManyFields(limits) }
            try head.readField(bytes, line)
        }
        return Step(.more, consumed: 0)
    }

    /// Empty lines before a request are what old clients send after a body, and are done with.
    ///
    /// Source: RFC 9112 section 2.2.
    private mutating func leadingLines() -> Step {
        let consumed = lines.start
        lines.consume(consumed)
        return Step(.more, consumed: consumed)
    }

    private mutating func requestLine(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Range<Int>? {
        do throws(RequestLines.Fault) {
            while let line = try lines.next(bytes, limit: limits.targetBytes + Self.besideTarget) {
                guard line.isEmpty else { return line }
                emptyLines += 1
                if emptyLines > limits.headerFields { throw .tooLong }
            }
            return nil
        } catch {
            guard error == .tooLong else { throw .controlCharacter }
            throw emptyLines > limits.headerFields ? .tooManyFields(limits) : .longTarget(limits)
        }
    }

    /// The next line of a header or trailer.
    @inline(__always)
    static func line(
        of lines: inout RequestLines, _ bytes: UnsafeRawBufferPointer, limit: Int
    ) throws(RequestFault) -> Range<Int>? {
        do throws(RequestLines.Fault) {
            return try lines.next(bytes, limit: limit)
        } catch {
            throw error == .tooLong ? .longHeader : .controlCharacter
        }
    }

    private mutating func headIsComplete() throws(RequestFault) -> Step {
        try head.checkFraming()
        let consumed = lines.start
        lines = RequestLines()
        emptyLines = 0
        if head.isChunked {
            chunks = ChunkedBody()
            place = .chunks
        } else if let length = head.contentLength, length > 0 {
            place = .length(length)
        } else {
            place = .requestLine
            return Step(.head, consumed: consumed, isLast: true)
        }
        return Step(.head, consumed: consumed)
    }

    /// Bytes of a request line that are not its target: the longest method there is, blanks and the version.
    private static let besideTarget = 32
}

extension RequestFault {
    fileprivate static let controlCharacter = malformed(
        "the request's header has a control character, or a line that does not end with CR LF")
    fileprivate static let longHeader = RequestFault(
        .headerTooLarge, "the request's header is longer than this server takes", closesConnection: true)

    fileprivate static func longTarget(_ limits: HTTPLimits) -> RequestFault {
        RequestFault(
            .targetTooLong,
            "the request's first line is longer than a target of at most \(limits.targetBytes) bytes needs",
            closesConnection: true)
    }

    static func tooManyFields(_ limits: HTTPLimits) -> RequestFault {
        RequestFault(
            .headerTooLarge, "the request has more than \(limits.headerFields) header fields", closesConnection: true)
    }
}
