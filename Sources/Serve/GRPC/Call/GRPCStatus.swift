/// How a call ended, as gRPC says it.
///
/// Source: gRPC, "Status codes and their use in gRPC".
enum GRPCStatus: Int, Sendable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The one table between HTTP's statuses and gRPC's, so that both say the same of one fault.
    init(_ code: RequestFault.Code) {
        if code == .unsupported {
            // HTTP has no status for "understood, but not offered" that clients would not take for their own fault.
            self = .unimplemented
            return
        }
        self =
            switch code.status.rawValue {
            case 200: .ok
            case 400, 415, 417, 422: .invalidArgument
            case 401: .unauthenticated
            case 403, 421: .permissionDenied
            case 404: .notFound
            case 405, 501: .unimplemented
            case 408, 504: .deadlineExceeded
            case 409: .aborted
            case 412: .failedPrecondition
            case 413, 414, 429, 431, 507: .resourceExhausted
            case 500: .internalError
            case 503: .unavailable
            default: .unknown
            }
    }
}

/// What a call is ended with.
struct GRPCOutcome: Equatable {
    var status: GRPCStatus
    var message = ""
    /// The fault's stable name; empty for success.
    var code = ""
    /// Seconds after which the client may try again, where that can help.
    var retryAfter: Int?

    static let ok = GRPCOutcome(status: .ok)

    init(status: GRPCStatus, message: String = "", code: String = "") {
        self.status = status
        self.message = message
        self.code = code
    }

    init(_ fault: RequestFault) {
        self.init(status: GRPCStatus(fault.code), message: fault.message, code: fault.code.name)
        retryAfter = fault.retryAfter
    }

    /// What clients that retry by themselves obey. Source: gRPC proposal A6, "Pushback".
    var pushback: String? { retryAfter.map { String($0.multipliedReportingOverflow(by: 1000).partialValue) } }

    /// Bytes of a message that are sent: clients refuse headers of more than 8 KiB or so, and the status with them.
    private static let mostEncoded = 4096

    /// The message as a header may carry it: bytes other than visible ASCII, and `%`, as escapes.
    ///
    /// Source: gRPC over HTTP/2, `Status-Message`.
    var encodedMessage: String {
        if message.utf8.count <= Self.mostEncoded, message.utf8.allSatisfy(Self.isPlain) { return message }
        var result = ""
        for byte in message.utf8 {
            guard result.utf8.count <= Self.mostEncoded - 3 else { break }
            if Self.isPlain(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%")
    }
}
