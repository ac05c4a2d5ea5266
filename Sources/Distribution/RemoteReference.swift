package import Trust

/// Where a version lies in a registry: `registry.example/team/digits:3` or `registry.example/team/digits@sha256:…`.
///
/// Source: OCI Distribution Specification 1.1, "Pulling manifests".
package struct RemoteReference: Hashable, Sendable {
    /// Which manifest of the repository is meant.
    package enum Target: Hashable, Sendable {
        case unspecified
        case tag(String)
        case digest(Digest)
    }

    package let registry: RegistryName
    /// Such as `team/digits`.
    package let repository: String
    package var target: Target

    /// - Throws: `DistributionError.Code.invalid`; the help has what was probably meant.
    package init(_ text: String) throws(DistributionError) {
        guard let slash = text.firstIndex(of: "/"), RegistryName.looksLikeOne(text[..<slash]) else {
            throw DistributionError(
                .invalid, "'\(SafeText.short(text))' names no registry",
                help: "write the registry first, such as registry.example/team/digits:1 or localhost:5000/digits:1")
        }
        registry = try RegistryName(String(text[..<slash]))
        var rest = text[text.index(after: slash)...]
        target = .unspecified
        if let at = rest.firstIndex(of: "@") {
            do {
                target = .digest(try Digest(String(rest[rest.index(after: at)...])))
            } catch {
                throw DistributionError(.invalid, error.message)
            }
            rest = rest[..<at]
            guard !rest.contains(":") else {
                throw DistributionError(
                    .invalid, "'\(SafeText.short(text))' has a tag and a digest", help: "write one of them")
            }
        } else if let colon = rest.lastIndex(of: ":") {
            target = .tag(try Self.tag(String(rest[rest.index(after: colon)...])))
            rest = rest[..<colon]
        }
        repository = try Self.repository(String(rest))
    }

    private init(_ registry: RegistryName, _ repository: String, _ target: Target) {
        self.registry = registry
        self.repository = repository
        self.target = target
    }

    /// The same place with another tag or digest.
    package func with(_ target: Target) -> RemoteReference { RemoteReference(registry, repository, target) }

    /// The registry and the repository, without tag or digest.
    package var place: String { "\(registry)/\(repository)" }

    /// What the repository is called within its namespace.
    package var lastComponent: String { repository.split(separator: "/").last.map(String.init) ?? repository }

    /// Checks a tag. - Throws: `DistributionError.Code.invalid`.
    package static func tag(_ text: String) throws(DistributionError) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 128, isWord(first) || first == UInt8(ascii: "_"),
            bytes.allSatisfy({ isWord($0) || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains($0) })
        else {
            throw DistributionError(
                .invalid, "'\(SafeText.short(text))' is no tag: expected 1 to 128 letters, digits, '_', '.' or '-'")
        }
        return text
    }

    /// Checks the name of a repository. - Throws: `DistributionError.Code.invalid`.
    package static func repository(_ text: String) throws(DistributionError) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 255, parts.allSatisfy({ isComponent(Array($0.utf8)) }) else {
            throw DistributionError(
                .invalid,
                "'\(SafeText.short(text))' is no repository: expected lower-case letters and digits, with"
                    + " '.', '_' or '-' between them and '/' between names",
                help: text.lowercased() != text ? "write it in lower case" : nil)
        }
        return text
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isComponent(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isLower(first), isLower(last) else { return false }
        return bytes.split(whereSeparator: isLower).allSatisfy { run in
            run.elementsEqual(".".utf8) || run.elementsEqual("_".utf8) || run.elementsEqual("__".utf8)
                || run.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }
}

extension RemoteReference: CustomStringConvertible {
    package var description: String {
        switch target {
        case .unspecified: place
        case .tag(let tag): "\(place):\(tag)"
        case .digest(let digest): "\(place)@\(digest)"
        }
    }
}

/// A registry as people name it: a host, and a port where it is not the usual one.
package struct RegistryName: Hashable, Sendable, CustomStringConvertible {
    package let host: HostAddress
    package let port: Int?

    /// - Throws: `DistributionError.Code.invalid`.
    package init(_ text: String) throws(DistributionError) {
        guard let (host, port) = HostAddress.authority(text), host.isUnambiguous, !host.isAny else {
            throw DistributionError(
                .invalid, "'\(SafeText.short(text))' is no registry: expected HOST or HOST:PORT",
                help: "leave out 'https://', and write an IPv6 address in brackets")
        }
        self.host = host
        self.port = port
    }

    /// Whether the first component of a name is a registry and not a repository: it has a dot or a port, or is
    /// `localhost`.
    static func looksLikeOne(_ text: Substring) -> Bool {
        text.contains(".") || text.contains(":") || text.lowercased() == "localhost"
    }

    package var description: String { port.map { "\(host.written):\($0)" } ?? host.written }

    /// Docker's registry answers under another name than it is called by.
    var isDocker: Bool {
        ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(host.written) && port == nil
    }

    /// Where its API is. Only this machine, and whom `plainHTTP` names, is spoken to without TLS.
    func origin(plainHTTP: Bool, alwaysTLS: Bool = false) -> WebAddress.Origin {
        if isDocker { return WebAddress.Origin(isSecure: true, host: .name("registry-1.docker.io"), port: nil) }
        return WebAddress.Origin(isSecure: alwaysTLS || !(plainHTTP || host.isLoopback), host: host, port: port)
    }
}
