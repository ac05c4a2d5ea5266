package import Trust

/// An `http` or `https` address. Nothing else can be one: no other scheme, no user in it, no number that is spelled as a
/// name.
///
/// Source: RFC 3986.
package struct WebAddress: Hashable, Sendable {
    /// Whom a request goes to.
    package struct Origin: Hashable, Sendable {
        package let isSecure: Bool
        package let host: HostAddress
        package let port: Int

        package init(isSecure: Bool, host: HostAddress, port: Int?) {
            self.isSecure = isSecure
            self.host = host
            self.port = port ?? (isSecure ? 443 : 80)
        }
    }

    package let origin: Origin
    /// Path and query, starting with a slash.
    package let target: String

    init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// Reads an absolute address.
    ///
    /// - Throws: `DistributionError.Code.untrusted` for what we do not go to, with the reason.
    package init(_ text: String) throws(DistributionError) {
        guard let mark = text.firstRange(of: "://") else { throw Self.wrong(text, "it has no scheme") }
        let isSecure: Bool
        switch text[..<mark.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw Self.wrong(text, "only http and https are spoken")
        }
        let rest = text[mark.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let origin = try Self.origin(String(rest[..<end]), isSecure: isSecure, in: text)
        let tail = String(rest[end...])
        self.init(origin: origin, target: try Self.checked(tail.hasPrefix("/") ? tail : "/" + tail, in: text))
    }

    /// Reads what a `Location` header says, seen from here.
    ///
    /// - Throws: as the initialiser.
    package func resolving(_ location: String) throws(DistributionError) -> WebAddress {
        if location.hasPrefix("//") { return try WebAddress((origin.isSecure ? "https:" : "http:") + location) }
        if location.contains("://") { return try WebAddress(location) }
        let plain = String(location.prefix { $0 != "#" })
        if plain.hasPrefix("/") { return WebAddress(origin: origin, target: try Self.checked(plain, in: location)) }
        guard !plain.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") else {
            throw Self.wrong(location, "only http and https are spoken")
        }
        let path = target.prefix { $0 != "?" }
        let base = plain.hasPrefix("?") ? path : path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return WebAddress(origin: origin, target: try Self.checked(base + plain, in: location))
    }

    /// Without the query, which may be signed.
    package var withoutQuery: String { "\(origin)\(target.prefix { $0 != "?" })" }

    /// The same address with a member added to its query. Name and value must need no escaping but `:` and `/`.
    func adding(_ name: String, _ value: String) -> WebAddress {
        WebAddress(
            origin: origin, target: target + (target.contains("?") ? "&" : "?") + name + "=" + Self.escaped(value))
    }

    /// Everything but letters, digits and `-._~` as `%XX`.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }

    private static func origin(
        _ authority: String, isSecure: Bool, in text: String
    ) throws(DistributionError) -> Origin {
        guard !authority.contains("@") else { throw wrong(text, "it carries a user name") }
        guard let (host, port) = HostAddress.authority(authority) else { throw wrong(text, "its host is none") }
        guard host.isUnambiguous else { throw wrong(text, "its host is a number in disguise") }
        return Origin(isSecure: isSecure, host: host, port: port)
    }

    private static func checked(_ target: String, in text: String) throws(DistributionError) -> String {
        guard target.utf8.count <= 8192, target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw wrong(text, "its path is too long or has characters that no address has")
        }
        return target
    }

    private static func wrong(_ text: String, _ reason: String) -> DistributionError {
        DistributionError(.untrusted, "the address '\(SafeText.address(text))' is not followed: \(reason)")
    }
}

extension WebAddress: CustomStringConvertible {
    package var description: String { "\(origin)\(target)" }
}

extension WebAddress.Origin: CustomStringConvertible {
    package var description: String {
        let usual = isSecure ? 443 : 80
        return "\(isSecure ? "https" : "http")://\(host.written)\(port == usual ? "" : ":\(port)")"
    }
}

extension HostAddress {
    /// As it stands in an address: IPv6 in brackets.
    package var written: String {
        switch self {
        case .numeric(let text, _, _): text.contains(":") ? "[\(text)]" : text
        case .name(let name): name
        }
    }

    /// Whether no resolver reads it as a number: the last label of a name is no number in any base.
    var isUnambiguous: Bool {
        guard case .name(let name) = self, let last = name.split(separator: ".").last else { return true }
        return !last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && !last.hasPrefix("0x")
    }

    /// Whether it is of the ranges in which machines of a cloud tell their secrets: link-local ones, and the address that
    /// one cloud uses besides (RFC 3927, RFC 4291 section 2.5.6).
    var isLinkLocal: Bool {
        guard case .numeric(let text, _, _) = self else { return false }
        return text.hasPrefix("169.254.") || ["fe8", "fe9", "fea", "feb"].contains { text.hasPrefix($0) }
            || text.hasPrefix("fd00:ec2:")
    }
}

/// Text of the other side, as it may stand in an error.
enum SafeText {
    /// An address without the parts that may be secret: a user with a password, and a query, which may be signed.
    static func address(_ text: String) -> String {
        var plain = text.prefix { $0 != "?" && $0 != "#" }
        if let at = plain.lastIndex(of: "@") {
            let start = plain.firstRange(of: "://")?.upperBound ?? plain.startIndex
            let scheme = start <= at ? plain[..<start] : ""
            return short("\(scheme)…\(plain[at...])")
        }
        if plain.utf8.count < text.utf8.count { plain += "?…" }
        return short(String(plain))
    }

    /// At most 120 characters, control characters escaped.
    static func short(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(120)
        return scalars.map { $0.value < 0x20 || $0.value == 0x7f ? $0.escaped(asASCII: true) : String($0) }.joined()
    }
}
