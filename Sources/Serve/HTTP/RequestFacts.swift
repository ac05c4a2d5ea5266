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
    /// The trace that the client says it belongs to.
    var trace: TraceContext?
    var host: String?
    var origin: String?
    /// `nil` as well where it is one of the two usual ones, which say nothing.
    var contentType: String?

    /// `Connection: close`, or something that counts as it, was said.
    private var isLast = false

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// - Throws: `RequestFault` for a header that is ambiguous or refused, whatever the target is.
    init(_ head: RequestHead) throws(RequestFault) {
        let layout = head.layout
        keepsAlive = !layout.isVersion10
        contentLength = layout.contentLength
        isChunked = layout.isChunked
        try head.withBytes { bytes throws(RequestFault) in
            for field in layout.fields where field.name != .other {
                try read(field.name, UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            }
            try readTarget(UnsafeRawBufferPointer(rebasing: bytes[layout.target]))
            // What follows may be meant for the other end of the tunnel.
            if RequestMethod.equals(UnsafeRawBufferPointer(rebasing: bytes[layout.method]), "CONNECT") { isLast = true }
        }
        guard host != nil || layout.isVersion10 else { throw .malformed("the request has no Host header") }
        if isLast { keepsAlive = false }
        // Source: RFC 9110 section 10.1.1: an expectation of an HTTP/1.0 client is to be ignored.
        if layout.isVersion10 { expectsContinue = false }
    }

    private mutating func read(_ name: HeaderName, _ value: UnsafeRawBufferPointer) throws(RequestFault) {
        switch name {
        case .host: try readHost(value)
        case .origin: origin = Self.text(value)
        case .expect: try readExpectation(value)
        case .upgrade:
            // Where a change of protocol may begin nothing can follow that is surely HTTP.
            isLast = true
        case .connection: readConnection(Self.text(value))
        case .contentType: readContentType(value)
        case .requestID: requestID = RequestID.accepted(Self.text(value))
        case .traceparent: trace = TraceContext(value)
        case .authorization: readCredential(Self.text(value))
        case .contentEncoding: try refuseEncoding(value)
        case .inferenceHeaderLength: try readInferenceHeaderLength(value)
        case .contentLength, .transferEncoding, .other: break
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func readHost(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        guard host == nil else { throw .malformed("the request has more than one Host header") }
        host = Self.text(value)
    }

    /// A target that names a host counts for more than the `Host` header.
    ///
    /// Source: RFC 9112 section 3.2.2.
    private mutating func readTarget(_ target: UnsafeRawBufferPointer) throws(RequestFault) {
        guard let first = target.first, first != UInt8(ascii: "/"), host != nil,
            let authority = RequestTarget.authority(of: Self.text(target))
        else { return }
        host = authority
    }

    private mutating func readContentType(_ value: UnsafeRawBufferPointer) {
        let isUsual = ASCII.equals(value, "application/json") || ASCII.equals(value, "application/octet-stream")
        contentType = isUsual ? nil : Self.text(value)
    }

    /// Source: RFC 9112 section 9.3.
    private mutating func readConnection(_ value: String) {
        if ASCII.list(value, contains: "close") || ASCII.list(value, contains: "upgrade") {
            isLast = true
        } else if ASCII.list(value, contains: "keep-alive") {
            keepsAlive = true
        }
    }

    private mutating func readExpectation(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
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

    private func refuseEncoding(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        guard ASCII.equals(value, "identity") else {
            throw RequestFault(
                .unsupportedMediaType, "compressed request bodies are not supported; send the body as it is",
                closesConnection: true)
        }
    }

    private mutating func readInferenceHeaderLength(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
        guard inferenceHeaderLength == nil, let length = ASCII.digits(value) else {
            throw RequestFault(
                .malformedRequest, "expected one whole number as Inference-Header-Content-Length",
                closesConnection: true)
        }
        inferenceHeaderLength = length
    }
}
