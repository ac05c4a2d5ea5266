import Testing
import Trust

@testable import Serve

/// Who may do what, and on whose behalf; rows 12 to 14 and 102 of the attack list.
@Suite struct Access {
    private static let tokens = ["viewer", "invoker", "deployer", "admin"].map { name in
        (name, TokenSecret.generate())
    }

    private static func authenticator() -> TokenAuthenticator {
        TokenAuthenticator(
            tokens.map { name, secret in
                TokenGrant(name: name, hash: secret.hash, role: Role(name: name) ?? .viewer)
            })
    }

    @Test func everyRouteAnswersExactlyTheRolesItDeclares() async throws {
        try await TestPlane.run([.of(.doubler())], authenticator: Self.authenticator()) { server in
            for route in Route.table {
                let target = route.pattern.replacing("{model}", with: "digits").replacing("{version}", with: "3")
                    .replacing("{label}", with: "stable")
                for credential in [nil] + Self.tokens {
                    let role = credential.flatMap { Role(name: $0.0) } ?? .anonymous
                    let headers = credential.map { ["Authorization: Bearer \($0.1.text)"] } ?? []
                    let body: [UInt8]? = route.method == .post ? Array(Self.body(of: route).utf8) : nil
                    let reply = try server.client().request(
                        route.method.rawValue, target, headers: headers, body: body)
                    let allowed = Self.answer(to: route)
                    let expected = role >= route.role ? allowed : credential == nil ? 401 : 403
                    #expect(reply.status == expected, "\(route.pattern) as \(role.name)")
                    #expect((reply.header("www-authenticate") != nil) == (expected == 401))
                }
            }
        }
    }

    /// What whoever may ask is answered.
    private static func answer(to route: Route) -> Int {
        switch route.action {
        // The model has no output that a regression could answer with.
        case .regress: 400
        // It keeps no answers that labels could be for.
        case .feedback: 409
        case .repositoryLoad, .repositoryUnload, .loggingChange, .multiModelLoad, .multiModelUnload: 501
        case .sharedStatus, .sharedRegister, .sharedUnregister, .cudaStatus, .cudaRegister, .cudaUnregister: 501
        default: 200
        }
    }

    /// A body that the doubling model answers.
    private static func body(of route: Route) -> String {
        switch route.action {
        case .predict: #"{"instances":[[1,2,3,4]]}"#
        case .classify, .regress: #"{"examples":[{"x":[1,2,3,4]}]}"#
        default: HTTPConformance.json
        }
    }

    @Test(arguments: [
        "Bearer wrong", "Bearer ", "Bearer", "Basic dXNlcjpwYXNz", "bearer slw_0000", "",
        "Bearer \(String(repeating: "x", count: 5000))",
    ])
    func tokensThatAreNoneAreRefused(_ value: String) async throws {
        try await TestPlane.run([.of(.doubler())], authenticator: Self.authenticator()) { server in
            let reply = try server.client().request("GET", "/v2", headers: ["Authorization: \(value)"])
            #expect(reply.status == 401 && reply.code == "unauthenticated")
            let live = try server.client().request("GET", "/v2/health/live", headers: ["Authorization: \(value)"])
            #expect(live.status == 200)
        }
    }

    @Test func theCredentialIsCheckedBeforeTheBodyIsRead() async throws {
        try await TestPlane.run([.of(.doubler())], authenticator: Self.authenticator()) { server in
            let client = try server.client()
            try client.send(HTTPConformance.infer + "Content-Length: 50000000\r\n\r\n")
            #expect(try client.reply()?.status == 401)
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func whoMayNotReadLearnsNoNames() async throws {
        try await TestPlane.run([.of(.doubler())], authenticator: Self.authenticator()) { server in
            for name in ["digits", "none"] {
                let reply = try server.client().request("GET", "/v2/models/\(name)")
                #expect(reply.status == 401)
            }
        }
    }

    @Test func healthAndMetricsAskForATokenWhenToldTo() async throws {
        let configure: (inout DataPlaneConfiguration) -> Void = {
            $0.anonymousHealth = false
            $0.anonymousMetrics = false
        }
        try await TestPlane.run(
            [.of(.doubler())], authenticator: Self.authenticator(), configure: configure
        ) { server in
            let viewer = ["Authorization: bearer \(Self.tokens[0].1.text)"]
            for path in ["/v2/health/live", "/v2/health/ready", "/v2/models/digits/ready", "/metrics", "/", "/ping"] {
                let refused = try server.client().request("GET", path)
                let answered = try server.client().request("GET", path, headers: viewer)
                #expect(refused.status == 401 && answered.status == 200)
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1", nil, 200), ("127.0.0.1:8080", nil, 200), ("localhost:1", nil, 200), ("[::1]:80", nil, 200),
        ("attacker.example", nil, 421), ("localhost.attacker.example", nil, 421), ("10.0.0.1", nil, 421),
        ("", nil, 421),
        ("localhost:8080", "http://localhost:8080", 200), ("localhost:8080", "http://localhost:9090", 403),
        ("localhost:8080", "https://attacker.example", 403), ("localhost:8080", "null", 403),
        ("localhost:8080", "file://", 403),
    ])
    func pagesOfOtherSitesReachNothingOnLoopback(_ host: String, _ origin: String?, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let body = HTTPConformance.json
            try client.send(
                "POST /v2/models/digits/infer HTTP/1.1\r\nHost: \(host)\r\n"
                    + (origin.map { "Origin: \($0)\r\n" } ?? "") + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let reply = try #require(try client.reply())
            #expect(reply.status == status, "\(reply.text)")
            #expect(reply.header("access-control-allow-origin") == nil)
        }
    }

    @Test func anAcceptedOriginDoesNotVouchForTheNext() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            #expect(try client.request("GET", "/v2").status == 200)
            #expect(try client.request("GET", "/v2", headers: ["Origin: null"]).status == 403)
            #expect(try client.request("GET", "/v2").status == 200)
        }
    }
}
