import Tensors

/// What the header of a call says that matters here, read in one pass.
struct CallHead {
    /// How a message is packed.
    enum Encoding: Hashable {
        case identity
        case packed(PackedFormat)

        init?(_ name: some StringProtocol) {
            switch name {
            case "identity": self = .identity
            case "gzip": self = .packed(.gzip)
            case "deflate": self = .packed(.zlib)
            default: return nil
            }
        }

        var name: String {
            switch self {
            case .identity: "identity"
            case .packed(.gzip): "gzip"
            case .packed(.zlib): "deflate"
            }
        }

        /// The value of `grpc-accept-encoding`.
        static let all = "identity,deflate,gzip"
    }

    var path = ""
    var isPost = false
    var contentType = ""
    var host: String?
    var credential = RequestFacts.Credential.none
    var requestID: String?
    /// The trace that the client says it belongs to.
    var trace: TraceContext?
    /// Nanoseconds that the client waits; `nil` for as long as it takes.
    var timeout: UInt64?
    /// How the messages are packed; `nil` for a way that is not known.
    var encoding: Encoding? = .identity
    /// Whether replies may be packed as the request is.
    var acceptsEncoding = false
    /// Whether an error within a stream is to end it. Source: Triton's `triton_grpc_error`.
    var endsStreamsWithErrors = false
    private var accepted = ""

    /// What a header without any of it says.
    init() {}

    /// - Throws: `RequestFault` for a header that is ambiguous, or a deadline that is none.
    init(_ fields: HeaderFields) throws(RequestFault) {
        for index in 0..<fields.count { try read(fields, index) }
        guard case .packed = encoding else { return }
        acceptsEncoding = accepted.split(separator: ",").contains { Encoding($0.trimmingBlanks) == encoding }
    }

    private mutating func read(_ fields: HeaderFields, _ index: Int) throws(RequestFault) {
        switch fields.name(index).count {
        case 5 where fields.index(index, isNamed: ":path"): path = fields.valueText(index)
        case 7 where fields.index(index, isNamed: ":method"): isPost = fields.value(index).isExactly("POST")
        case 10 where fields.index(index, isNamed: ":authority"): host = fields.valueText(index)
        case 11 where fields.index(index, isNamed: "traceparent"):
            trace = TraceContext(text: fields.valueText(index))
        case 12 where fields.index(index, isNamed: "content-type"): contentType = fields.valueText(index)
        case 12 where fields.index(index, isNamed: "grpc-timeout"):
            timeout = try Self.nanoseconds(fields.valueText(index))
        case 12 where fields.index(index, isNamed: "x-request-id"):
            requestID = RequestID.accepted(fields.valueText(index))
        case 13 where fields.index(index, isNamed: "grpc-encoding"): encoding = Encoding(fields.valueText(index))
        case 13 where fields.index(index, isNamed: "authorization"):
            credential = credential.adding(fields.valueText(index))
        case 17 where fields.index(index, isNamed: "triton_grpc_error"):
            endsStreamsWithErrors = fields.value(index).isExactly("true")
        case 20 where fields.index(index, isNamed: "grpc-accept-encoding"): accepted = fields.valueText(index)
        default: break
        }
    }

    /// Whether the call is one of gRPC's, with messages in protobuf.
    var isGRPC: Bool {
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
        return ASCII.equals(type, "application/grpc") || ASCII.equals(type, "application/grpc+proto")
    }

    /// At most eight digits and a unit. Source: gRPC over HTTP/2, `Timeout`.
    static func nanoseconds(_ value: String) throws(RequestFault) -> UInt64 {
        guard let unit = value.utf8.last, (2...9).contains(value.utf8.count),
            let count = ASCII.digits(value.utf8.dropLast()), let factor = factor(unit)
        else {
            throw RequestFault(
                .invalidInput,
                "grpc-timeout is '\(value.shortened)'; expected up to eight digits and one of H M S m u n")
        }
        // Eight digits of hours are less than 2^59 microseconds, but not nanoseconds.
        let (nanoseconds, overflow) = UInt64(count).multipliedReportingOverflow(by: factor)
        return overflow ? .max : nanoseconds
    }

    private static func factor(_ unit: UInt8) -> UInt64? {
        switch unit {
        case UInt8(ascii: "H"): 3600 * HTTPLimits.second
        case UInt8(ascii: "M"): 60 * HTTPLimits.second
        case UInt8(ascii: "S"): HTTPLimits.second
        case UInt8(ascii: "m"): 1_000_000
        case UInt8(ascii: "u"): 1000
        case UInt8(ascii: "n"): 1
        default: nil
        }
    }
}

extension RequestFacts.Credential {
    /// The credential of one more `Authorization` header; several are none that can be used.
    func adding(_ value: String) -> Self {
        guard self == .none, value.utf8.count > 7, ASCII.equals(value.utf8.prefix(7), "bearer ") else {
            return .unusable
        }
        return .bearer(String(Substring(ASCII.trimmed(value.utf8.dropFirst(7)))))
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring { Substring(ASCII.trimmed(utf8)) }
}
