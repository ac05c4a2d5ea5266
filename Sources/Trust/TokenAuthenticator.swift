import Glibc
import Synchronization

/// What a token allows, without the token.
package struct TokenGrant: Hashable, Sendable {
    package var name: String
    /// `TokenSecret.hash` of the token.
    package var hash: Digest
    package var role: Role
    /// Milliseconds since 1970 after which it is no longer valid; `nil` for never.
    package var expiresAt: Int64?

    package init(name: String, hash: Digest, role: Role, expiresAt: Int64? = nil) {
        self.name = name
        self.hash = hash
        self.role = role
        self.expiresAt = expiresAt
    }
}

/// Knows bearers by their tokens, from memory.
///
/// Finding a token costs one SHA-256 and one look-up by hash: comparing hashes tells nothing about a secret, so the
/// look-up need not take constant time.
package final class TokenAuthenticator: Authenticator {
    private let grants: Mutex<[Digest: TokenGrant]>
    private let now: @Sendable () -> Int64
    /// Held while grants are read, so that what is read earlier never replaces what was read later.
    private let reading = Mutex(())

    /// - Parameter now: milliseconds since 1970.
    package init(_ grants: [TokenGrant] = [], now: @escaping @Sendable () -> Int64 = { millisecondsSince1970() }) {
        self.grants = Mutex(Self.byHash(grants))
        self.now = now
    }

    /// Replaces everything that is known: what is missing in `grants` is revoked.
    package func replaceAll(with grants: [TokenGrant]) {
        let known = Self.byHash(grants)
        self.grants.withLock { $0 = known }
    }

    /// Replaces everything by what `read` says now. Whoever calls this waits for others who do; requests wait for nobody.
    package func reload(_ read: () throws -> [TokenGrant]) rethrows {
        try reading.withLock { _ in replaceAll(with: try read()) }
    }

    package func identity(forBearer bearer: String?) -> Identity? {
        guard let bearer else { return .anonymous }
        guard let secret = TokenSecret(bearer) else { return nil }
        let hash = secret.hash
        guard let grant = grants.withLock({ $0[hash] }) else { return nil }
        if let expiry = grant.expiresAt, now() >= expiry { return nil }
        return Identity(name: grant.name, role: grant.role)
    }

    /// Only whoever has the secret learns that it was good once.
    package func refusal(ofBearer bearer: String) -> String {
        guard let hash = TokenSecret(bearer)?.hash, let grant = grants.withLock({ $0[hash] }),
            let expiry = grant.expiresAt, now() >= expiry
        else { return "the token is not valid" }
        return "the token '\(grant.name)' has expired; have another one made"
    }

    private static func byHash(_ grants: [TokenGrant]) -> [Digest: TokenGrant] {
        Dictionary(grants.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// What the system's clock says.
package func millisecondsSince1970() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
