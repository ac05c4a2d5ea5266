package import Trust

/// Lets requests of the control plane in, or says why not: Host and Origin, the caller's role, and the form's token.
package struct ControlGate: Sendable {
    /// Ties forms to whoever is not signed in. It lets nobody in.
    static let cookieName = "slipway_session"
    /// The session of whoever is signed in; the first name is the one that is given where the page came over TLS, which no other
    /// host, port or page without TLS can write.
    static let signedInNames = ["__Host-slipway_signed_in", "slipway_signed_in"]

    private let origin: RequestOrigin
    private let authenticator: any Authenticator
    let antiForgery = AntiForgeryKey()
    let sessions: SessionDesk
    /// Who has pasted what is no token too often.
    let attempts: AttemptLimiter

    /// - Parameters:
    ///   - origin: which hosts and pages requests may name.
    ///   - authenticator: who bearers are.
    package init(
        origin: RequestOrigin, authenticator: any Authenticator, sessions: SessionDesk = SessionDesk(),
        attempts: AttemptLimiter = AttemptLimiter()
    ) {
        self.origin = origin
        self.authenticator = authenticator
        self.sessions = sessions
        self.attempts = attempts
    }

    /// Whether whoever has no token is sent away.
    var asksForTokens: Bool { authenticator is TokenAuthenticator }

    /// What is looked at of a request.
    struct Visitor {
        var host: String?
        var origin: String?
        var authorization: String?
        var cookies: String?
        var contentType: String?
        /// Whether it came over the local socket.
        var isLocal: Bool
        /// The path and what follows it.
        var target = "/"
        /// Whether a page's script made it, and nobody did anything.
        var isRefresh = false
    }

    struct Refusal: Error {
        var status: Int
        var message: String
        /// Who was known to ask.
        var identity: Identity?
        /// Whether it is about a token that was presented.
        var isOfToken = false
    }

    /// What a request shows of who is asking.
    struct Credential: Sendable {
        /// A token, from the header or from the session.
        var bearer: String?
        /// The session that it is from.
        var session: String?
    }

    /// Decides by the header alone, before the body is read.
    ///
    /// - Returns: who is asking.
    func admit(_ visitor: Visitor, to route: ControlRoute) throws -> Identity {
        guard !visitor.isLocal else { return .local }
        do throws(TrustError) {
            if route.method == .get {
                try origin.check(host: visitor.host)
            } else {
                try origin.check(host: visitor.host, origin: visitor.origin)
            }
        } catch {
            throw Refusal(status: 421, message: error.message)
        }
        guard !TokenSecret.stands(in: visitor.target) else {
            throw Refusal(
                status: 400,
                message:
                    "a token in an address is kept by histories and logs: revoke it, and send another one as a header")
        }
        let identity = try identity(of: visitor, for: route)
        if route.kind == .api {
            let type = visitor.contentType?.split(separator: ";").first.map { $0.lowercased() }
            guard type == "application/json" else {
                throw Refusal(status: 415, message: "expected a body of the type application/json")
            }
        }
        return identity
    }

    /// Decides what only the body can tell: whether a form is from a page of ours.
    func check(_ body: [UInt8], of visitor: Visitor, for route: ControlRoute) throws(Refusal) {
        guard route.kind == .form, !visitor.isLocal else { return }
        guard let session = session(of: visitor), let token = FormBody(body)["token"],
            antiForgery.isValid(token, forSession: session)
        else {
            throw Refusal(status: 403, message: "the form is not from a page of this server; open the page again")
        }
    }

    private func identity(of visitor: Visitor, for route: ControlRoute) throws(Refusal) -> Identity {
        guard route.role > .anonymous else { return .anonymous }
        let credential = credential(of: visitor)
        guard let identity = authenticator.identity(forBearer: credential.bearer) else {
            // The token behind a session was revoked or has run out: so has the session.
            if let session = credential.session { sessions.close(session) }
            throw Refusal(
                status: 401, message: credential.bearer.map(authenticator.refusal) ?? "the token is not valid",
                isOfToken: true)
        }
        guard identity.role >= route.role else {
            if credential.bearer == nil { throw Refusal(status: 401, message: "a token is needed") }
            throw Refusal(
                status: 403, message: "'\(identity.name)' is \(identity.role.name); this needs \(route.role.name)",
                identity: identity)
        }
        return identity
    }

    /// Who has this token; `nil` for nobody.
    func identity(of secret: TokenSecret) -> Identity? { authenticator.identity(forBearer: secret.text) }

    /// Why a token lets nobody in.
    func refusal(of secret: TokenSecret) -> String { authenticator.refusal(ofBearer: secret.text) }

    /// The token of the header, else that of the session which a cookie names.
    func credential(of visitor: Visitor) -> Credential {
        if let bearer = Self.bearer(in: visitor) { return Credential(bearer: bearer) }
        guard asksForTokens else { return Credential() }
        for name in Self.signedInNames {
            for session in Self.cookies(name, in: visitor) {
                guard let secret = sessions.secret(of: session, isUse: !visitor.isRefresh) else { continue }
                return Credential(bearer: secret.text, session: session)
            }
        }
        return Credential()
    }

    /// What forms are tied to: the session of whoever is signed in, else the visitor's cookie.
    func session(of visitor: Visitor) -> String? {
        credential(of: visitor).session ?? Self.session(in: visitor)
    }

    static func bearer(in visitor: Visitor) -> String? {
        guard let header = visitor.authorization, header.lowercased().hasPrefix("bearer ") else { return nil }
        return String(header.dropFirst("bearer ".count))
    }

    /// What the browser's cookie says of a visitor who is not signed in.
    static func session(in visitor: Visitor) -> String? {
        cookies(cookieName, in: visitor).first { $0.utf8.count == 32 }
    }

    /// The values of the cookies of a name: other pages of the same host may have added some. A few are looked at.
    private static func cookies(_ name: String, in visitor: Visitor) -> [String] {
        let pairs = (visitor.cookies ?? "").split(separator: ";").compactMap { cookie -> String? in
            let parts = cookie.drop(while: { $0 == " " }).split(separator: "=", maxSplits: 1)
            return parts.count == 2 && parts[0] == name ? String(parts[1]) : nil
        }
        return Array(pairs.prefix(4))
    }

    /// The header that gives a visitor what forms are tied to.
    static func cookie(visitor session: String) -> String {
        "\(cookieName)=\(session); Path=/; HttpOnly; SameSite=Strict"
    }

    /// The headers that give a browser its session, or take it away: under TLS those of both names, of which a page without TLS
    /// can write but one.
    ///
    /// - Parameter session: `nil` for none.
    static func cookies(signedIn session: String?, isSecure: Bool) -> [String] {
        func header(_ name: String, _ value: String?) -> String {
            "\(name)=\(value ?? ""); Path=/; HttpOnly; SameSite=Strict\(value == nil ? "; Max-Age=0" : "")"
        }
        guard isSecure else { return [header(signedInNames[1], session)] }
        return [header(signedInNames[0], session) + "; Secure", header(signedInNames[1], nil)]
    }

    /// 128 random bits in hexadecimal.
    static func newSession() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let text = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }
}
