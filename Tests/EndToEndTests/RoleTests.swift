import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Every route of both planes, asked by everybody there is.
    @Suite
    struct RoleTests {
        /// In the order of what they may do.
        private static let roles = ["anonymous", "viewer", "invoker", "deployer", "admin"]

        struct Route: CustomTestStringConvertible, Sendable {
            enum Kind: Sendable { case data, api, form }

            var kind: Kind
            var method: String
            var path: String
            var role: String
            /// What the data plane answers whoever may ask.
            var answers = 200

            var testDescription: String { "\(method) \(path)" }

            static func data(_ method: String, _ path: String, _ role: String, answers: Int = 200) -> Route {
                Route(kind: .data, method: method, path: path, role: role, answers: answers)
            }

            static func api(_ method: String, _ path: String, _ role: String) -> Route {
                Route(kind: .api, method: method, path: path, role: role)
            }

            static func form(_ path: String, _ role: String, answers: Int = 200) -> Route {
                Route(kind: .form, method: "POST", path: path, role: role, answers: answers)
            }
        }

        /// What changes something names an endpoint that is not there.
        static let routes: [Route] = [
            .data("GET", "/", "anonymous"), .data("GET", "/openapi.json", "anonymous"),
            .data("GET", "/metrics", "anonymous"),
            .data("GET", "/v2/health/live", "anonymous"), .data("GET", "/v2/health/ready", "anonymous"),
            .data("GET", "/v2/models/digits/ready", "anonymous"),
            .data("GET", "/v2/models/digits/versions/1/ready", "anonymous"),
            .data("GET", "/v2", "viewer"), .data("GET", "/v2/models", "viewer"),
            .data("GET", "/v2/models/digits", "viewer"),
            .data("GET", "/v2/models/digits/versions/1", "viewer"), .data("POST", "/v2/models/digits/infer", "invoker"),
            .data("POST", "/v2/models/digits/versions/1/infer", "invoker"),
            .data("POST", "/v2/models/digits/feedback", "invoker", answers: 409),
            .data("GET", "/v1/models", "viewer"),
            .data("GET", "/v1/models/digits", "viewer"), .data("GET", "/v1/models/digits/metadata", "viewer"),
            .data("GET", "/v1/models/digits/versions/1", "viewer"),
            .data("GET", "/v1/models/digits/versions/1/metadata", "viewer"),
            .data("GET", "/v1/models/digits/labels/stable", "viewer"),
            .data("GET", "/v1/models/digits/labels/stable/metadata", "viewer"),
            .data("POST", "/v1/models/digits:predict", "invoker"),
            .data("POST", "/v1/models/digits/versions/1:predict", "invoker"),
            .data("POST", "/v1/models/digits/labels/stable:predict", "invoker"),
            .data("POST", "/v1/models/digits:classify", "invoker"),
            .data("POST", "/v1/models/digits/versions/1:classify", "invoker"),
            .data("POST", "/v1/models/digits/labels/stable:classify", "invoker"),
            .data("POST", "/v1/models/digits:regress", "invoker", answers: 400),
            .data("POST", "/v1/models/digits/versions/1:regress", "invoker", answers: 400),
            .data("POST", "/v1/models/digits/labels/stable:regress", "invoker", answers: 400),
            .data("GET", "/v2/models/stats", "viewer"),
            .data("GET", "/v2/models/digits/config", "viewer"), .data("GET", "/v2/models/digits/stats", "viewer"),
            .data("GET", "/v2/models/digits/versions/1/config", "viewer"),
            .data("GET", "/v2/models/digits/versions/1/stats", "viewer"),
            .data("POST", "/v2/repository/index", "viewer"),
            .data("POST", "/v2/repository/models/digits/load", "deployer", answers: 501),
            .data("POST", "/v2/repository/models/digits/unload", "deployer", answers: 501),
            .data("GET", "/v2/logging", "viewer"), .data("POST", "/v2/logging", "admin", answers: 501),
            .data("GET", "/ping", "anonymous"), .data("GET", "/execution-parameters", "anonymous"),
            .data("POST", "/invocations", "invoker"),
            .data("GET", "/v1/endpoints/1/deployedModels/2", "anonymous"),
            .data("POST", "/v1/endpoints/1/deployedModels/2:predict", "invoker"),
            .api("GET", "/metrics", "anonymous"), .api("GET", "/healthz", "anonymous"),
            .api("GET", "/console/style.css", "anonymous"), .api("GET", "/console/script.js", "anonymous"),
            .api("GET", "/console/icon.svg", "anonymous"),
            .api("GET", "/api/v1/status", "viewer"), .api("GET", "/api/v1/endpoints/digits/history", "viewer"),
            .api("GET", "/api/v1/endpoints/digits/rollout", "viewer"),
            .api("GET", "/api/v1/endpoints/digits/comparison", "viewer"),
            .api("POST", "/api/v1/endpoints/absent/rollout", "deployer"),
            .api("GET", "/api/v1/endpoints/digits/drift", "viewer"), .api("GET", "/api/v1/events", "viewer"),
            .api("GET", "/api/v1/alerts", "viewer"), .api("POST", "/api/v1/alerts/test", "deployer"),
            .api("GET", "/api/v1/models", "viewer"), .api("GET", "/api/v1/models/digits/versions", "viewer"),
            .api("GET", "/models/digits", "viewer"),
            .api("GET", "/", "viewer"), .api("GET", "/endpoints/digits", "viewer"), .api("GET", "/models", "viewer"),
            .api("GET", "/models/digits/1", "viewer"), .api("GET", "/models/digits/1/graph", "viewer"),
            .api("GET", "/models/digits/1/reports", "viewer"), .api("GET", "/endpoints/digits/rollout", "viewer"),
            .api("GET", "/endpoints/digits/drift", "viewer"), .api("GET", "/endpoints/digits/history", "viewer"),
            .api("GET", "/history", "viewer"), .api("GET", "/alerts", "viewer"),
            .api("GET", "/tokens", "admin"), .api("GET", "/doctor", "admin"),
            .api("POST", "/api/v1/endpoints/absent/reconcile", "deployer"),
            .api("POST", "/api/v1/endpoints/absent/deploy", "deployer"),
            .api("POST", "/api/v1/endpoints/absent/promote", "deployer"),
            .api("POST", "/api/v1/endpoints/absent/rollback", "deployer"),
            .api("POST", "/api/v1/endpoints/absent/undeploy", "deployer"),
            .form("/endpoints/absent/rollback", "deployer"), .form("/endpoints/absent/promote", "deployer"),
            .form("/endpoints/absent/rollout", "deployer"), .form("/endpoints/absent/try", "invoker"),
            .api("GET", "/sign-in", "anonymous"), .form("/sign-out", "anonymous", answers: 303),
            .form("/tokens/revoke", "admin"), .form("/tokens", "admin", answers: 400), .form("/doctor", "admin"),
        ]

        @Test
        func everyRouteAsksForItsRoleAndNoMore() async throws {
            let slipway = try await Slipway.withDigits()
            var tokens: [String: String] = [:]
            for role in Self.roles.dropFirst() {
                let made = try await slipway.json("token", "create", "\(role)-1", "--role", role)
                tokens[role] = made["token"]?.stringValue
            }
            let known = tokens
            try await slipway.serving(["serve", "--auth", "token"]) { server in
                let form = try await ConsoleForm(at: "/endpoints/digits", of: server, bearer: known["admin"])
                for route in Self.routes {
                    for caller in ["nobody", "forger"] + Self.roles.dropFirst() {
                        let bearer =
                            caller == "nobody" ? nil : known[caller] ?? "slw_\(String(repeating: "A", count: 43))"
                        let status = try await Self.status(of: route, bearer, server, form)
                        let expected = Self.expected(route, caller)
                        #expect(expected.contains(status), "\(route.testDescription) by \(caller): \(status)")
                    }
                }
            }
        }

        @Test
        func aRevokedTokenIsWorthlessAtOnce() async throws {
            let slipway = try await Slipway.withDigits()
            let made = try await slipway.json("token", "create", "short", "--role", "viewer")
            try await slipway.expect("token", "create", "other", "--role", "viewer")
            let token = made["token"]?.stringValue ?? ""
            try await slipway.serving(["serve", "--host", "0.0.0.0"]) { server in
                let client = try server.dataPlane()
                #expect(try await client.request("GET", "/v2", headers: [.bearer(token)]).status == 200)
                #expect(try await client.request("GET", "/v2").status == 401)
                // One that is good for a second is, and then is not, in words.
                let brief = try await slipway.json("token", "create", "brief", "--role", "viewer", "--expires", "1s")
                let spent = brief["token"]?.stringValue ?? ""
                try await wait(for: "the token to expire", atMost: .seconds(10)) {
                    let reply = try await client.request("GET", "/v2", headers: [.bearer(spent)])
                    return reply.status == 401 && reply.text.contains("the token 'brief' has expired")
                }
                try await slipway.expect("token", "revoke", "short")
                try await wait(for: "the token to be refused", atMost: .seconds(5)) {
                    try await client.request("GET", "/v2", headers: [.bearer(token)]).status == 401
                }
            }
            let listed = try await slipway("token", "list", "--json")
            #expect(!listed.output.contains(token) && listed.json?.arrayValue?.count == 2, "\(listed)")
            let brief = listed.json?.arrayValue?.first { $0["name"]?.stringValue == "brief" }
            #expect(brief?["expired"]?.boolValue == true, "\(listed)")
            #expect(try await slipway.expect("token", "list").output.contains("expired 20"))
        }

        private static func expected(_ route: Route, _ caller: String) -> ClosedRange<Int> {
            let allowed = route.answers...route.answers
            guard let needed = roles.firstIndex(of: route.role), needed > 0 else { return allowed }
            guard let has = roles.firstIndex(of: caller) else { return 401...401 }
            if has < needed { return 403...403 }
            // Let in: what is there answers, what is not there is not found, an empty wish is no good one.
            if route.method == "GET" || route.kind == .data { return allowed }
            if ["/tokens", "/doctor"].contains(route.path) { return allowed }
            let isEmptyWish = route.path.hasSuffix("/deploy") || route.kind == .api && route.path.hasSuffix("/rollout")
            return isEmptyWish ? 400...400 : 404...409
        }

        /// The sample, as the route's protocol writes it.
        private static func body(of route: Route) throws -> [UInt8] {
            let sample = try TextFile.bytes(Slipway.example("digits/sample.json"))
            guard let data = try JSONValue.parse(sample)["inputs"]?.arrayValue?.first?["data"] else { return sample }
            if route.path.hasSuffix(":predict") { return JSONValue.object([("instances", [data])]).encoded() }
            if route.path.hasSuffix("ify") || route.path.hasSuffix(":regress") {
                return JSONValue.object([("examples", [.object([("pixels", data)])])]).encoded()
            }
            return sample
        }

        /// A status that tells "let in" from 401 and 403.
        private static func status(
            of route: Route, _ bearer: String?, _ server: Slipway.Server, _ form: ConsoleForm
        ) async throws -> Int {
            let headers: [HTTPHeader] = bearer.map { [.bearer($0)] } ?? []
            switch route.kind {
            case .data:
                let body = route.method == "POST" ? try Self.body(of: route) : []
                return try await server.dataPlane().request(route.method, route.path, headers: headers, body: body)
                    .status
            case .api:
                let type = route.method == "POST" ? [HTTPHeader("content-type", "application/json")] : []
                return try await server.controlPlane().request(
                    route.method, route.path, headers: headers + type,
                    body: route.method == "POST" ? Array("{}".utf8) : []
                ).status
            case .form: return try await form.replacing(bearer: bearer).post(route.path).status
            }
        }
    }
}
