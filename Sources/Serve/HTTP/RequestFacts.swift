import NIOHTTP1

/// What the header of a request says that matters here, read in one pass.
struct RequestFacts {
    /// The credential of an `Authorization` header.
    enum Credential: Hashable {
        case none
        case bearer(String)
        /// Another scheme, or several headers.
        case unusable
    }

    /// Whether another request may follow.
    private(set) var keepsAlive: Bool
    var contentLength: Int?
    var isChunked = false
    var expectsContinue = false
    var credential = Credential.none
    /// `Inference-Header-Content-Length`: bytes of JSON before the tensors.
    var inferenceHeaderLength: Int?
    var requestID: String?
    var host: String?
    var origin: String?
    var contentType: String?

    /// `Connection: close`, or something that counts as it, was said.
    private var isLast = false

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// - Throws: `RequestFault` for a header that is too large, ambiguous or refused, whatever the target is.
    init(_ head: HTTPRequestHead, limits: HTTPLimits) throws(RequestFault) {
        keepsAlive = head.version.minor >= 1
        guard head.uri.utf8.count <= limits.targetBytes else {
            throw RequestFault(
                .targetTooLong, "the request's target has \(head.uri.utf8.count) bytes; at most \(limits.targetBytes)",
                closesConnection: true)
        }
        guard head.headers.count <= limits.headerFields else {
            throw RequestFault(
                .headerTooLarge, "the request has \(head.headers.count) header fields; at most \(limits.headerFields)",
                closesConnection: true)
        }
        var bytes = 0
        for (name, value) in head.headers {
            bytes += name.utf8.count + value.utf8.count + 4
            try read(name, value)
        }
        guard bytes <= limits.headerBytes else {
            throw RequestFault(
                .headerTooLarge, "the request's header has \(bytes) bytes; at most \(limits.headerBytes)",
                closesConnection: true)
        }
        try checkFraming(head.version)
        if isLast { keepsAlive = false }
        // Source: RFC 9110 section 10.1.1: an expectation of an HTTP/1.0 client is to be ignored.
        if head.version.minor == 0 { expectsContinue = false }
    }

    private mutating func read(_ name: String, _ value: String) throws(RequestFault) {
        switch name.utf8.count {
        case 4 where ASCII.equals(name, "host"): try readOnce(value, into: &host, "Host")
        case 6 where ASCII.equals(name, "origin"): origin = value
        case 6 where ASCII.equals(name, "expect"): try readExpectation(value)
        case 7 where ASCII.equals(name, "upgrade"):
            // The parser stops where a change of protocol may begin, so nothing can follow on this connection.
            isLast = true
        case 10 where ASCII.equals(name, "connection"): readConnection(value)
        case 12 where ASCII.equals(name, "content-type"): contentType = value
        case 12 where ASCII.equals(name, "x-request-id"): requestID = RequestID.accepted(value)
        case 13 where ASCII.equals(name, "authorization"): readCredential(value)
        case 14 where ASCII.equals(name, "content-length"): try readContentLength(value)
        case 16 where ASCII.equals(name, "content-encoding"): try refuseEncoding(value)
        case 17 where ASCII.equals(name, "transfer-encoding"): try readTransferEncoding(value)
        case 31 where ASCII.equals(name, "inference-header-content-length"): try readInferenceHeaderLength(value)
        default: break
        }
    }

    private func readOnce(_ value: String, into field: inout String?, _ name: String) throws(RequestFault) {
        guard field == nil else {
            throw RequestFault(
                .malformedRequest, "the request has more than one \(name) header", closesConnection: true)
        }
        field = value
    }

    /// Source: RFC 9112 section 9.3.
    private mutating func readConnection(_ value: String) {
        if ASCII.list(value, contains: "close") || ASCII.list(value, contains: "upgrade") {
            isLast = true
        } else if ASCII.list(value, contains: "keep-alive") {
            keepsAlive = true
        }
    }

    private mutating func readExpectation(_ value: String) throws(RequestFault) {
        guard ASCII.equals(value, "100-continue") else {
            throw RequestFault(
                .expectationFailed, "the only expectation that can be met is 100-continue", closesConnection: true)
        }
        expectsContinue = true
    }

    private mutating func readCredential(_ value: String) {
        let bytes = value.utf8
        guard credential == .none, bytes.count > 7, ASCII.equals(bytes.prefix(7), "bearer ") else {
            credential = .unusable
            return
        }
        credential = .bearer(String(Substring(ASCII.trimmed(value.utf8.dropFirst(7)))))
    }

    private mutating func readContentLength(_ value: String) throws(RequestFault) {
        guard contentLength == nil, let length = ASCII.digits(value.utf8) else {
            throw RequestFault(
                .malformedRequest, "the request has no single whole number as its Content-Length",
                closesConnection: true)
        }
        contentLength = length
    }

    /// Only `chunked`: another coding before it would have to be undone, and after it hides the length.
    private mutating func readTransferEncoding(_ value: String) throws(RequestFault) {
        guard !isChunked, ASCII.equals(value, "chunked") else {
            throw RequestFault(
                .malformedRequest, "the only transfer coding that is understood is 'chunked', once",
                closesConnection: true)
        }
        isChunked = true
    }

    private func refuseEncoding(_ value: String) throws(RequestFault) {
        guard ASCII.equals(value, "identity") else {
            throw RequestFault(
                .unsupportedMediaType, "compressed request bodies are not supported; send the body as it is",
                closesConnection: true)
        }
    }

    private mutating func readInferenceHeaderLength(_ value: String) throws(RequestFault) {
        guard inferenceHeaderLength == nil, let length = ASCII.digits(value.utf8) else {
            throw RequestFault(
                .malformedRequest, "expected one whole number as Inference-Header-Content-Length",
                closesConnection: true)
        }
        inferenceHeaderLength = length
    }

    /// Source: RFC 9112 sections 3.2 and 6.3.
    private func checkFraming(_ version: HTTPVersion) throws(RequestFault) {
        guard !(isChunked && contentLength != nil) else {
            throw RequestFault(
                .malformedRequest, "the request has both Content-Length and Transfer-Encoding", closesConnection: true)
        }
        guard !isChunked || version.minor >= 1 else {
            throw RequestFault(
                .malformedRequest, "an HTTP/1.0 request has no Transfer-Encoding", closesConnection: true)
        }
        guard host != nil || version.minor == 0 else {
            throw RequestFault(.malformedRequest, "the request has no Host header", closesConnection: true)
        }
    }
}
