import Foundation
import Tensors

/// A name and a password for one registry.
package struct Credentials: Hashable, Sendable {
    package var username: String
    package var password: String

    /// - Throws: `DistributionError.Code.invalid` for a name with a colon or a control character, or no password.
    package init(username: String, password: String) throws(DistributionError) {
        let isPlain = (username + password).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard !username.isEmpty, !password.isEmpty, !username.contains(":"), isPlain else {
            throw DistributionError(
                .invalid, "the user name or the password is empty or has characters that cannot be sent")
        }
        self.username = username
        self.password = password
    }

    /// The value of an `Authorization` header.
    var basic: String { "Basic " + Data("\(username):\(password)".utf8).base64EncodedString() }
}

extension Credentials: CustomStringConvertible, CustomReflectable {
    /// Without the password, wherever it is printed.
    package var description: String { "\(username):…" }
    package var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}

/// What `docker login` and `podman login` leave behind, read and never written. Programs that it names are not run.
///
/// Source: containers-auth.json(5).
package struct CredentialFile: Sendable {
    private let entries: [String: String]
    /// Whether it names a program that keeps credentials.
    package let namesHelpers: Bool

    private static let largest = 1 << 20

    /// Where it may lie, the first that exists is read: `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG/config.json`,
    /// `XDG_RUNTIME_DIR/containers/auth.json`, `HOME/.docker/config.json`.
    package static func places(_ environment: (String) -> String?) -> [String] {
        if let file = environment("REGISTRY_AUTH_FILE") { return [file] }
        var places: [String] = []
        if let directory = environment("DOCKER_CONFIG") { places.append(directory + "/config.json") }
        if let directory = environment("XDG_RUNTIME_DIR") { places.append(directory + "/containers/auth.json") }
        if let home = environment("HOME") { places.append(home + "/.docker/config.json") }
        return places
    }

    /// - Throws: `DistributionError.Code.invalid` when the bytes are no such file.
    package init(parsing bytes: [UInt8]) throws(DistributionError) {
        guard bytes.count <= Self.largest, let json = try? JSONValue.parse(bytes), json.objectValue != nil else {
            throw DistributionError(.invalid, "the file of registry credentials is no JSON object")
        }
        entries = (json["auths"]?.objectValue ?? []).reduce(into: [:]) { entries, member in
            entries[member.key] = member.value["auth"]?.stringValue
        }
        namesHelpers = json["credsStore"] != nil || json["credHelpers"] != nil
    }

    /// The credentials for a repository: those of the longest matching path, else those of its registry.
    package func credentials(for reference: RemoteReference) -> Credentials? {
        var names: [String] = []
        var path = reference.place[...]
        while true {
            names.append(String(path))
            guard let slash = path.lastIndex(of: "/") else { break }
            path = path[..<slash]
        }
        if reference.registry.isDocker { names += ["https://index.docker.io/v1/", "index.docker.io", "docker.io"] }
        names += ["https://\(reference.registry)", "https://\(reference.registry)/"]
        return names.lazy.compactMap { entries[$0] }.compactMap(Self.decoded).first
    }

    private static func decoded(_ text: String) -> Credentials? {
        guard let data = Data(base64Encoded: text) else { return nil }
        let plain = String(decoding: data, as: UTF8.self)
        guard let colon = plain.firstIndex(of: ":") else { return nil }
        return try? Credentials(
            username: String(plain[..<colon]), password: String(plain[plain.index(after: colon)...]))
    }
}
