/// The segments of a request's path, percent-decoded exactly once.
///
/// Segments are compared with names and never become file paths; what could only be meant as one is refused anyway.
/// Source: RFC 3986 sections 2.1 and 3.3, RFC 9112 section 3.2.
enum RequestTarget {
    /// The most segments any route has, and one more to tell that there are too many.
    private static let maximumSegments = 9

    /// - Throws: `RequestFault.Code.invalidTarget` for escapes that are none, control characters, a slash or backslash
    ///   inside a segment, `.` and `..`, and bytes that are not UTF-8.
    static func segments(_ target: String) throws(RequestFault) -> [String] {
        let path = try path(of: target.utf8)
        if path.count == 1 { return [] }
        var segments: [String] = []
        for part in path.dropFirst().split(
            separator: UInt8(ascii: "/"), maxSplits: maximumSegments, omittingEmptySubsequences: false)
        {
            segments.append(try segment(part))
        }
        return segments
    }

    /// Host and port of a target that names them; `nil` for one that is a path.
    static func authority(of target: String) -> String? {
        afterScheme(target.utf8).map { String(Substring($0.prefix { !endsAuthority($0) })) }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// What follows the scheme of an absolute target.
    private static func afterScheme(_ target: String.UTF8View) -> Substring.UTF8View? {
        for scheme in ["http://", "https://"] as [StaticString]
        where target.count > scheme.utf8CodeUnitCount && ASCII.equals(target.prefix(scheme.utf8CodeUnitCount), scheme) {
            return target.dropFirst(scheme.utf8CodeUnitCount)
        }
        return nil
    }

    /// The path without query, scheme and authority.
    private static func path(of target: String.UTF8View) throws(RequestFault) -> Substring.UTF8View {
        var rest = target[...]
        if let absolute = afterScheme(target) {
            rest = absolute.drop { !endsAuthority($0) }
            if rest.first != UInt8(ascii: "/") { return Substring("/").utf8 }
        }
        guard rest.first == UInt8(ascii: "/") else {
            throw RequestFault(.invalidTarget, "the request's target is no path")
        }
        return rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    }

    private static func segment(_ part: Substring.UTF8View) throws(RequestFault) -> String {
        let isPlain = part.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "\\")
        }
        let text = isPlain ? String(Substring(part)) : try decoded(part)
        guard text != ".", text != ".." else {
            throw RequestFault(.invalidTarget, "the request's path has '.' or '..' as a segment")
        }
        return text
    }

    private static func decoded(_ part: Substring.UTF8View) throws(RequestFault) -> String {
        var bytes: [UInt8] = []
        var index = part.startIndex
        while index < part.endIndex {
            var byte = part[index]
            part.formIndex(after: &index)
            if byte == UInt8(ascii: "%") { byte = try escape(part, &index) }
            guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\\") else {
                throw RequestFault(
                    .invalidTarget, "the request's path has a control character or an encoded separator in a segment")
            }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RequestFault(.invalidTarget, "the request's path is not UTF-8")
        }
        return text
    }

    private static func escape(_ part: Substring.UTF8View, _ index: inout String.Index) throws(RequestFault) -> UInt8 {
        var value: UInt8 = 0
        for _ in 0..<2 {
            guard index < part.endIndex, let digit = ASCII.hexadecimal(part[index]) else {
                throw RequestFault(.invalidTarget, "the request's path has '%' without two hexadecimal digits")
            }
            value = value << 4 | digit
            part.formIndex(after: &index)
        }
        return value
    }
}
