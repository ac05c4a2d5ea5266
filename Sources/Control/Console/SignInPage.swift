import Home
import Registry
import Tensors
import Trust

/// Where a browser gets a session for a token, and gives it back.
extension Views {
    struct SignInPage {
        var lead: String
        var problem: String?
        /// Where to go afterwards.
        var to: String
        /// Whether somebody wanted to go there, and may already be let in: a link from elsewhere comes without the session.
        var isOnTheWay: Bool
        var token: String
    }
}

extension Templates {
    static let sign = """
        {{<layout}}{{$content}}
        <section class="card sign">
        <h1>Sign in</h1>
        <p class="lead">{{lead}}</p>
        {{#problem}}<p class="note bad" id="problem" role="alert">{{problem}}</p>{{/problem}}
        <form method="post" action="/sign-in">
        <input type="hidden" name="token" value="{{token}}"><input type="hidden" name="to" value="{{to}}">
        <label for="secret">Token</label>
        <input id="secret" name="secret" type="password" required autocomplete="current-password" autocapitalize="none" spellcheck="false" aria-describedby="hint{{#problem}} problem{{/problem}}">
        <p class="hint" id="hint">It begins with slw_. Whoever keeps this server makes one with <code>slipway token create NAME --role ROLE</code>.</p>
        <button type="submit">Sign in</button>
        </form>
        {{#isOnTheWay}}<p class="hint">Signed in already, and came by a link? <a href="{{to}}">Open the page</a></p>{{/isOnTheWay}}
        </section>
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func signInPage(_ request: ControlRequest) -> ControlReply {
        guard gate.asksForTokens else { return .redirect(to: "/") }
        return sign(request, to: "/", status: 200)
    }

    /// Opens a session for the token that was pasted.
    func signIn(_ request: ControlRequest) async throws -> ControlReply {
        let form = FormBody(request.body)
        let to = Self.place(form["to"])
        guard gate.asksForTokens else { return .redirect(to: to) }
        if let wait = gate.attempts.attempt(from: request.source) {
            let seconds = max(1, Int(wait.components.seconds) + 1)
            var reply = sign(
                request, to: to, status: 429, problem: "Too many were no token. Try again in \(seconds) s.")
            reply.retryAfter = seconds
            return reply
        }
        let text = form["secret"].map { $0.split(whereSeparator: \.isWhitespace).joined() } ?? ""
        guard let secret = TokenSecret(text), let identity = gate.identity(of: secret) else {
            let words = TokenSecret(text).map(gate.refusal) ?? ""
            return sign(
                request, to: to, status: 401,
                problem: words.contains("expired")
                    ? Self.sentence(words) : "That is no token of this server, or it is not valid any more.")
        }
        gate.attempts.succeeded(from: request.source)
        guard identity.role >= .viewer else {
            return sign(
                request, to: to, status: 403, problem: "'\(identity.name)' may see nothing here: it needs to be viewer."
            )
        }
        // Whatever the browser had before is worth nothing afterwards.
        if let old = request.signedIn { gate.sessions.close(old) }
        let session = gate.sessions.open(for: secret)
        tell("session.opened", identity)
        var reply = ControlReply.redirect(to: to)
        reply.cookies = ControlGate.cookies(signedIn: session, isSecure: request.isSecure)
        return reply
    }

    func signOut(_ request: ControlRequest) -> ControlReply {
        if let session = request.signedIn {
            if let secret = request.bearer.flatMap({ TokenSecret($0) }), let identity = gate.identity(of: secret) {
                tell("session.closed", identity)
            }
            gate.sessions.close(session)
        }
        var reply = ControlReply.redirect(to: "/sign-in")
        reply.cookies = ControlGate.cookies(signedIn: nil, isSecure: request.isSecure)
        return reply
    }

    /// A refusal, for people: the way in where nobody is signed in, else what is missing.
    func refused(_ refusal: ControlGate.Refusal, _ request: ControlRequest) -> ControlReply {
        if refusal.status == 401 {
            return sign(
                request, to: Self.place(request.target), status: 401,
                problem: refusal.isOfToken ? Self.sentence(refusal.message) : nil, isOnTheWay: request.body.isEmpty)
        }
        let heading = refusal.status == 403 && refusal.identity != nil ? "Not with this token" : "Refused"
        return .page(
            pages.message(frame(heading, request), heading: heading, text: refusal.message), status: refusal.status)
    }

    private static func sentence(_ words: String) -> String { words.prefix(1).uppercased() + words.dropFirst() + "." }

    private func sign(
        _ request: ControlRequest, to: String, status: Int, problem: String? = nil, isOnTheWay: Bool = false
    ) -> ControlReply {
        var frame = frame("Sign in", request)
        frame.isClosed = true
        let view = Views.SignInPage(
            lead: "This server asks who you are.", problem: problem, to: to, isOnTheWay: isOnTheWay && to != "/",
            token: token(request))
        return .page(pages.page("sign", frame, view), status: status)
    }

    private func tell(_ kind: String, _ identity: Identity) {
        overview.deployments.registry.database.events.append([
            HomeEvent(kind, "tokens/\(identity.name)", at: .now(), [("role", .string(identity.role.name))])
        ])
    }

    /// A page of this server, whatever was asked for: a path of plain characters, which no browser takes for another host.
    static func place(_ text: String?) -> String {
        let others = Set("/?=&%.,:@+~_-".utf8)
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.hasPrefix("/sign-"), text.utf8.count <= 500,
            text.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || others.contains(byte)
            })
        else { return "/" }
        return text
    }
}
