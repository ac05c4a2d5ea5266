import Registry
import Testing
import Trust

@testable import Control

/// Every route of the control plane, asked for in every way.
@Suite struct ControlGateTests {
    private let bridge: Bridge
    private let secrets: [Role: TokenSecret]
    private static let session = String(repeating: "a", count: 32)

    init() throws {
        let secrets = Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0, TokenSecret.generate()) })
        self.secrets = secrets
        bridge = try Bridge(
            Harbour(),
            authenticator: TokenAuthenticator(
                secrets.map { TokenGrant(name: $0.key.name, hash: $0.value.hash, role: $0.key) }))
    }

    /// A request as a page of ours, or a program, makes it.
    private func visitor(
        _ route: ControlRoute, bearer: String?, host: String? = "127.0.0.1:8090",
        origin: String? = "http://127.0.0.1:8090",
        cookies: String? = "other=1; slipway_session=\(session)", type: String? = "application/json; charset=utf-8",
        isLocal: Bool = false
    ) -> ControlGate.Visitor {
        ControlGate.Visitor(
            host: host, origin: route.method == .get ? nil : origin, authorization: bearer.map { "Bearer \($0)" },
            cookies: cookies, contentType: route.kind == .form ? "application/x-www-form-urlencoded" : type,
            isLocal: isLocal)
    }

    private func body(_ route: ControlRoute, session: String = session) -> [UInt8] {
        guard route.kind == .form else { return Array("{}".utf8) }
        return Array("to=1&token=\(bridge.gate.antiForgery.token(forSession: session))".utf8)
    }

    /// The status of the refusal; 200 when there is none.
    private func status(_ visitor: ControlGate.Visitor, _ route: ControlRoute, _ body: [UInt8]) throws -> Int {
        do {
            _ = try bridge.gate.admit(visitor, to: route)
            try bridge.gate.check(body, of: visitor, for: route)
            return 200
        } catch let error as ControlGate.Refusal {
            #expect(!error.message.isEmpty)
            return error.status
        }
    }

    @Test func theTableIsTheOneThatWasDecided() {
        let table = bridge.routes.map { "\($0.method.rawValue) \($0.path) \($0.role.name) \($0.kind)" }
        #expect(
            table == [
                "GET /metrics anonymous reading", "GET /healthz anonymous reading", "GET /api/v1/status viewer reading",
                "GET /api/v1/events viewer reading",
                "GET /api/v1/endpoints/:endpoint/history viewer reading",
                "GET /api/v1/endpoints/:endpoint/drift viewer reading",
                "GET /api/v1/endpoints/:endpoint/comparison viewer reading",
                "POST /api/v1/endpoints/:endpoint/reconcile deployer api",
                "POST /api/v1/endpoints/:endpoint/deploy deployer api",
                "POST /api/v1/endpoints/:endpoint/promote deployer api",
                "POST /api/v1/endpoints/:endpoint/rollback deployer api",
                "POST /api/v1/endpoints/:endpoint/undeploy deployer api",
                "GET /api/v1/endpoints/:endpoint/rollout viewer reading",
                "POST /api/v1/endpoints/:endpoint/rollout deployer api",
                "GET /api/v1/alerts viewer reading", "POST /api/v1/alerts/test deployer api",
                "GET /api/v1/models viewer reading",
                "GET /api/v1/models/:model/versions viewer reading", "GET / viewer reading",
                "GET /endpoints/:endpoint viewer reading",
                "GET /endpoints/:endpoint/rollout viewer reading", "GET /endpoints/:endpoint/drift viewer reading",
                "GET /endpoints/:endpoint/history viewer reading",
                "POST /endpoints/:endpoint/rollback deployer form", "POST /endpoints/:endpoint/promote deployer form",
                "POST /endpoints/:endpoint/rollout deployer form", "POST /endpoints/:endpoint/try invoker form",
                "GET /models viewer reading", "GET /models/:model viewer reading",
                "GET /models/:model/:number viewer reading", "GET /models/:model/:number/graph viewer reading",
                "GET /models/:model/:number/reports viewer reading",
                "GET /models/:model/:number/reports/optimisation viewer reading", "GET /history viewer reading",
                "GET /alerts viewer reading",
                "GET /doctor admin reading", "POST /doctor admin form",
                "GET /console/events viewer reading", "GET /console/style.css anonymous reading",
                "GET /console/script.js anonymous reading", "GET /console/icon.svg anonymous reading",
                "GET /tokens admin reading", "POST /tokens admin form", "POST /tokens/revoke admin form",
                "GET /sign-in anonymous reading", "POST /sign-in anonymous form", "POST /sign-out anonymous form",
            ])
        #expect(Set(bridge.routes.map { "\($0.method) \($0.path)" }).count == bridge.routes.count)
        for route in bridge.routes { #expect((route.method == .get) == (route.kind == .reading), "\(route.path)") }
    }

    @Test(arguments: Role.allCases) func aRoleOpensWhatItIncludes(role: Role) throws {
        for route in bridge.routes {
            let found = try status(visitor(route, bearer: secrets[role]?.text), route, body(route))
            #expect(found == (role >= route.role ? 200 : 403), "\(route.path)")
        }
    }

    @Test func withoutATokenOnlyAnonymousRoutesAnswer() throws {
        for route in bridge.routes {
            let found = try status(visitor(route, bearer: nil), route, body(route))
            #expect(found == (route.role == .anonymous ? 200 : 401), "\(route.path)")
        }
    }

    @Test(arguments: ["", "slw_", "wrong", String(repeating: "x", count: 100_000)]) func aTokenThatIsNoneIsRefused(
        token: String
    ) throws {
        for route in bridge.routes where route.role > .anonymous {
            #expect(try status(visitor(route, bearer: token), route, body(route)) == 401, "\(route.path)")
        }
    }

    @Test(
        arguments: [nil, "", "evil.example", "evil.example:8090", "127.0.0.1.evil.example", "127.0.0.1:port", "[::1"]
            as [String?])
    func aForeignHostIsRefusedWhoeverAsks(host: String?) throws {
        for route in bridge.routes {
            let found = try status(
                visitor(route, bearer: secrets[.admin]?.text, host: host, origin: nil), route, body(route))
            #expect(found == 421, "\(route.path)")
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost:8090", "[::1]:8090", "ships.example", "SHIPS.example:8090"])
    func hostsOfOursAreKnown(host: String) throws {
        for route in bridge.routes {
            let found = try status(
                visitor(route, bearer: secrets[.admin]?.text, host: host, origin: nil), route, body(route))
            #expect(found == 200, "\(route.path)")
        }
    }

    @Test(arguments: [
        "null", "", "http://evil.example", "http://127.0.0.1:9999", "file://127.0.0.1:8090",
        "https://127.0.0.1:8090.evil.example",
    ]) func aForeignPageChangesNothing(origin: String) throws {
        for route in bridge.routes where route.method == .post {
            let found = try status(
                visitor(route, bearer: secrets[.admin]?.text, origin: origin), route, body(route))
            #expect(found == 421, "\(route.path)")
        }
    }

    @Test func aFormNeedsThePagesToken() throws {
        let admin = secrets[.admin]?.text
        let other = String(repeating: "b", count: 32)
        for route in bridge.routes where route.kind == .form {
            #expect(try status(visitor(route, bearer: admin), route, []) == 403)
            #expect(try status(visitor(route, bearer: admin), route, Array("token=".utf8)) == 403)
            #expect(try status(visitor(route, bearer: admin), route, body(route, session: other)) == 403)
            #expect(try status(visitor(route, bearer: admin, cookies: nil), route, body(route)) == 403)
            #expect(try status(visitor(route, bearer: admin, cookies: "slipway_session="), route, body(route)) == 403)
            #expect(
                try status(visitor(route, bearer: admin, cookies: "slipway_session=\(other)"), route, body(route))
                    == 403)
        }
    }

    @Test func aTokenInAnAddressIsRefused() throws {
        for route in bridge.routes {
            var visitor = visitor(route, bearer: secrets[.admin]?.text)
            visitor.target = "\(route.path)?access_token=\(TokenSecret.generate().text)&x=1"
            #expect(try status(visitor, route, body(route)) == 400, "\(route.path)")
            visitor.target = "\(route.path)?find=slw_short"
            #expect(try status(visitor, route, body(route)) == 200, "\(route.path)")
        }
    }

    @Test(arguments: [nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] as [String?])
    func aProgramSaysThatItSendsJSON(type: String?) throws {
        for route in bridge.routes where route.kind == .api {
            let found = try status(visitor(route, bearer: secrets[.admin]?.text, type: type), route, body(route))
            #expect(found == 415, "\(route.path)")
        }
    }

    @Test func theLocalSocketIsAnAdministrators() throws {
        for route in bridge.routes {
            let visitor = visitor(route, bearer: nil, host: "evil.example", cookies: nil, isLocal: true)
            #expect(try bridge.gate.admit(visitor, to: route) == .local)
            try bridge.gate.check([], of: visitor, for: route)
        }
    }

    @Test func sessionsAreRandomAndWellFormed() {
        let sessions = (0..<100).map { _ in ControlGate.newSession() }
        #expect(Set(sessions).count == 100)
        #expect(sessions.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test(
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc", " abc"), ("Basic abc", nil), ("Bearer", nil),
            ("", nil),
        ] as [(String, String?)]) func bearersAreReadFromTheirHeader(header: String, bearer: String?)
    {
        let visitor = ControlGate.Visitor(authorization: header, isLocal: false)
        #expect(ControlGate.bearer(in: visitor) == bearer)
    }
}
