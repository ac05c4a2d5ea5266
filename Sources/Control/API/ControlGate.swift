package import Trust

/// Lets requests of the control plane in, or says why not: Host and Origin, the caller's role, and the form's token.
package struct ControlGate: Sendable {
    static let cookieName = "slipway_session"

    private let origin: RequestOrigin
    private let authenticator: any Authenticator
    let antiForgery = AntiForgeryKey()

    /// - Parameters:
    ///   - origin: which hosts and pages requests may name.
    ///   - authenticator: who bearers are.
    package init(origin: RequestOrigin, authenticator: any Authenticator) {
        self.origin = origin
        self.authenticator = authenticator
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
    }

    struct Refusal: Error {
        var status: Int
        var message: String
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
        guard let session = Self.session(in: visitor), let token = FormBody(body)["token"],
            antiForgery.isValid(token, forSession: session)
        else {
            throw Refusal(status: 403, message: "the form is not from a page of this server; open the page again")
        }
    }

    private func identity(of visitor: Visitor, for route: ControlRoute) throws(Refusal) -> Identity {
        guard route.role > .anonymous else { return .anonymous }
        let bearer = Self.bearer(in: visitor)
        guard let identity = authenticator.identity(forBearer: bearer) else {
            throw Refusal(status: 401, message: "the token is not valid")
        }
        guard identity.role >= route.role else {
            if bearer == nil { throw Refusal(status: 401, message: "a token is needed") }
            throw Refusal(
                status: 403, message: "'\(identity.name)' is \(identity.role.name); this needs \(route.role.name)")
        }
        return identity
    }

    static func bearer(in visitor: Visitor) -> String? {
        guard let header = visitor.authorization, header.lowercased().hasPrefix("bearer ") else { return nil }
        return String(header.dropFirst("bearer ".count))
    }

    /// The session that the browser's cookie names.
    static func session(in visitor: Visitor) -> String? {
        for cookie in (visitor.cookies ?? "").split(separator: ";") {
            let parts = cookie.drop(while: { $0 == " " }).split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == cookieName, parts[1].utf8.count == 32 { return String(parts[1]) }
        }
        return nil
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
