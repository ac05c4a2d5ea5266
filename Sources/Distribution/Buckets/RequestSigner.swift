import Glibc
import Trust

/// Signs requests to a bucket. The secret itself is never sent.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
struct RequestSigner: Sendable {
    let keys: BucketKeys
    let region: String
    /// Seconds since 1970; replaced in tests.
    var now: @Sendable () -> Int = { time(nil) }

    private static let algorithm = "AWS4-HMAC-SHA256"
    private static let service = "s3"
    /// Fields that proxies change.
    private static let unsigned: Set<String> = ["accept-encoding", "accept", "authorization"]

    /// The request with its signature. It must have no body.
    func signed(_ request: WireRequest) -> WireRequest {
        var request = request
        let stamp = Self.stamp(now())
        let empty = Digest(of: []).hex
        request.headers.set("x-amz-date", stamp)
        request.headers.set("x-amz-content-sha256", empty)
        request.headers.set("x-amz-security-token", keys.session)
        var fields = request.headers.fields.map { ($0.name.lowercased(), $0.value.trimmed) }
        fields = fields.filter { !Self.unsigned.contains($0.0) } + [("host", request.address.origin.authority)]
        fields.sort { $0.0 < $1.0 }
        let names = fields.map(\.0).joined(separator: ";")
        let canonical = [
            request.method, String(request.address.target.prefix { $0 != "?" }), Self.query(request.address),
            fields.map { "\($0.0):\($0.1)\n" }.joined(), names, empty,
        ].joined(separator: "\n")
        let scope = "\(stamp.prefix(8))/\(region)/\(Self.service)/aws4_request"
        let text = [Self.algorithm, stamp, scope, Digest(of: Array(canonical.utf8)).hex].joined(separator: "\n")
        request.headers.set(
            "Authorization",
            "\(Self.algorithm) Credential=\(keys.identifier)/\(scope), SignedHeaders=\(names), "
                + "Signature=\(Self.hex(signature(of: text, day: String(stamp.prefix(8)))))")
        return request
    }

    private func signature(of text: String, day: String) -> [UInt8] {
        var key = Array("AWS4\(keys.secret)".utf8)
        for part in [day, region, Self.service, "aws4_request"] { key = MessageCode.sha256(of: part.utf8, key: key) }
        return MessageCode.sha256(of: text.utf8, key: key)
    }

    /// Members of the query by name; the address holds them escaped.
    private static func query(_ address: WebAddress) -> String {
        guard let mark = address.target.firstIndex(of: "?") else { return "" }
        return address.target[address.target.index(after: mark)...].split(separator: "&").map { member in
            member.contains("=") ? String(member) : "\(member)="
        }.sorted().joined(separator: "&")
    }

    /// `20130524T000000Z`.
    static func stamp(_ seconds: Int) -> String {
        var (clock, parts) = (time_t(seconds), tm())
        gmtime_r(&clock, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(parts.tm_year + 1900, 4) + padded(parts.tm_mon + 1, 2) + padded(parts.tm_mday, 2) + "T"
            + padded(parts.tm_hour, 2) + padded(parts.tm_min, 2) + padded(parts.tm_sec, 2) + "Z"
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0\(digits)" : digits
        }.joined()
    }
}

extension WebAddress.Origin {
    /// As it stands in a `Host` header: the port where it is not the usual one.
    var authority: String { port == (isSecure ? 443 : 80) ? host.written : "\(host.written):\(port)" }
}
