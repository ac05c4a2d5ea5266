/// The status codes that the data plane answers with.
///
/// Source: RFC 9110 section 15; RFC 6585 section 5 for 431.
enum HTTPStatus: Int, Sendable, CaseIterable {
    case ok = 200
    case badRequest = 400
    case unauthorized = 401
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case notAcceptable = 406
    case requestTimeout = 408
    case conflict = 409
    case contentTooLarge = 413
    case targetTooLong = 414
    case unsupportedMediaType = 415
    case expectationFailed = 417
    case misdirected = 421
    case unprocessable = 422
    case headerTooLarge = 431
    case internalError = 500
    case notImplemented = 501
    case unavailable = 503
    case deadlineExceeded = 504
    case insufficientStorage = 507

    /// The status line, line end included.
    var line: StaticString {
        switch self {
        case .ok: "HTTP/1.1 200 OK\r\n"
        case .badRequest: "HTTP/1.1 400 Bad Request\r\n"
        case .unauthorized: "HTTP/1.1 401 Unauthorized\r\n"
        case .forbidden: "HTTP/1.1 403 Forbidden\r\n"
        case .notFound: "HTTP/1.1 404 Not Found\r\n"
        case .methodNotAllowed: "HTTP/1.1 405 Method Not Allowed\r\n"
        case .notAcceptable: "HTTP/1.1 406 Not Acceptable\r\n"
        case .requestTimeout: "HTTP/1.1 408 Request Timeout\r\n"
        case .conflict: "HTTP/1.1 409 Conflict\r\n"
        case .contentTooLarge: "HTTP/1.1 413 Content Too Large\r\n"
        case .targetTooLong: "HTTP/1.1 414 URI Too Long\r\n"
        case .unsupportedMediaType: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case .expectationFailed: "HTTP/1.1 417 Expectation Failed\r\n"
        case .misdirected: "HTTP/1.1 421 Misdirected Request\r\n"
        case .unprocessable: "HTTP/1.1 422 Unprocessable Content\r\n"
        case .headerTooLarge: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case .internalError: "HTTP/1.1 500 Internal Server Error\r\n"
        case .notImplemented: "HTTP/1.1 501 Not Implemented\r\n"
        case .unavailable: "HTTP/1.1 503 Service Unavailable\r\n"
        case .deadlineExceeded: "HTTP/1.1 504 Gateway Timeout\r\n"
        case .insufficientStorage: "HTTP/1.1 507 Insufficient Storage\r\n"
        }
    }
}
