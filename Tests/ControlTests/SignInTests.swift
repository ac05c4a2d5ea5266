import Client
import Home
import Registry
import Release
import Synchronization
import Tensors
import TestSupport
import Testing
import Trust

@testable import Control

/// Browsers that sign in, over real sockets, and those who would like to be taken for them.
@Suite(.timeLimit(.minutes(1))) struct SignInTests {
    private let harbour: Harbour
    private let tokens = TokenAuthenticator()
    private let secrets = ["viewer": TokenSecret.generate(), "deployer": .generate(), "admin": .generate()]

    init() async throws {
        harbour = try Harbour()
        try harbour.version("runs one")
        try harbour.version("runs two")
        try await deploy(#"{"version": "digits:1"}"#)
        for (name, secret) in secrets {
            _ = try harbour.registry.database.write {
                try $0.insertToken(name: name, hash: secret.hash.description, role: name, expiresAt: nil)
            }
        }
        try reload()
    }

    private func deploy(_ wish: String) async throws {
        let reply = try await Bridge(harbour).call(
            .post, "/api/v1/endpoints/:endpoint/deploy", parameters: ["endpoint": "digits"], body: wish)
        #expect(reply.status == 200, "\(reply.text)")
    }

    private func reload() throws { try tokens.reload { try harbour.registry.database.grants() } }

    private func secret(_ name: String) throws -> String { try #require(secrets[name]).text }

    /// Runs a listener with tokens asked for.
    private func serving(
        attempts: AttemptLimiter = AttemptLimiter(),
        _ body: @escaping @Sendable (Browser) async throws -> Void
    ) async throws {
        let bridge = try Bridge(harbour, authenticator: tokens, attempts: attempts)
        try await bridge.serving { client, port in try await body(Browser(client: client, host: "127.0.0.1:\(port)")) }
    }

    /// A browser: the cookies that it was given, the form on the page that it looks at.
    struct Browser {
        let client: HTTPClient
        let host: String
        var cookies: [String: String] = [:]
        var token = ""
        var page = ""
        var status = 0

        mutating func open(_ path: String) async throws {
            take(
                try await client.request(
                    "GET", path, headers: [HTTPHeader("accept", "text/html"), HTTPHeader("cookie", cookieHeader)]))
        }

        /// - Parameter origin: what the browser says of the page that the form is on.
        mutating func post(_ path: String, _ fields: String, origin: String? = nil) async throws -> HTTPReply {
            let reply = try await client.request(
                "POST", path,
                headers: [
                    HTTPHeader("accept", "text/html"), HTTPHeader("cookie", cookieHeader),
                    HTTPHeader("origin", origin ?? "http://\(host)"),
                    HTTPHeader("content-type", "application/x-www-form-urlencoded"),
                ], body: Array("token=\(token)&\(fields)".utf8))
            take(reply)
            return reply
        }

        /// Pastes a token.
        mutating func signIn(_ secret: String, to: String = "/", origin: String? = nil) async throws -> HTTPReply {
            try await open("/sign-in")
            return try await post("/sign-in", "secret=\(secret)&to=\(to)", origin: origin)
        }

        private var cookieHeader: String { cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }

        private mutating func take(_ reply: HTTPReply) {
            (page, status) = (reply.text, reply.status)
            token = page.firstMatch(of: /name="token" value="([^"]+)"/).map { String($0.1) } ?? token
            for header in reply.headers where header.name.lowercased() == "set-cookie" {
                let pair = header.value.prefix { $0 != ";" }.split(separator: "=", omittingEmptySubsequences: false)
                cookies[String(pair[0])] = pair.count > 1 && !pair[1].isEmpty ? String(pair[1]) : nil
            }
        }
    }

    private static let signedIn = "slipway_signed_in"

    @Test func aTokenOpensASessionAndItIsClosedAgain() async throws {
        let viewer = try secret("viewer")
        try await serving { browser in
            var browser = browser
            try await browser.open("/endpoints/digits?x=1")
            #expect(browser.status == 401 && browser.page.contains("<h1>Sign in</h1>"))
            #expect(browser.page.contains("value=\"/endpoints/digits?x=1\""), "where to go afterwards")
            let reply = try await browser.signIn(viewer, to: "/endpoints/digits?x=1")
            #expect(reply.status == 303 && reply.header("location") == "/endpoints/digits?x=1")
            let cookie = reply.headers.map(\.value).first { $0.hasPrefix("\(Self.signedIn)=") && !$0.contains("=;") }
            #expect(cookie?.hasSuffix("; Path=/; HttpOnly; SameSite=Strict") == true)
            #expect(!reply.headers.contains { $0.value.contains(viewer) }, "the token itself is in no cookie")
            try await browser.open("/endpoints/digits")
            #expect(browser.status == 200 && browser.page.contains("<b>viewer</b>") && !browser.page.contains(viewer))
            let old = browser.cookies
            #expect(try await browser.post("/sign-out", "").header("location") == "/sign-in")
            #expect(browser.cookies[Self.signedIn] == nil)
            browser.cookies = old
            try await browser.open("/")
            #expect(browser.status == 401, "a session that was closed is worth nothing to whoever kept its cookie")
        }
        let kinds = harbour.registry.database.events.newest(10).map(\.type)
        #expect(kinds.contains { $0.hasSuffix("session.opened") } && kinds.contains { $0.hasSuffix("session.closed") })
    }

    @Test func underTLSTheCookieIsForTLSAlone() async throws {
        let viewer = try secret("viewer")
        try await serving { browser in
            var browser = browser
            let reply = try await browser.signIn(viewer, origin: "https://\(browser.host)")
            let cookie = reply.headers.map(\.value).first { $0.hasPrefix("__Host-") && !$0.contains("=;") }
            #expect(cookie?.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Secure") == true)
            try await browser.open("/")
            #expect(browser.status == 200)
        }
    }

    @Test func aSessionThatWasPlantedIsNotTheOneThatIsOpened() async throws {
        let viewer = try secret("viewer")
        try await serving { browser in
            var browser = browser
            let planted = String(repeating: "p", count: 43)
            browser.cookies = [Self.signedIn: planted, "slipway_session": String(repeating: "q", count: 32)]
            #expect(try await browser.signIn(viewer).status == 303)
            let first = browser.cookies[Self.signedIn]
            #expect(first != nil && first != planted)
            // Whoever signs in once more gets another session, and the first one is over.
            var thief = browser
            #expect(try await browser.signIn(viewer).status == 303)
            #expect(browser.cookies[Self.signedIn] != first)
            try await thief.open("/")
            #expect(thief.status == 401)
        }
    }

    @Test func cookiesThatWereNotGivenLetNobodyIn() async throws {
        let viewer = try secret("viewer")
        try await serving { browser in
            var known = browser
            _ = try await known.signIn(viewer)
            let session = known.cookies[Self.signedIn] ?? ""
            let forged = [
                "", "x", String(repeating: "A", count: 43), String(session.dropLast()), session + "A", session + "=",
                String(session.reversed()), viewer, String(session.dropLast()) + (session.hasSuffix("A") ? "E" : "A"),
                String(repeating: "A", count: 5000), session.lowercased(),
            ]
            for cookie in forged {
                var other = browser
                other.cookies = [Self.signedIn: cookie]
                try await other.open("/")
                #expect(other.status == 401, "\(cookie)")
            }
            // The visitor's cookie, which everybody is given, is no session.
            var visitor = browser
            visitor.cookies = ["slipway_session": session]
            try await visitor.open("/")
            #expect(visitor.status == 401)
            // One that somebody else has put beside it does no harm.
            #expect(
                try await browser.client.request(
                    "GET", "/", headers: [HTTPHeader("cookie", "\(Self.signedIn)=x; \(Self.signedIn)=\(session)")]
                ).status == 200)
        }
    }

    @Test func formsOfOtherPagesAreRefused() async throws {
        let deployer = try secret("deployer")
        try await serving { browser in
            var browser = browser
            // Signing a victim in as somebody else.
            try await browser.open("/sign-in")
            let strange = ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1.evil.example"]
            for origin in strange {
                #expect(
                    try await browser.post("/sign-in", "secret=\(deployer)", origin: origin).status == 421, "\(origin)")
            }
            let token = browser.token
            browser.token = ""
            #expect(try await browser.post("/sign-in", "secret=\(deployer)").status == 403)
            browser.token = token
            // What the visitor's form carried is worth nothing once somebody is signed in, nor is another session's.
            #expect(try await browser.signIn(deployer).status == 303)
            var other = browser
            other.cookies = [:]
            _ = try await other.signIn(deployer)
            try await other.open("/endpoints/digits")
            for token in [token, other.token, "", String(repeating: "A", count: 43)] {
                browser.token = token
                #expect(try await browser.post("/endpoints/digits/rollback", "").status == 403)
            }
            try await browser.open("/endpoints/digits")
            for origin in strange {
                #expect(try await browser.post("/endpoints/digits/rollback", "", origin: origin).status == 421)
            }
            try await browser.open("/endpoints/digits")
            let status = try await browser.post("/endpoints/digits/rollback", "").status
            #expect(![401, 403, 421].contains(status), "its own page's is let in: \(status)")
        }
    }

    @Test func guessingIsSlow() async throws {
        let clock = ContinuousClock.now
        let viewer = try secret("viewer")
        try await serving(attempts: AttemptLimiter(burst: 3, now: { clock })) { browser in
            var browser = browser
            for guess in ["", "slw_", TokenSecret.generate().text] {
                #expect(try await browser.signIn(guess).status == 401)
                #expect(browser.page.contains("no token of this server"))
            }
            let reply = try await browser.signIn(viewer)
            #expect(reply.status == 429 && reply.header("retry-after") == "7", "the right one as well")
            #expect(browser.cookies[Self.signedIn] == nil)
        }
    }

    @Test func whoeverIsRevokedIsOutAtOnce() async throws {
        let (viewer, admin) = (try secret("viewer"), try secret("admin"))
        try await serving { browser in
            var (person, keeper) = (browser, browser)
            _ = try await person.signIn(viewer)
            _ = try await keeper.signIn(admin)
            try await person.open("/models")
            #expect(person.status == 200)
            try await keeper.open("/tokens")
            #expect(try await keeper.post("/tokens/revoke", "action=viewer").header("location") == "/tokens")
            try await person.open("/models")
            #expect(person.status == 401 && person.page.contains("<h1>Sign in</h1>"))
            #expect(try await person.signIn(viewer).status == 401)
            // Its own token as well.
            try await keeper.open("/tokens")
            _ = try await keeper.post("/tokens/revoke", "action=admin")
            try await keeper.open("/tokens")
            #expect(keeper.status == 401)
        }
    }

    @Test func aRoleThatChangesDoesSoForWhoeverIsSignedIn() async throws {
        let deployer = try secret("deployer")
        let hash = try #require(secrets["deployer"]).hash
        try await serving { browser in
            var browser = browser
            _ = try await browser.signIn(deployer)
            try await browser.open("/endpoints/digits")
            #expect(browser.page.contains("action=\"/endpoints/digits/try\""))
            tokens.replaceAll(with: [TokenGrant(name: "deployer", hash: hash, role: .viewer)])
            #expect(try await browser.post("/endpoints/digits/rollback", "").status == 403)
            #expect(browser.page.contains("this needs deployer"), "in words, on a page")
            try await browser.open("/endpoints/digits")
            #expect(
                browser.status == 200 && !browser.page.contains("action=\"/endpoints/digits/try\""),
                "no form that it may not use")
            tokens.replaceAll(with: [TokenGrant(name: "deployer", hash: hash, role: .admin)])
            try await browser.open("/tokens")
            #expect(browser.status == 200)
            tokens.replaceAll(with: [TokenGrant(name: "deployer", hash: hash, role: .admin, expiresAt: 1)])
            try await browser.open("/tokens")
            #expect(browser.status == 401)
        }
    }

    @Test func pagesShowWhatTheirReaderMayDo() async throws {
        let (viewer, deployer, admin) = (try secret("viewer"), try secret("deployer"), try secret("admin"))
        try await deploy(#"{"version": "digits:2", "canary": "10%"}"#)
        try await serving { browser in
            for (secret, mayDeploy, mayAdminister) in [
                (viewer, false, false), (deployer, true, false), (admin, true, true),
            ] {
                var browser = browser
                _ = try await browser.signIn(secret)
                for path in ["/", "/endpoints/digits"] {
                    try await browser.open(path)
                    #expect(browser.page.contains("Promote digits:2") == mayDeploy, "\(path)")
                    #expect(browser.page.contains("href=\"/tokens\"") == mayAdminister, "\(path)")
                    #expect(browser.page.contains("href=\"/doctor\"") == mayAdminister, "\(path)")
                }
                #expect(browser.page.contains("action=\"/endpoints/digits/try\"") == mayDeploy)
                try await browser.open("/tokens")
                #expect(browser.status == (mayAdminister ? 200 : 403))
            }
        }
    }

    @Test func strangersAreAskedWhoTheyAreWhereverTheyGo() async throws {
        let viewer = try secret("viewer")
        try await serving { browser in
            var browser = browser
            try await browser.open("/nothing")
            #expect(browser.status == 401 && browser.page.contains("Sign in"))
            for (bearer, status) in [(nil, 401), ("Bearer \(viewer)", 404)] {
                let headers = bearer.map { [HTTPHeader("authorization", $0)] } ?? []
                #expect(try await browser.client.request("GET", "/api/v1/nothing", headers: headers).status == status)
            }
        }
    }

    @Test func streamsEndWithTheSession() async throws {
        let viewer = try secret("viewer")
        let hash = try #require(secrets["viewer"]).hash
        // The token goes while the stream is open.
        let words = Words { [tokens] in
            tokens.replaceAll(with: [TokenGrant(name: "viewer", hash: hash, role: .viewer, expiresAt: 1)])
        }
        let route = ControlRoute(.get, ConsoleRoutes.eventsPath, role: .viewer) { _ in
            .events(AsyncStream<String>(unfolding: { words.next() }))
        }
        let gate = ControlGate(origin: RequestOrigin(bound: "127.0.0.1"), authenticator: tokens)
        let secret = try #require(TokenSecret(viewer))
        let session = gate.sessions.open(for: secret)
        let server = ControlServer(routes: [route], gate: gate, logger: Harbour.logger)
        let told = try await Bridge.serving(server, at: .tcp(host: "127.0.0.1", port: 0)) { client, _ in
            try await client.request(
                "GET", ConsoleRoutes.eventsPath, headers: [HTTPHeader("cookie", "\(Self.signedIn)=\(session)")])
        }
        #expect(told.status == 200 && told.text == "one")
    }

    /// Two words; between them something happens.
    private final class Words: Sendable {
        private let said = Mutex(0)
        private let between: @Sendable () -> Void

        init(_ between: @escaping @Sendable () -> Void) { self.between = between }

        func next() -> String? {
            let number = said.withLock { said in
                said += 1
                return said
            }
            if number == 2 { between() }
            return number == 1 ? "one" : number == 2 ? "two" : nil
        }
    }

    @Test(
        arguments: [
            (nil, "/"), ("", "/"), ("/", "/"), ("/models/digits/1?from=2&to=3", "/models/digits/1?from=2&to=3"),
            ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"), ("evil", "/"),
            ("/a\r\nset-cookie: x", "/"), ("/<script>", "/"), ("/\u{0}", "/"), ("/sign-out", "/"),
            ("/" + String(repeating: "a", count: 500), "/"), ("/%0d%0a", "/%0d%0a"), ("/é", "/"),
        ] as [(String?, String)])
    func afterSigningInOneIsOnThisServer(wanted: String?, place: String) {
        #expect(ConsoleRoutes.place(wanted) == place)
    }

    // MARK: - Tokens

    @Test func aTokenIsMadeShownOnceAndRevoked() async throws {
        let admin = try secret("admin")
        try await serving { browser in
            var browser = browser
            _ = try await browser.signIn(admin)
            try await browser.open("/tokens")
            #expect(try await browser.post("/tokens", "name=ci+robot&role=viewer&days=7").status == 200)
            let made = try #require(browser.page.firstMatch(of: /slw_[A-Za-z0-9_-]{43}/)).output
            #expect(tokens.identity(forBearer: String(made)) == Identity(name: "ci robot", role: .viewer))
            #expect(try await browser.post("/tokens", "name=ci+robot&role=viewer&days=7").status == 409)
            try await browser.open("/tokens")
            #expect(browser.page.contains("ci robot") && !browser.page.contains(String(made)))
            #expect(try await browser.post("/tokens/revoke", "action=ci+robot").status == 303)
            #expect(tokens.identity(forBearer: String(made)) == nil)
            #expect(try await browser.post("/tokens/revoke", "action=ci+robot").status == 404)
            for fields in [
                "", "name=&role=viewer&days=7", "name=x&role=anonymous&days=7", "name=x&role=king&days=7",
                "name=x&role=viewer", "name=x&role=viewer&days=-1", "name=x&role=viewer&days=99999999999999999999",
                "name=\(String(repeating: "x", count: 65))&role=viewer&days=7", "name=%E2%80%AEx&role=viewer&days=1",
            ] {
                #expect(try await browser.post("/tokens", fields).status == 400, "\(fields)")
            }
        }
        let rows = try harbour.registry.database.read { try $0.tokens(includingRevoked: true) }
        let row = try #require(rows.first { $0.name == "ci robot" })
        let life = try #require(row.expiresAt).milliseconds - row.createdAt.milliseconds
        #expect(abs(life - 7 * 86_400_000) < 60_000)
        let told = harbour.registry.database.events.newest(30).filter { $0.subject == "tokens/ci robot" }
        #expect(told.allSatisfy { $0.data["by"] == "admin" } && told.count == 2, "\(told)")
    }
}
