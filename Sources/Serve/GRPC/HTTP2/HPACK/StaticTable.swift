/// Header fields that both sides know.
///
/// Source: RFC 7541 appendix A.
enum StaticTable {
    /// The field with index 1 first.
    static let entries: [HeaderEntry] = fields.map { HeaderEntry(name: $0.0, value: $0.1) }

    /// How many there are.
    static let count = 61

    private static let fields: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""),
        ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
        ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""),
        ("retry-after", ""), ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""),
        ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}

/// One header field: its name, then its value.
struct HeaderEntry: Equatable {
    var bytes: [UInt8]
    var nameCount: Int

    init(bytes: [UInt8], nameCount: Int) {
        self.bytes = bytes
        self.nameCount = nameCount
    }

    init(name: String, value: String) {
        bytes = Array(name.utf8) + Array(value.utf8)
        nameCount = name.utf8.count
    }

    /// What it counts for. Source: RFC 7541 section 4.1.
    var size: Int { bytes.count + 32 }
}
