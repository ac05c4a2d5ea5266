import Trust

/// Where a model may be brought from besides a file of this machine.
package enum ModelSource: Sendable {
    /// A file of a web server.
    case web(WebAddress)
    /// An object of a bucket, or all beneath a prefix.
    case bucket(BucketAddress)
    /// A version in an OCI registry.
    case registry(RemoteReference)

    /// Reads `https://…`, `s3://…` or `oci://…`.
    ///
    /// - Returns: `nil` for what has no scheme: the path of a file.
    /// - Throws: `DistributionError.Code.invalid` for a scheme that is not read; `.untrusted` for an address that is
    ///   not one. The text of a password or a signature is not in the error.
    package init?(_ text: String) throws(DistributionError) {
        guard let mark = text.firstRange(of: "://"), Self.isScheme(text[..<mark.lowerBound]) else { return nil }
        let rest = text[mark.upperBound...]
        switch text[..<mark.lowerBound].lowercased() {
        case "https", "http": self = .web(try WebAddress(text))
        case "s3": self = .bucket(try BucketAddress(rest))
        case "oci": self = .registry(try RemoteReference(String(rest)))
        default:
            throw DistributionError(
                .invalid, "models are not brought from '\(SafeText.address(text))'",
                help: "known are https://HOST/FILE, s3://BUCKET/KEY, oci://REGISTRY/NAME:TAG and files of this machine")
        }
    }

    /// Source: RFC 3986 section 3.1.
    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || ["+", "-", "."].contains(scalar)
        }
    }
}
