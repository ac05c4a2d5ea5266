import Glibc

/// A host as it is written in a flag, a `Host` header or an origin.
package enum HostAddress: Hashable, Sendable {
    /// A numeric address, in the system's own spelling.
    case numeric(String, isLoopback: Bool, isAny: Bool)
    /// A name, in lower case and without the root's dot. Nothing is looked up.
    case name(String)

    /// Reads a host without a port; IPv6 may stand in brackets.
    ///
    /// Only the dotted form of four decimal numbers is an IPv4 address: the octal, hexadecimal and short spellings
    /// that some libraries read are names here, and so never taken for loopback.
    package init?(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if let address = Self.version4(bare) ?? Self.version6(bare) {
            self = address
            return
        }
        guard bare == text, let name = Self.name(text) else { return nil }
        self = .name(name)
    }

    /// Reads `host` or `host:port`, as in a `Host` header. An IPv6 address needs its brackets.
    ///
    /// Source: RFC 9110 section 7.2, RFC 3986 section 3.2.2.
    package static func authority(_ text: String) -> (host: HostAddress, port: Int?)? {
        var host = Substring(text)
        var port: Int?
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            (host, port) = (text[..<colon], number)
        }
        guard !host.contains(":") || host.hasPrefix("["), let address = HostAddress(String(host)) else { return nil }
        return (address, port)
    }

    /// Whether only this machine can reach it. `localhost` counts (RFC 6761 section 6.3).
    package var isLoopback: Bool {
        switch self {
        case .numeric(_, let isLoopback, _): isLoopback
        case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
        }
    }

    /// Whether binding to it means every address of the machine.
    package var isAny: Bool { if case .numeric(_, _, true) = self { true } else { false } }

    /// Whether it is an address and not a name.
    package var isNumeric: Bool { if case .numeric = self { true } else { false } }

    private static func version4(_ text: String) -> HostAddress? {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        let value = UInt32(bigEndian: address.s_addr)
        return .numeric(text, isLoopback: value >> 24 == 127, isAny: value == 0)
    }

    private static func version6(_ text: String) -> HostAddress? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &address) { Array($0) }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 255, bytes[11] == 255 {
            return version4(bytes[12...].map(String.init).joined(separator: "."))
        }
        var canonical = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &canonical, socklen_t(canonical.count)) != nil else { return nil }
        let zeros = bytes[..<15].allSatisfy { $0 == 0 }
        let spelled = String(decoding: canonical.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return .numeric(spelled, isLoopback: zeros && bytes[15] == 1, isAny: zeros && bytes[15] == 0)
    }

    private static func name(_ text: String) -> String? {
        let lowered = text.lowercased()
        let name = lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }),
            name.utf8.allSatisfy({ isNameByte($0) })
        else { return nil }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
