import Synchronization

/// The browsers that are signed in: in memory, of a bounded number, each for a bounded time.
///
/// A session is 256 random bits, of which only the hash is kept. It holds the token that it was opened with and nothing that
/// follows from it: who somebody is, is asked of the authenticator at each request, so that a token which is revoked, runs out
/// or gets another role does so for its sessions as well.
///
/// Source: OWASP, Session Management Cheat Sheet.
package final class SessionDesk: Sendable {
    /// How many there may be, and for how long.
    package struct Limits: Sendable {
        /// Since somebody last did something.
        package var idle = Duration.seconds(3600)
        /// Since it was opened.
        package var absolute = Duration.seconds(12 * 3600)
        /// Of one token; the one that was idle longest makes room.
        package var perToken = 16
        /// Of all tokens.
        package var total = 1024

        package init() {}
    }

    private struct Entry {
        var secret: TokenSecret
        /// The token's hash.
        var owner: Digest
        var opened: ContinuousClock.Instant
        var used: ContinuousClock.Instant
    }

    /// Characters of a session's text: base64url of 32 bytes.
    package static let length = 43

    private let limits: Limits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex<[Digest: Entry]>([:])

    /// - Parameter now: a clock that nobody sets.
    package init(_ limits: Limits = Limits(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        (self.limits, self.now) = (limits, now)
    }

    /// Opens a session.
    ///
    /// - Parameter secret: a token that the authenticator knows.
    /// - Returns: the session's text, which its browser alone is to have.
    package func open(for secret: TokenSecret) -> String {
        let session = Base64URL.encoded(randomBytes(32))
        let (owner, moment) = (secret.hash, now())
        entries.withLock { entries in
            entries = entries.filter { !isOver($0.value, at: moment) }
            let own = entries.filter { $0.value.owner == owner }
            let crowd = own.count >= limits.perToken ? own : entries.count >= limits.total ? entries : [:]
            if let idlest = crowd.min(by: { $0.value.used < $1.value.used }) { entries[idlest.key] = nil }
            entries[Self.hash(session)] = Entry(secret: secret, owner: owner, opened: moment, used: moment)
        }
        return session
    }

    /// The token behind a session; `nil` for one that is over or never was. Whoever finds a session by its hash learns nothing
    /// from how long that takes.
    ///
    /// - Parameter isUse: whether a person did something: a page that fetches itself again keeps no session alive.
    package func secret(of session: String, isUse: Bool) -> TokenSecret? {
        guard session.utf8.count == Self.length else { return nil }
        let (hash, moment) = (Self.hash(session), now())
        return entries.withLock { entries in
            guard let entry = entries[hash] else { return nil }
            if isOver(entry, at: moment) {
                entries[hash] = nil
                return nil
            }
            if isUse { entries[hash]?.used = moment }
            return entry.secret
        }
    }

    /// Ends a session; nothing happens for one that is none.
    package func close(_ session: String) {
        let hash = Self.hash(session)
        entries.withLock { $0[hash] = nil }
    }

    /// Sessions that are kept, whether or not their time is over.
    package var count: Int { entries.withLock { $0.count } }

    private func isOver(_ entry: Entry, at moment: ContinuousClock.Instant) -> Bool {
        moment - entry.used >= limits.idle || moment - entry.opened >= limits.absolute
    }

    private static func hash(_ session: String) -> Digest { Digest(of: Array(session.utf8)) }
}
