import Tensors
import Testing
import Trust

@testable import Serve

/// What each path answers; protocols.md 1.1 to 1.3.
@Suite struct Routes {
    @Test func everyRouteDeclaresItsRole() {
        let declared = Route.table.map { "\($0.method.rawValue) \($0.pattern) \($0.role.name)" }
        #expect(
            declared == [
                "GET / anonymous",
                "GET /openapi.json anonymous",
                "GET /metrics anonymous",
                "GET /v2 viewer",
                "GET /v2/health/live anonymous",
                "GET /v2/health/ready anonymous",
                "GET /v2/models viewer",
                "GET /v2/models/stats viewer",
                "GET /v2/models/{model} viewer",
                "GET /v2/models/{model}/ready anonymous",
                "POST /v2/models/{model}/infer invoker",
                "GET /v2/models/{model}/versions/{version} viewer",
                "GET /v2/models/{model}/versions/{version}/ready anonymous",
                "POST /v2/models/{model}/versions/{version}/infer invoker",
                "POST /v2/models/{model}/feedback invoker",
                "GET /v1/models viewer",
                "GET /v1/models/{model} viewer",
                "GET /v1/models/{model}/metadata viewer",
                "POST /v1/models/{model}:predict invoker",
                "POST /v1/models/{model}:classify invoker",
                "POST /v1/models/{model}:regress invoker",
                "GET /v1/models/{model}/versions/{version} viewer",
                "GET /v1/models/{model}/versions/{version}/metadata viewer",
                "POST /v1/models/{model}/versions/{version}:predict invoker",
                "POST /v1/models/{model}/versions/{version}:classify invoker",
                "POST /v1/models/{model}/versions/{version}:regress invoker",
                "GET /v1/models/{model}/labels/{label} viewer",
                "GET /v1/models/{model}/labels/{label}/metadata viewer",
                "POST /v1/models/{model}/labels/{label}:predict invoker",
                "POST /v1/models/{model}/labels/{label}:classify invoker",
                "POST /v1/models/{model}/labels/{label}:regress invoker",
                "GET /ping anonymous",
                "GET /execution-parameters anonymous",
                "POST /invocations invoker",
                "GET /v1/endpoints/{endpoint}/deployedModels/{deployment} anonymous",
                "POST /v1/endpoints/{endpoint}/deployedModels/{deployment}:predict invoker",
                "GET /models viewer",
                "POST /models deployer",
                "GET /models/{model} viewer",
                "DELETE /models/{model} deployer",
                "POST /models/{model}/invoke invoker",
                "GET /v2/models/{model}/config viewer",
                "GET /v2/models/{model}/stats viewer",
                "GET /v2/models/{model}/versions/{version}/config viewer",
                "GET /v2/models/{model}/versions/{version}/stats viewer",
                "POST /v2/repository/index viewer",
                "POST /v2/repository/models/{model}/load deployer",
                "POST /v2/repository/models/{model}/unload deployer",
                "GET /v2/logging viewer",
                "POST /v2/logging admin",
                "GET /v2/systemsharedmemory/status invoker",
                "GET /v2/systemsharedmemory/region/{region}/status invoker",
                "POST /v2/systemsharedmemory/region/{region}/register invoker",
                "POST /v2/systemsharedmemory/region/{region}/unregister invoker",
                "POST /v2/systemsharedmemory/unregister invoker",
                "GET /v2/cudasharedmemory/status invoker",
                "GET /v2/cudasharedmemory/region/{region}/status invoker",
                "POST /v2/cudasharedmemory/region/{region}/register invoker",
                "POST /v2/cudasharedmemory/region/{region}/unregister invoker",
                "POST /v2/cudasharedmemory/unregister invoker",
            ])
    }

    @Test func metadataFollowsTheProtocol() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            #expect(
                try client.request("GET", "/v2").text
                    == #"{"name":"slipway","version":"0.0.1","extensions":["binary_tensor_data","classification","model_configuration","sequence","sequence(string_id)","statistics"]}"#
            )
            #expect(try client.request("GET", "/v2/models").text == #"{"models":["digits"]}"#)
            let metadata =
                #"{"name":"digits","versions":["3"],"platform":"onnxruntime_onnx","#
                + #""inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"#
                + #""outputs":[{"name":"y","datatype":"FP32","shape":[-1,4]}]}"#
            for path in ["/v2/models/digits", "/v2/models/digits/versions/3", "/v2/models/d%69gits"] {
                let reply = try client.request("GET", path)
                #expect(reply.status == 200 && reply.text == metadata)
                #expect(reply.header("content-type") == "application/json")
            }
            let index = try client.request("GET", "/")
            #expect(index.status == 200 && index.text.contains("POST /v2/models/{model}/infer"))
        }
    }

    @Test(arguments: [
        ("/v2/health/live", #"{"live":true}"#), ("/v2/health/ready", #"{"ready":true,"live":true}"#),
        ("/v2/models/digits/ready", #"{"name":"digits","ready":true}"#),
        ("/v2/models/digits/versions/3/ready", #"{"name":"digits","ready":true}"#),
    ])
    func healthAnswers(_ path: String, _ body: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try server.client().request("GET", path)
            #expect(reply.status == 200 && reply.text == body)
        }
    }

    @Test func nothingReadyIsSaidSo() async throws {
        try await TestPlane.run([ServingEndpoint(unavailable: "digits")]) { server in
            let client = try server.client()
            let reply = try client.request("GET", "/v2/models/digits/ready")
            #expect(reply.status == 503 && reply.code == "model_not_ready" && reply.header("retry-after") == "1")
            #expect(try client.post("/v2/models/digits/infer", "{}").status == 503)
            server.plane.publish(.empty)
            #expect(!server.plane.isReady)
            let ready = try server.client().request("GET", "/v2/health/ready")
            #expect(ready.status == 503 && ready.text == #"{"ready":false,"live":true}"#)
        }
    }

    @Test(arguments: [
        ("GET", "/nothing", 404, "not_found"), ("GET", "/v2/", 404, "not_found"), ("GET", "//", 404, "not_found"),
        ("GET", "/v2//models", 404, "not_found"), ("GET", "/v2/models/", 404, "not_found"),
        ("GET", "/v2/models/none", 404, "unknown_model"), ("GET", "/v2/models/none/ready", 404, "unknown_model"),
        ("POST", "/v2/models/none/infer", 404, "unknown_model"),
        ("GET", "/v2/models/digits/versions/9", 404, "unknown_version"),
        ("GET", "/v2/models/digits/versions/latest", 404, "unknown_version"),
        ("GET", "/v2/models/digits/infer", 405, "method_not_allowed"),
        ("POST", "/v2", 405, "method_not_allowed"), ("PUT", "/v2/models/digits/infer", 405, "method_not_allowed"),
        ("DELETE", "/v2/models/digits", 405, "method_not_allowed"),
        ("TRACE", "/v2", 405, "method_not_allowed"), ("OPTIONS", "/v2", 405, "method_not_allowed"),
        ("GET", "/v2/models/..%2f..%2fetc", 400, "invalid_target"),
        ("GET", "/v2/models/%2e%2e%2fetc", 400, "invalid_target"), ("GET", "/v2/models/..", 400, "invalid_target"),
        ("GET", "/v2/models/%2e%2e", 400, "invalid_target"), ("GET", "/v2/models/.", 400, "invalid_target"),
        ("GET", "/v2/models/%252e%252e%252f", 404, "unknown_model"),
        ("GET", "/v2/models/..%5cx", 400, "invalid_target"), ("GET", "/v2/models/%c0%ae", 400, "invalid_target"),
        ("GET", "/v2/models/x%00y", 400, "invalid_target"), ("GET", "/v2/models/x%0d%0ay", 400, "invalid_target"),
        ("GET", "/v2/models/x%zz", 400, "invalid_target"), ("GET", "/v2/models/x%4", 400, "invalid_target"),
        ("GET", "/v2/models/digits;a=b", 404, "unknown_model"), ("GET", "/v2/models/a%2Fb", 400, "invalid_target"),
    ])
    func otherPathsAreRefused(_ method: String, _ path: String, _ status: Int, _ code: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try client.request(method, path, body: method == "POST" ? [] : nil)
            #expect(reply.status == status && reply.code == code, "\(reply.text)")
            #expect(reply.json?["request_id"]?.stringValue == reply.header("x-request-id"))
            #expect((reply.header("allow") != nil) == (status == 405))
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    /// Row 15 of the attack list: in every parameter of every route, decoded once and then no part of a path.
    @Test(arguments: [
        "%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "%252e%252e%252f", "..%5c", "%5c..", "%c0%ae", "%e0%80%ae", "x%00y",
        "x%0d%0aX:y", "..", ".", "%2e%2e", "%2f", "%", "%zz", "%4", "%u002e", ";a=b", "digits;a=b", "%20", "*", "~root",
        "%e2%80%aex", "%1b%5b2J", "-1", "99999999999999999999", "sha256:../../x",
    ])
    func traversalIsRefusedInEveryParameter(_ text: String) async throws {
        let values = [
            "{model}": "digits", "{version}": "3", "{label}": "stable", "{endpoint}": "1", "{deployment}": "1",
        ]
        try await TestPlane.run([.of(.doubler())]) { server in
            for route in Route.table {
                for parameter in values.keys where route.pattern.contains(parameter) {
                    var target = route.pattern.replacing(parameter, with: text)
                    for (name, value) in values { target = target.replacing(name, with: value) }
                    let body = route.method == .post ? Array(HTTPConformance.json.utf8) : nil
                    let client = try server.client()
                    let reply = try client.request(route.method.rawValue, target, body: body)
                    // Vertex AI's platform names its endpoints in the path, and the only model answers whatever they are;
                    // nothing is loaded, whatever it is called.
                    let isAnyName = ["{endpoint}", "{deployment}"].contains(parameter) && reply.status < 500
                    let isRefused = [400, 404].contains(reply.status) || reply.code == "not_offered"
                    #expect(isRefused || isAnyName, "\(target): \(reply.status) \(reply.text)")
                    #expect(!reply.text.contains("root:"), "\(target)")
                    #expect(
                        try client.request("GET", "/v2/health/live").status == 200, "\(target): the connection goes on")
                }
            }
        }
    }

    /// Row 16: methods that nobody serves, and words that are none.
    @Test(arguments: [
        "TRACE", "CONNECT", "PROPFIND", "PATCH", "M-SEARCH", "LOCK", "PURGE", "FOO", "get", "G@T", "GET,POST",
        String(repeating: "A", count: 10_000),
    ])
    func otherMethodsAreRefused(_ method: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            for target in ["/v2", "/v2/models/digits/infer", "localhost:443", "*"] {
                let client = try server.client()
                client.sendWhatIsTaken(Array("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                let reply = try client.reply()
                #expect(
                    reply.map { [400, 404, 405, 431, 414].contains($0.status) } ?? true,
                    "\(target): \(reply?.status ?? 0)")
            }
            #expect(try server.client().request("GET", "/v2").status == 200)
        }
    }

    @Test func headIsGetWithoutTheBody() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let (head, get) = (try client.request("HEAD", "/v2"), try client.request("GET", "/v2"))
            #expect(head.status == 200 && head.header("content-length") == String(get.body.count))
            #expect(head.body.isEmpty && !get.body.isEmpty)
        }
    }

    @Test func queriesAndAbsoluteTargetsAreUnderstood() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for target in ["/v2?x=/../y", "http://127.0.0.1:80/v2", "http://127.0.0.1/v2?x"] {
                #expect(try client.request("GET", target).status == 200, "\(target)")
            }
        }
    }

    @Test func requestIdentifiersAreEchoedWhenTheyAreSane() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            #expect(
                try client.request("GET", "/v2", headers: ["X-Request-Id: abc-1"]).header("x-request-id") == "abc-1")
            var seen: Set<String> = []
            for bad in ["a b", "<x>", String(repeating: "x", count: 129), "ü", "a\"b"] {
                let id = try client.request("GET", "/v2", headers: ["X-Request-Id: \(bad)"]).header("x-request-id")
                #expect(id?.count == 13)
                seen.insert(id ?? "")
            }
            #expect(seen.count == 5)
        }
    }
}
