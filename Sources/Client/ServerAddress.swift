import NIOCore

/// Where a server listens.
package enum ServerAddress: Hashable, Sendable {
    /// A host name, an IPv4 address, or an IPv6 address without brackets.
    case tcp(host: String, port: Int)
    /// The same, with TLS.
    case tls(host: String, port: Int, trust: ServerTrust)
    case unixSocket(path: String)

    /// The data plane's port, taken where an address names none.
    package static let defaultPort = 8080
    /// The port taken where an address with `https://` names none.
    package static let defaultSecurePort = 443

    /// Reads `host`, `host:port`, `[::1]:port`, any of them after `http://` or `https://` and before a single `/`, or
    /// `unix:/path`.
    ///
    /// - Parameter authorities: a PEM file with those that a server's certificate may be from; `nil` for the system's.
    /// - Throws: `ClientError.Code.invalidAddress` for anything else.
    package init(_ text: String, authorities: String? = nil) throws(ClientError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw ClientError(.invalidAddress, "'\(text)' names no socket; expected 'unix:/path'")
            }
            self = .unixSocket(path: path)
            return
        }
        var rest = Substring(text)
        let isSecure = rest.hasPrefix("https://")
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let usual = isSecure ? Self.defaultSecurePort : Self.defaultPort
        let (host, port) = try Self.split(rest, of: text, usual)
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.isHostByte($0) }) else {
            throw Self.invalid(text)
        }
        let trust = authorities.map { ServerTrust.file($0) } ?? .system
        self = isSecure ? .tls(host: String(host), port: port, trust: trust) : .tcp(host: String(host), port: port)
    }

    /// Splits at the colon before the port, which an IPv6 address must be bracketed to have.
    private static func split(
        _ rest: Substring, of text: String, _ usual: Int
    ) throws(ClientError) -> (Substring, Int) {
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            let host = rest[rest.index(after: rest.startIndex)..<close]
            let tail = rest[rest.index(after: close)...]
            guard host.contains(":"), tail.isEmpty || tail.hasPrefix(":") else { throw invalid(text) }
            return (host, tail.isEmpty ? usual : try port(tail.dropFirst(), of: text))
        }
        let colons = rest.utf8.count { $0 == UInt8(ascii: ":") }
        if colons > 1 { return (rest, usual) }
        guard let colon = rest.firstIndex(of: ":") else { return (rest, usual) }
        return (rest[..<colon], try port(rest[rest.index(after: colon)...], of: text))
    }

    private static func port(_ digits: Substring, of text: String) throws(ClientError) -> Int {
        guard let first = digits.first, first.isNumber, let port = Int(digits), (1...65535).contains(port) else {
            throw ClientError(.invalidAddress, "'\(text)' has the port '\(digits)'; expected 1 to 65535")
        }
        return port
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
        default: false
        }
    }

    private static func invalid(_ text: String) -> ClientError {
        ClientError(
            .invalidAddress,
            "'\(text)' is not a server; expected 'host:port', 'http://host:port', 'https://host:port' or 'unix:/path'")
    }

    /// A resolved address, for messages about it.
    init(_ address: SocketAddress) {
        self =
            if let path = address.pathname, address.ipAddress == nil {
                .unixSocket(path: path)
            } else {
                .tcp(host: address.ipAddress ?? "unknown", port: address.port ?? 0)
            }
    }

    /// The value of the `Host` header (RFC 9112, section 3.2).
    var authority: String {
        switch self {
        case .tcp(let host, let port), .tls(let host, let port, _):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket: "localhost"
        }
    }
}

extension ServerAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp: authority
        case .tls: "https://\(authority)"
        case .unixSocket(let path): "unix:\(path)"
        }
    }
}
