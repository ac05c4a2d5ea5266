/// One header line.
package struct HTTPHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// The token of whoever makes the request (RFC 6750, section 2.1).
    package static func bearer(_ token: String) -> HTTPHeader { HTTPHeader("authorization", "Bearer \(token)") }
}

/// A complete answer.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    /// Freed of chunking.
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, upper and lower case alike.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.utf8.elementsEqual(name.utf8, by: Self.isSameLetter) }?.value
    }

    private static func isSameLetter(_ one: UInt8, _ other: UInt8) -> Bool {
        one == other || (one | 0x20 == other | 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(one | 0x20))
    }
}

/// A request whose parts have been checked: nothing in them can end a line early.
struct HTTPRequest: Sendable {
    let method: String
    let path: String
    let headers: [HTTPHeader]
    let body: [UInt8]

    /// - Throws: `ClientError.Code.invalidRequest` naming the part with a byte that does not belong there.
    init(_ method: String, _ path: String, headers: [HTTPHeader], body: [UInt8]) throws(ClientError) {
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isTokenByte) else {
            throw ClientError(.invalidRequest, "the method is not a word")
        }
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ClientError(.invalidRequest, "a path must begin with '/' and be percent-encoded")
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isTokenByte) else {
                throw ClientError(.invalidRequest, "a header's name is not a word")
            }
            guard header.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw ClientError(.invalidRequest, "the value of header '\(header.name)' has a control character")
            }
        }
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// A byte of a `token` (RFC 9110, section 5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Whether doing it twice is the same as doing it once (RFC 9110, section 9.2.2).
    var isIdempotent: Bool { ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains(method) }

    /// Whether a length must be said, even of an empty body.
    private var announcesLength: Bool { !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) }

    /// The headers with those that frame the message.
    func framedHeaders(authority: String) -> [HTTPHeader] {
        let host = [HTTPHeader("host", authority)] + headers
        return announcesLength ? host + [HTTPHeader("content-length", String(body.count))] : host
    }

    /// The whole message as it goes over the wire.
    func encoded(authority: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + body.count)
        bytes.append(contentsOf: "\(method) \(path) HTTP/1.1\r\n".utf8)
        for header in framedHeaders(authority: authority) {
            bytes.append(contentsOf: "\(header.name): \(header.value)\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }
}
