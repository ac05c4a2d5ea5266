/// Header fields whose names are recognised where they stand.
enum HeaderName: UInt8, Sendable {
    case other
    case host, origin, expect, upgrade, connection, authorization
    case contentType, contentLength, contentEncoding, transferEncoding
    case requestID, inferenceHeaderLength, traceparent

    /// - Parameter bytes: the name as it came, in whatever case.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        let (name, text): (HeaderName, StaticString) =
            switch bytes.count {
            case 4: (.host, "host")
            case 6 where ASCII.lowered(bytes[0]) == UInt8(ascii: "o"): (.origin, "origin")
            case 6: (.expect, "expect")
            case 7: (.upgrade, "upgrade")
            case 10: (.connection, "connection")
            case 11: (.traceparent, "traceparent")
            case 12 where ASCII.lowered(bytes[0]) == UInt8(ascii: "c"): (.contentType, "content-type")
            case 12: (.requestID, "x-request-id")
            case 13: (.authorization, "authorization")
            case 14: (.contentLength, "content-length")
            case 16: (.contentEncoding, "content-encoding")
            case 17: (.transferEncoding, "transfer-encoding")
            case 31: (.inferenceHeaderLength, "inference-header-content-length")
            default: (.other, "")
            }
        self = name != .other && ASCII.equals(bytes, text) ? name : .other
    }
}

/// One line of a header: places count from the first byte of the request.
struct HeaderField: Sendable {
    var name: HeaderName
    var nameBytes: Range<Int>
    /// Without blanks around.
    var value: Range<Int>
}

/// A request's header as places in its bytes, and what it says about the body's length.
struct HeadLayout: Sendable {
    var method = 0..<0
    var target = 0..<0
    var isVersion10 = false
    var fields: [HeaderField] = []
    /// What `Content-Length` says.
    var contentLength: Int?
    /// Whether the body comes in chunks.
    var isChunked = false
    /// Bytes of all fields, line ends included.
    var fieldBytes = 0

    /// Forgets a request, and keeps the memory for the next one's fields.
    mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        contentLength = nil
        isChunked = false
        fieldBytes = 0
    }

    /// Reads a request line.
    ///
    /// Source: RFC 9112 section 3: a method, a target and a version with one blank between them.
    ///
    /// - Parameter line: where it stands, without its end.
    /// - Throws: `RequestFault.Code.malformedRequest`; `.targetTooLong` beyond `limit` bytes.
    mutating func readRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, limit: Int
    ) throws(RequestFault) {
        let blank = UInt8(ascii: " ")
        guard let first = bytes[line].firstIndex(of: blank),
            let second = bytes[(first + 1)..<line.upperBound].firstIndex(of: blank), second > first + 1
        else { throw .noRequestLine }
        method = line.lowerBound..<first
        target = (first + 1)..<second
        guard RequestMethod.isKnown(UnsafeRawBufferPointer(rebasing: bytes[method])) else {
            throw .malformed("the request's method is none of HTTP's")
        }
        guard bytes[target].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformed("the request's target has a byte that is no visible ASCII character; percent-encode it")
        }
        let version = UnsafeRawBufferPointer(rebasing: bytes[(second + 1)..<line.upperBound])
        guard version.count == 8, Self.begins(version, "HTTP/1."), version[7] | 1 == UInt8(ascii: "1") else {
            throw .malformed("the request line ends with no version of HTTP that is spoken here: HTTP/1.1 or HTTP/1.0")
        }
        isVersion10 = version[7] == UInt8(ascii: "0")
        guard target.count <= limit else {
            throw RequestFault(
                .targetTooLong, "the request's target has \(target.count) bytes; at most \(limit)",
                closesConnection: true)
        }
    }

    private static func begins(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Reads a field line and takes what it says about the body's length.
    ///
    /// Source: RFC 9112 section 5: no blank before the colon, and none at the line's beginning, which was a continuation
    /// of the line before once.
    @inline(__always)
    mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(RequestFault) {
        let field = try Self.field(bytes, line)
        switch field.name {
        case .contentLength:
            guard contentLength == nil, let length = ASCII.digits(UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            else { throw .malformed("the request has no single whole number as its Content-Length") }
            contentLength = length
        case .transferEncoding:
            // Another coding before it would have to be undone, and after it hides the length.
            guard !isChunked, ASCII.equals(UnsafeRawBufferPointer(rebasing: bytes[field.value]), "chunked") else {
                throw .malformed("the only transfer coding that is understood is 'chunked', once")
            }
            isChunked = true
        default: break
        }
        fields.append(field)
    }

    @inline(__always)
    static func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(RequestFault) -> HeaderField {
        var colon = line.lowerBound
        while colon < line.upperBound, ASCII.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw .malformed("a header field has no name that is followed by a colon at once")
        }
        var (start, end) = (colon + 1, line.upperBound)
        while start < end, ASCII.isBlank(bytes[start]) { start += 1 }
        while end > start, ASCII.isBlank(bytes[end - 1]) { end -= 1 }
        let name = line.lowerBound..<colon
        return HeaderField(
            name: HeaderName(UnsafeRawBufferPointer(rebasing: bytes[name])), nameBytes: name, value: start..<end)
    }

    /// Checks what the whole header says about where the request ends.
    ///
    /// Source: RFC 9112 sections 3.2 and 6.3.
    func checkFraming() throws(RequestFault) {
        guard !(isChunked && contentLength != nil) else {
            throw .malformed("the request has both Content-Length and Transfer-Encoding")
        }
        guard !isChunked || !isVersion10 else { throw .malformed("an HTTP/1.0 request has no Transfer-Encoding") }
    }
}

/// The methods there are.
enum RequestMethod {
    /// Source: IANA, "Hypertext Transfer Protocol (HTTP) Method Registry", and what clients are known to send beside it.
    private static let names: StaticString = """
         DELETE PUT OPTIONS PATCH TRACE CONNECT COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND \
        ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PURGE MKCALENDAR LINK UNLINK SOURCE \
        QUERY\u{20}
        """

    @inline(__always)
    static func isKnown(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 3: equals(name, "GET") || isRare(name)
        case 4: equals(name, "POST") || equals(name, "HEAD") || isRare(name)
        default: isRare(name)
        }
    }

    @inline(__always)
    static func equals(_ name: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard name.count == text.utf8CodeUnitCount else { return false }
        for index in name.indices where name[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether the list has the name between two blanks.
    private static func isRare(_ name: UnsafeRawBufferPointer) -> Bool {
        guard !name.isEmpty, name.allSatisfy({ $0 != UInt8(ascii: " ") }) else { return false }
        let list = UnsafeRawBufferPointer(start: names.utf8Start, count: names.utf8CodeUnitCount)
        return list.split(separator: UInt8(ascii: " ")).contains { $0.elementsEqual(name) }
    }
}

extension RequestFault {
    /// What follows cannot be told apart from here on.
    static func malformed(_ message: String) -> RequestFault {
        RequestFault(.malformedRequest, message, closesConnection: true)
    }

    fileprivate static let noRequestLine = malformed(
        "the request does not begin with a method, a target and a version of HTTP with one blank between them")
}
