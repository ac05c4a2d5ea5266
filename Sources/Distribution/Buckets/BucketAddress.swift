import Trust

/// An object, or all that lie beneath a prefix, in a bucket: `s3://bucket/models/digits/`.
package struct BucketAddress: Hashable, Sendable, CustomStringConvertible {
    package let bucket: String
    /// Without a slash at its front; empty for the whole bucket.
    package let key: String

    /// - Parameter text: what follows `s3://`.
    /// - Throws: `DistributionError.Code.invalid`.
    init(_ text: Substring) throws(DistributionError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = parts.first.map(String.init) ?? ""
        key = parts.count > 1 ? String(parts[1]) : ""
        guard Self.isBucket(bucket) else {
            throw DistributionError(
                .invalid, "'\(SafeText.address("s3://\(text)"))' names no bucket",
                help: "write s3://BUCKET/KEY, the bucket in lower-case letters, digits, '.' and '-'")
        }
        guard key.utf8.count <= 1024, key.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            throw DistributionError(
                .invalid, "the key in '\(SafeText.short("s3://\(text)"))' is too long or has control characters")
        }
    }

    package var description: String { "s3://\(bucket)/\(SafeText.short(key))" }

    /// Whether a bucket may be a part of a host's name under a certificate of its server.
    var isHostLabel: Bool { !bucket.contains(".") }

    /// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
    private static func isBucket(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last, isWord(first),
            isWord(last)
        else { return false }
        return bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && !name.contains("..") && HostAddress(name)?.isNumeric != true
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// Where buckets are, and as whom they are asked.
package struct BucketSettings: Sendable {
    /// How a bucket is named in a request.
    package enum Addressing: String, Sendable, CaseIterable {
        /// In the host of Amazon's own service, in the path elsewhere.
        case auto
        /// `https://server/bucket/key`
        case path
        /// `https://bucket.server/key`
        case virtual
    }

    /// A server that speaks S3, such as MinIO's; `nil` for Amazon's.
    package var endpoint: WebAddress.Origin?
    package var region: String
    package var addressing = Addressing.auto
    /// `nil` asks as nobody.
    package var keys: BucketKeys?

    package init(
        endpoint: WebAddress.Origin? = nil, region: String = BucketSettings.usualRegion, keys: BucketKeys? = nil
    ) {
        self.endpoint = endpoint
        self.region = region
        self.keys = keys
    }

    package static let usualRegion = "us-east-1"

    /// Checks the name of a region, which becomes a part of a host's name.
    ///
    /// - Throws: `DistributionError.Code.invalid`.
    package static func region(_ text: String) throws(DistributionError) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard (2...32).contains(text.utf8.count), isPlain, !text.hasPrefix("-"), !text.hasSuffix("-") else {
            throw DistributionError(
                .invalid, "'\(SafeText.short(text))' is no region", help: "write one such as eu-central-1")
        }
        return text
    }

    /// Reads the address of a server: `https://minio.example:9000`.
    ///
    /// - Throws: `DistributionError.Code.invalid` or `.untrusted`.
    package static func endpoint(_ text: String) throws(DistributionError) -> WebAddress.Origin {
        let address = try WebAddress(text)
        guard address.target == "/" else {
            throw DistributionError(
                .invalid, "the server '\(SafeText.address(text))' has a path", help: "write scheme, host and port only")
        }
        return address.origin
    }

    /// Whom requests for a bucket go to.
    func origin(of bucket: BucketAddress) -> WebAddress.Origin {
        let server = endpoint ?? Self.amazon(region)
        guard isVirtual(bucket), case .name(let name) = server.host else { return server }
        return WebAddress.Origin(isSecure: server.isSecure, host: .name("\(bucket.bucket).\(name)"), port: server.port)
    }

    /// Where an object is.
    func address(of key: String, in bucket: BucketAddress) -> WebAddress {
        let path = key.split(separator: "/", omittingEmptySubsequences: false).map { WebAddress.escaped(String($0)) }
            .joined(separator: "/")
        let isVirtual = isVirtual(bucket) && origin(of: bucket) != (endpoint ?? Self.amazon(region))
        return WebAddress(origin: origin(of: bucket), target: isVirtual ? "/\(path)" : "/\(bucket.bucket)/\(path)")
    }

    private func isVirtual(_ bucket: BucketAddress) -> Bool {
        switch addressing {
        case .path: false
        case .virtual: true
        case .auto: endpoint == nil && bucket.isHostLabel
        }
    }

    private static func amazon(_ region: String) -> WebAddress.Origin {
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return WebAddress.Origin(isSecure: true, host: .name("s3.\(region).\(suffix)"), port: nil)
    }
}
