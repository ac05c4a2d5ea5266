import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct SafetyTests {
        private static let anyPorts = ["--port", "0", "--control-port", "0"]

        // MARK: - Addresses

        @Test
        func anAddressThatOthersReachNeedsTokens() async throws {
            let slipway = try await Slipway.withDigits()
            for option in ["--host", "--control-host"] {
                let refused = try await slipway.run(["serve", option, "0.0.0.0"] + Self.anyPorts, within: 20)
                #expect(refused.exitCode == 4, "\(refused)")
                #expect(refused.talk.contains("error[SW5001]") && refused.talk.contains("token"), "\(refused)")
            }
        }

        @Test
        func withoutAuthenticationTheServerWarnsAndServes() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let ended = try await slipway.serving(["serve", "--host", "0.0.0.0", "--auth", "none"]) { server in
                let reply = try await InferenceClient(try server.dataPlane()).infer(digits.request(0))
                #expect(reply.modelVersion == "1")
                let ready = try JSONValue.parse(Array(server.running.line.utf8))
                let warnings = ready["warnings"]?.arrayValue?.compactMap(\.stringValue) ?? []
                #expect(warnings.count == 1 && warnings[0].contains("--auth none"), "\(warnings)")
            }
            #expect(ended.talk.contains("authentication is off"))
        }

        @Test
        func aSecondServerOfAHomeIsTurnedAwayByName() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let second = try await slipway.run(["serve"] + Self.anyPorts, within: 20)
                #expect(second.exitCode == 75, "\(second)")
                #expect(second.talk.contains("\(server.worker)"), "\(second)")
                #expect(try await InferenceClient(try server.dataPlane()).isReady())
            }
        }

        // MARK: - Forged requests

        @Test
        func aRequestUnderAForeignNameIsMisdirected() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let controlPaths = ["/", "/endpoints/digits", "/models", "/api/v1/status", "/metrics"]
                let all = [
                    (server.controlPort, controlPaths), (server.dataPort, ["/v2", "/v2/models", "/v2/models/digits"]),
                ]
                for (port, paths) in all {
                    for path in paths {
                        for host in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example", "0x7f000001"] {
                            let reply = try Self.raw(port, "GET \(path) HTTP/1.1\r\nhost: \(host)\r\n\r\n")
                            #expect(reply?.status == 421, "\(path) under \(host)")
                        }
                        let reply = try Self.raw(port, "GET \(path) HTTP/1.1\r\nhost: localhost:\(port)\r\n\r\n")
                        #expect(reply?.status == 200, "\(path)")
                    }
                }
            }
        }

        @Test
        func aPageOfAnotherSiteCannotAct() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try await slipway.serving { server in
                try await slipway.expect("deploy", "digits:2")
                let form = try await ConsoleForm(at: "/endpoints/digits", of: server)
                let foreign = [
                    HTTPHeader("origin", "http://evil.example"), HTTPHeader("origin", "null"),
                    HTTPHeader("origin", "http://127.0.0.1:1"),
                ]
                for origin in foreign {
                    let reply = try await form.post("/endpoints/digits/rollback", headers: [origin])
                    #expect([403, 421].contains(reply.status), "\(origin): \(reply.status)")
                    let inferred = try await server.dataPlane().request(
                        "POST", "/v2/models/digits/infer", headers: [origin],
                        body: try TextFile.bytes(Slipway.example("digits/sample.json")))
                    #expect(inferred.status == 403, "\(origin): \(inferred.status)")
                }
                #expect(try await slipway.json("history").arrayValue?.count == 2)
            }
        }

        @Test
        func aFormNeedsTheTokenOfItsPageAndBrowser() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try await slipway.serving { server in
                try await slipway.expect("deploy", "digits:2")
                let form = try await ConsoleForm(at: "/endpoints/digits", of: server)
                let other = try await ConsoleForm(at: "/endpoints/digits", of: server)
                let forged = [
                    form.replacing(token: nil), form.replacing(token: ""), form.replacing(token: "abc"),
                    form.replacing(token: other.token), form.replacing(cookie: nil),
                    form.replacing(cookie: "slipway_session=00000000000000000000000000000000"),
                ]
                for attempt in forged {
                    let reply = try await attempt.post("/endpoints/digits/rollback")
                    #expect(reply.status == 403, "token \(attempt.token ?? "–"), cookie \(attempt.cookie ?? "–")")
                }
                #expect(try await slipway.json("history").arrayValue?.count == 2)

                let accepted = try await form.post("/endpoints/digits/rollback")
                #expect(accepted.status == 303)
                #expect(accepted.header("location") == "/endpoints/digits?done=rolled+back")
                #expect(try await slipway.json("history").arrayValue?.count == 3)
            }
        }

        // MARK: - Limits

        @Test
        func aBodyOverTheLimitIsRefusedBeforeItIsRead() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.serving(["serve", "--max-body", "1000"]) { server in
                let client = try server.dataPlane()
                let path = "/v2/models/digits/infer"
                let large = try await client.request("POST", path, body: [UInt8](repeating: 32, count: 1001))
                #expect(large.status == 413)
                let sample = try await client.request(
                    "POST", path, body: try TextFile.bytes(Slipway.example("digits/sample.json")))
                #expect(sample.status == 200, "\(sample.text)")
                let promised = try Self.raw(
                    server.dataPort, "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999999\r\n\r\n")
                #expect(promised?.status == 413)
                let chunked = try Self.raw(
                    server.dataPort,
                    "POST \(path) HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n"
                        + String(repeating: " ", count: 2000) + "\r\n")
                #expect(chunked?.status == 413)
                let control = try await server.controlPlane().request(
                    "POST", "/api/v1/endpoints/digits/promote",
                    headers: [HTTPHeader("content-type", "application/json")],
                    body: [UInt8](repeating: 32, count: 5 << 20))
                #expect(control.status == 413)
            }
        }

        // MARK: - Errors

        @Test
        func noErrorTellsAPathOfTheMachine() async throws {
            let slipway = try await Slipway.withDigits()
            let file = slipway.scratch.file("reshape.onnx")
            try TextFile.write(MadeModel.reshape(), to: file)
            try await slipway.expect("import", file, "--name", "reshape")
            try await slipway.expect("deploy", "reshape:1")
            try await slipway.serving { server in
                for reply in try await Self.errors(server) {
                    #expect(reply.status >= 400, "\(reply.text)")
                    let paths = reply.text.matches(
                        of: /\/(home|root|tmp|usr|var|etc|opt|work|proc|onnxruntime_src|src)\//)
                    #expect(paths.isEmpty, "\(reply.text)")
                    #expect(!reply.text.contains(slipway.home.path) && !reply.text.contains(".swift"), "\(reply.text)")
                    #expect(reply.json?["error"]?.stringValue?.isEmpty == false, "\(reply.text)")
                }
            }
        }

        /// One error of each kind that can be asked for.
        private static func errors(_ server: Slipway.Server) async throws -> [HTTPReply] {
            let data = try server.dataPlane()
            let control = try server.controlPlane()
            let failing = #"{"inputs":[{"name":"shape","datatype":"INT64","shape":[2],"data":[7,7]}]}"#
            let json = [HTTPHeader("content-type", "application/json")]
            let api = "/api/v1/endpoints"
            return [
                try await data.request("POST", "/v2/models/reshape/infer", body: Array(failing.utf8)),
                try await data.request("POST", "/v2/models/digits/infer", body: Array("{".utf8)),
                try await data.request("POST", "/v2/models/absent/infer", body: Array("{}".utf8)),
                try await data.request("GET", "/v2/models/digits/versions/9"),
                try await data.request("GET", "/nothing"), try await data.request("GET", "/../../etc/passwd"),
                try await data.request("DELETE", "/v2/models/digits"),
                try await control.request("POST", "\(api)/absent/rollback", headers: json, body: Array("{}".utf8)),
                try await control.request("POST", "\(api)/digits/promote", headers: json, body: Array("{}".utf8)),
                try await control.request("POST", "\(api)/digits/deploy", headers: json, body: Array("{".utf8)),
                try await control.request(
                    "POST", "\(api)/digits/deploy", headers: json, body: Array(#"{"version":"digits:9"}"#.utf8)),
                try await control.request("POST", "\(api)/digits/deploy", body: Array("{}".utf8)),
                try await control.request("GET", "\(api)/BAD/history"),
            ]
        }

        private static func raw(_ port: Int, _ request: String) throws -> RawConnection.Reply? {
            let connection = try RawConnection(port: port)
            connection.send(request)
            return connection.reply()
        }
    }
}
