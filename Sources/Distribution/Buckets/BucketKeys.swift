import Trust

/// What a bucket's owner is known by. Printed without what is secret.
package struct BucketKeys: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let identifier: String
    let secret: String
    /// Of keys that end soon.
    let session: String?

    /// - Throws: `DistributionError.Code.invalid` for what is empty or cannot be sent; the text does not tell it.
    package init(identifier: String, secret: String, session: String?) throws(DistributionError) {
        let texts = [identifier, secret] + (session.map { [$0] } ?? [])
        let isPlain = texts.allSatisfy { text in
            !text.isEmpty && text.utf8.count <= 8192 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        }
        guard isPlain, !identifier.contains("/") else {
            throw DistributionError(
                .invalid, "the bucket's access key is empty or has characters that no key has",
                help: "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile")
        }
        self.identifier = identifier
        self.secret = secret
        self.session = session
    }

    package var description: String { "\(identifier.prefix(4))…" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The keys of the usual variables; `nil` when they are not set.
    ///
    /// - Throws: `DistributionError.Code.invalid` when one of two is missing.
    package static func environment(_ variable: (String) -> String?) throws(DistributionError) -> BucketKeys? {
        let (identifier, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
        if identifier == nil, secret == nil { return nil }
        guard let identifier, let secret else {
            throw DistributionError(
                .invalid, "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set",
                help: "set both, or neither")
        }
        return try BucketKeys(identifier: identifier, secret: secret, session: variable("AWS_SESSION_TOKEN"))
    }
}

/// A file of profiles as Amazon's tools keep them, read and never written. Programs and services that it names are not
/// asked.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
package struct ProfileFile: Sendable {
    private var profiles: [String: [String: String]] = [:]

    private static let largest = 1 << 20

    /// - Throws: `DistributionError.Code.invalid` for a file that is too large or no text.
    package init(parsing bytes: [UInt8]) throws(DistributionError) {
        guard bytes.count <= Self.largest, let text = String(validating: bytes, as: UTF8.self) else {
            throw DistributionError(.invalid, "the file of profiles is no text, or larger than \(Self.largest) bytes")
        }
        var name: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let bare = line.trimmed
            if bare.isEmpty || bare.hasPrefix("#") || bare.hasPrefix(";") { continue }
            if bare.hasPrefix("["), let end = bare.firstIndex(of: "]") {
                let title = bare[bare.index(after: bare.startIndex)..<end].trimmed
                name = title.hasPrefix("profile ") ? title.dropFirst("profile ".count).trimmed : title
            } else if let name, let equals = bare.firstIndex(of: "="), !line.hasPrefix(" "), !line.hasPrefix("\t") {
                profiles[name, default: [:]][bare[..<equals].trimmed.lowercased()] =
                    bare[bare.index(after: equals)...].trimmed
            }
        }
    }

    /// Where the file of keys and that of settings lie.
    package static func places(_ variable: (String) -> String?) -> (keys: String?, settings: String?) {
        let home = variable("HOME").map { $0 + "/.aws/" }
        return (
            variable("AWS_SHARED_CREDENTIALS_FILE") ?? home.map { $0 + "credentials" },
            variable("AWS_CONFIG_FILE") ?? home.map { $0 + "config" }
        )
    }

    package func has(_ profile: String) -> Bool { profiles[profile] != nil }

    /// The keys of a profile; `nil` when it has none.
    ///
    /// - Throws: `DistributionError.Code.invalid` for half a pair, or keys that only a program or service would give.
    package func keys(of profile: String) throws(DistributionError) -> BucketKeys? {
        guard let values = profiles[profile] else { return nil }
        let pair = (values["aws_access_key_id"], values["aws_secret_access_key"])
        if let identifier = pair.0, let secret = pair.1 {
            return try BucketKeys(identifier: identifier, secret: secret, session: values["aws_session_token"])
        }
        if pair.0 != nil || pair.1 != nil {
            throw DistributionError(
                .invalid, "the profile '\(SafeText.short(profile))' has one half of an access key",
                help: "give it aws_access_key_id and aws_secret_access_key")
        }
        let others = ["credential_process", "sso_session", "sso_start_url", "role_arn", "web_identity_token_file"]
        if let other = others.first(where: { values[$0] != nil }) {
            throw DistributionError(
                .invalid, "the profile '\(SafeText.short(profile))' gets its keys by '\(other)', which is not asked",
                help: "let its tool print them: aws configure export-credentials --format env, and set the variables")
        }
        return nil
    }

    /// The region of a profile.
    package func region(of profile: String) -> String? { profiles[profile]?["region"] }
    /// The server of a profile.
    package func endpoint(of profile: String) -> String? { profiles[profile]?["endpoint_url"] }
}
