import Tensors

/// What is to be done in a repository.
struct Scope: Hashable, Sendable {
    var repository: String
    var writes = false
    /// A repository whose blobs are to be mounted.
    var source: String?

    /// Scopes as token services read them. What the registry's challenge proposes is not asked for: it could be more.
    var texts: [String] {
        var texts = ["repository:\(repository):\(writes ? "pull,push" : "pull")"]
        if let source, source != repository { texts.append("repository:\(source):pull") }
        return texts
    }
}

/// Answers a registry's challenges, and keeps what it got for the next request.
///
/// Source: Docker Registry v2 authentication, "Token authentication specification"; RFC 7617.
actor Authorizer {
    private struct Grant {
        var header: String
        var expires: ContinuousClock.Instant?
    }

    private let policy: AddressPolicy
    private let credentials: Credentials?
    private let namesHelpers: Bool
    private let exchange: @Sendable (WireRequest) async throws -> (status: Int, body: [UInt8])
    private var grants: [Scope: Grant] = [:]

    /// - Parameter exchange: sends a request to a token service and returns its small reply.
    init(
        policy: AddressPolicy, credentials: Credentials?, namesHelpers: Bool,
        exchange: @escaping @Sendable (WireRequest) async throws -> (status: Int, body: [UInt8])
    ) {
        self.policy = policy
        self.credentials = credentials
        self.namesHelpers = namesHelpers
        self.exchange = exchange
    }

    /// What is sent without being asked for, after the first time.
    func header(for scope: Scope) -> String? {
        guard let grant = grants[scope] else { return nil }
        if let expires = grant.expires, expires < .now { return nil }
        return grant.header
    }

    /// Answers the challenges of a 401 with the header to try again with.
    ///
    /// - Parameter refused: the header that was not enough.
    /// - Throws: `DistributionError.Code.denied` when there is nothing to answer with, `.untrusted` for a token service
    ///   where we do not go.
    func answer(_ challenges: [Challenge], for scope: Scope, refused: String?) async throws -> String {
        if let current = header(for: scope), current != refused { return current }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            let grant = try await token(bearer, scope)
            guard grant.header != refused else { throw denied() }
            grants[scope] = grant
            return grant.header
        }
        guard challenges.contains(where: { $0.scheme == "basic" }), let credentials, credentials.basic != refused else {
            throw denied()
        }
        grants[scope] = Grant(header: credentials.basic)
        return credentials.basic
    }

    private func token(_ challenge: Challenge, _ scope: Scope) async throws -> Grant {
        var realm = try WebAddress(challenge.parameters["realm"] ?? "")
        try policy.check(realm: realm)
        if let service = challenge.parameters["service"] { realm = realm.adding("service", service) }
        for text in scope.texts { realm = realm.adding("scope", text) }
        var request = WireRequest(method: "GET", address: realm)
        let isTold = credentials != nil && policy.mayKnowPassword(realm)
        if isTold, let credentials { request.headers.set("Authorization", credentials.basic) }
        let (status, body) = try await exchange(request)
        guard status == 200 else { throw tokenRefused(status, realm, isTold: isTold) }
        guard let json = try? JSONValue.parse(body),
            let token = (json["token"] ?? json["access_token"])?.stringValue, Self.isSendable(token)
        else {
            throw DistributionError(.damaged, "the token service at \(realm.origin) answered without a token")
        }
        // Used up a little early, and never believed for longer than an hour.
        let life = min(max(json["expires_in"]?.intValue ?? 60, 60), 3600)
        return Grant(header: "Bearer \(token)", expires: .now + .seconds(life - 10))
    }

    private static func isSendable(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= 64 << 10 && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    private func tokenRefused(_ status: Int, _ realm: WebAddress, isTold: Bool) -> DistributionError {
        let place = realm.origin.description
        guard status == 401 || status == 403 else {
            return status == 429 || status >= 500
                ? .transient("the token service at \(place) answered \(status)")
                : DistributionError(.unavailable, "the token service at \(place) answered \(status)")
        }
        if credentials != nil, !isTold {
            return DistributionError(
                .denied, "the registry's tokens come from \(place), and your password goes to \(policy.asked) only",
                help: "if that is right, say so with --token-host \(realm.origin.host.written)")
        }
        return denied()
    }

    private func denied() -> DistributionError {
        if credentials != nil {
            return DistributionError(
                .denied, "\(policy.asked) does not accept the credentials for this repository",
                help: "check user, password and what they may do there")
        }
        let helpers = namesHelpers ? " (your docker configuration names a helper program, which is not run)" : ""
        return DistributionError(
            .denied, "\(policy.asked) wants credentials\(helpers)",
            help: "give --username NAME --password-stdin, or log in with docker or podman")
    }
}
