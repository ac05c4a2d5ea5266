/// Why a stream or a connection is ended.
///
/// Source: RFC 9113 section 7.
enum HTTP2ErrorCode: UInt32, Sendable {
    case noError = 0
    case protocolError = 1
    case internalError = 2
    case flowControlError = 3
    case streamClosed = 5
    case frameSizeError = 6
    case refusedStream = 7
    case cancel = 8
    case compressionError = 9
    case enhanceYourCalm = 11
}

/// What ends a whole connection: its client breaks the protocol, or floods the server.
struct ConnectionError: Error, Equatable {
    let code: HTTP2ErrorCode

    init(_ code: HTTP2ErrorCode) { self.code = code }
}
