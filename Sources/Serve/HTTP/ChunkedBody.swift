/// A body that comes in chunks, read strictly: what one reader forgives and another does not is how one request is taken
/// for two.
///
/// Source: RFC 9112 section 7.1. Extensions are read past; trailers are checked like a header's fields and dropped.
struct ChunkedBody {
    private enum Place {
        case size
        case inExtension
        /// After the carriage return of a size.
        case sizeEnd
        case data
        /// After a chunk's last byte.
        case dataEnd
        /// After the carriage return that follows it.
        case dataLineFeed
        case trailers
    }

    private var place = Place.size
    private var extra = ChunkExtension()
    /// Digits of the size so far.
    private var digits = 0
    /// Of the chunk, what is still to come.
    private var rest = 0
    /// Bytes that are no data.
    private var framing = 0
    private var received = 0
    private var trailers = RequestLines()
    private var trailerBytes = 0
    private var trailerCount = 0

    /// - Parameter bytes: what is not consumed.
    /// - Throws: `RequestFault.Code.malformedRequest`; `.headerTooLarge` for trailers beyond the header's limits.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits) throws(RequestFault) -> RequestParser.Step
    {
        var index = 0
        while index < bytes.count {
            switch place {
            case .data: return takeData(from: index, of: bytes.count)
            case .trailers: return try readTrailers(bytes, from: index, limits)
            default:
                try readFraming(bytes[index])
                index += 1
            }
        }
        if case .trailers = place { return try readTrailers(bytes, from: index, limits) }
        return RequestParser.Step(.more, consumed: index)
    }

    private mutating func takeData(from index: Int, of count: Int) -> RequestParser.Step {
        let size = min(rest, count - index)
        rest -= size
        // What is declared is bounded where it is taken; what was received is in memory or dropped.
        received &+= size
        if rest == 0 { place = .dataEnd }
        return RequestParser.Step(.body, skipped: index, consumed: index + size)
    }

    /// Reads one byte of what stands between the data.
    private mutating func readFraming(_ byte: UInt8) throws(RequestFault) {
        framing += 1
        guard framing <= 2 * received + HTTPLimits.framingSlack else {
            throw .malformed("the body's chunks are too small or carry too much beside it")
        }
        switch place {
        case .size: try readSize(byte)
        case .inExtension: try readExtension(byte)
        case .sizeEnd:
            try expect(byte, 0x0A)
            place = rest > 0 ? .data : .trailers
            digits = 0
        case .dataEnd:
            try expect(byte, 0x0D)
            place = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, 0x0A)
            place = .size
        case .data, .trailers: break
        }
    }

    private mutating func readSize(_ byte: UInt8) throws(RequestFault) {
        if let digit = ASCII.hexadecimal(byte) {
            digits += 1
            // Fifteen digits are less than 2^60: nothing that is added to them overflows.
            guard digits <= 15 else { throw .malformed("a chunk's size has more than 15 digits") }
            rest = rest << 4 | Int(digit)
        } else if digits > 0, byte == 0x0D {
            place = .sizeEnd
        } else if digits > 0, byte == UInt8(ascii: ";") {
            place = .inExtension
            extra = ChunkExtension()
        } else {
            throw .malformed("a chunk's size is no hexadecimal number that a line end or ';' follows")
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(RequestFault) {
        if byte == 0x0D, extra.isComplete {
            place = .sizeEnd
        } else if !extra.take(byte) {
            throw .malformed("a chunk's extension is no name, or name and value, after a semicolon")
        }
    }

    private func expect(_ byte: UInt8, _ expected: UInt8) throws(RequestFault) {
        guard byte == expected else { throw .malformed("a chunk or its size does not end with CR LF") }
    }

    private mutating func readTrailers(
        _ bytes: UnsafeRawBufferPointer, from index: Int, _ limits: HTTPLimits
    ) throws(RequestFault) -> RequestParser.Step {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
        while let line = try RequestParser.line(
            of: &trailers, rest, limit: max(0, limits.headerBytes - trailerBytes - 2))
        {
            if line.isEmpty { return RequestParser.Step(.end, consumed: index + trailers.start) }
            trailerCount += 1
            trailerBytes += line.count + 2
            guard trailerCount <= limits.headerFields else { throw .tooManyFields(limits) }
            try check(HeadLayout.field(rest, line))
        }
        let consumed = trailers.start
        trailers.consume(consumed)
        return RequestParser.Step(.more, consumed: index + consumed)
    }

    /// Source: RFC 9110 section 6.5.1.
    private func check(_ trailer: HeaderField) throws(RequestFault) {
        switch trailer.name {
        case .contentLength, .transferEncoding, .host:
            throw .malformed("a trailer says what only a header can say: where the request ends, or whom it is for")
        default: break
        }
    }
}
