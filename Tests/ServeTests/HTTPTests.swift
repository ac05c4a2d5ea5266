import Tensors
import Testing

@testable import Serve

/// HTTP/1 on the wire; rows 1 to 9 and 16 to 19 of the attack list.
@Suite struct HTTPConformance {
    static let infer = "POST /v2/models/digits/infer HTTP/1.1\r\nHost: localhost\r\n"
    static let json = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#

    static func whole(_ json: String = json, _ headers: String = "") -> String {
        infer + headers + "Content-Length: \(json.utf8.count)\r\n\r\n" + json
    }

    @Test(arguments: [Calibration.instant, .long])
    func pipelinedRequestsAreAnsweredInOrder(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            var sent = ""
            for index in 0..<300 {
                sent +=
                    index % 3 == 0
                    ? "GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: \(index)\r\n\r\n"
                    : Self.whole(Self.json, "X-Request-Id: \(index)\r\n")
            }
            try client.send(sent)
            for index in 0..<300 {
                let reply = try #require(try client.reply())
                #expect(reply.status == 200 && reply.header("x-request-id") == String(index))
                #expect(reply.text.contains("slipway") == (index % 3 == 0))
            }
        }
    }

    @Test func requestsCutAnywhereAreUnderstood() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let bytes = Array((Self.whole() + Self.whole()).utf8)
            let client = try server.client()
            for byte in bytes { try client.send([byte]) }
            for _ in 0..<2 { #expect(try client.reply()?.status == 200) }
        }
    }

    @Test(arguments: [
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "close", true),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", "close", true),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n", nil, false), ("GET /v2 HTTP/1.0\r\n\r\n", "close", true),
        ("GET /v2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "close", true),
    ])
    func connectionsLastAsLongAsTheyWereAskedTo(_ request: String, _ header: String?, _ closes: Bool) async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.origins = nil }) { server in
            let client = try server.client()
            try client.send(request)
            let reply = try #require(try client.reply())
            #expect(reply.status == 200 && reply.header("connection") == header)
            if closes {
                #expect(try client.waitForClose())
            } else {
                try client.send(request)
                #expect(try client.reply()?.status == 200)
            }
        }
    }

    @Test func continueIsSaidBeforeTheBody() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            try client.send(Self.infer + "Expect: 100-continue\r\nContent-Length: \(Self.json.utf8.count)\r\n\r\n")
            #expect(try client.reply()?.status == 100)
            try client.send(Self.json)
            #expect(try client.reply()?.status == 200)
            try client.send(
                "POST /v2/models/none/infer HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
            )
            let refused = try #require(try client.reply())
            #expect(refused.status == 404 && refused.header("connection") == "close", "no body is asked for in vain")
            #expect(try client.waitForClose())
        }
    }

    /// What is ambiguous or malformed ends the connection, and what follows it is never executed.
    @Test(arguments: [
        infer + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        infer + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        infer + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", infer + "Content-Length: 5, 5\r\n\r\nabcde",
        infer + "Content-Length: -5\r\n\r\n", infer + "Content-Length: +5\r\n\r\nabcde",
        infer + "Content-Length: 99999999999999999999\r\n\r\n", infer + "Content-Length: 0x5\r\n\r\nabcde",
        infer + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        infer + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        infer + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        infer + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF1\r\nx",
        infer + "Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
        infer + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n",
        infer + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", infer + "X : a\r\n\r\n", infer + "X\0: a\r\n\r\n",
        infer + "Content-Length: 0\r\nX: a\0b\r\n\r\n", "GET /v2 HTTP/1.1\r\n\r\n",
        "GET /v2 HTTP/2.0\r\n\r\n",
        "GET /v2\r\n\r\n", "NONSENSE\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
        "POST /v2/models/digits/infer HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    func ambiguousRequestsEndTheConnection(_ request: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            client.sendWhatIsTaken(Array((request + "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").utf8))
            let reply = try #require(try client.reply())
            #expect(reply.status == 400 && reply.header("connection") == "close", "\(reply.status) \(reply.text)")
            #expect(try client.reply() == nil, "what followed was executed")
            #expect(try server.client().request("GET", "/v2/health/live").status == 200)
        }
    }

    @Test func bareLineFeedsDoNotSmuggleARequest() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            try client.send(
                "GET /v2/health/live HTTP/1.1\nHost: localhost\n\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.reply()?.status == 400)
            #expect(try client.reply() == nil)
        }
    }

    @Test(arguments: [
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 33_000))\r\n\r\n", 431),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 300_000))\r\n\r\n", 431),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X: a\r\n", count: 128))\r\n", 431),
        ("GET /v2 HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X: a\r\n", count: 5000))\r\n", 431),
        ("GET /v2/\(String(repeating: "a", count: 8192)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("GET /v2/\(String(repeating: "a", count: 60_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("GET /v2/\(String(repeating: "a", count: 8000)) HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\(String(repeating: "X: a\r\n", count: 127))\r\n", 200),
        ("GET /v2/health/live HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 32_700))\r\n\r\n", 200),
        (String(repeating: "\r\n", count: 200_000), 431),
    ])
    func headersAreLimited(_ request: String, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            client.sendWhatIsTaken(Array(request.utf8))
            let reply = try #require(try client.reply())
            #expect(reply.status == status, "\(reply.text)")
        }
    }

    @Test func declaredBodiesAreRefusedUnread() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.bodyBytes = 100_000 }) { server in
            let client = try server.client()
            try client.send(Self.infer + "Content-Length: 100001\r\n\r\n")
            let reply = try #require(try client.reply())
            #expect(reply.status == 413 && reply.code == "body_too_large")
            #expect(try client.waitForClose())
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func undeclaredBodiesAreRefusedAtTheLimit() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.bodyBytes = 100_000 }) { server in
            let client = try server.client()
            let chunk = "2710\r\n" + String(repeating: " ", count: 10_000) + "\r\n"
            client.sendWhatIsTaken(
                Array((Self.infer + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 50)).utf8))
            let reply = try #require(try client.reply())
            #expect(reply.status == 413 && reply.header("connection") == "close")
        }
    }

    /// CVE-2025-23310: Triton's stack overflowed.
    @Test func threeMegabytesOfOneByteChunksAreRefused() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let body = String(repeating: "1\r\n \r\n", count: 3_000_000)
            client.sendWhatIsTaken(Array((Self.infer + "Transfer-Encoding: chunked\r\n\r\n" + body).utf8))
            #expect(try client.reply()?.status == 400)
            #expect(server.plane.bytesInUse <= 1 << 20)
        }
    }

    @Test func chunkExtensionsAreLimited() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let extensions = "1;" + String(repeating: "x", count: 1_000_000)
            client.sendWhatIsTaken(Array((Self.infer + "Transfer-Encoding: chunked\r\n\r\n" + extensions).utf8))
            #expect(try client.reply()?.status == 400)
        }
    }

    @Test(arguments: ["gzip", "gzip, gzip, gzip", "br", "deflate"])
    func encodedBodiesAreRefused(_ encoding: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            try client.send(Self.whole(Self.json, "Content-Encoding: \(encoding)\r\n"))
            #expect(try client.reply()?.status == 415)
        }
    }

    /// Row 10: what is not read cannot take long. CVE-2024-9056: BentoML took quadratic time.
    @Test func multipartBodiesAreRefusedUnread() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
            for path in [
                "/v2/models/digits/infer", "/v1/models/digits:predict", "/invocations", "/v2/repository/index",
            ] {
                for body in [String(repeating: part, count: 100_000), String(repeating: "-", count: 1_000_000), "--x"] {
                    let client = try server.client()
                    client.sendWhatIsTaken(
                        Array(
                            ("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8))
                    let reply = try #require(try client.reply())
                    #expect([400, 413, 415].contains(reply.status), "\(path): \(reply.status) \(reply.text)")
                }
            }
            let client = try server.client()
            client.sendWhatIsTaken(
                Array(
                    (Self.infer
                        + "Content-Type: multipart/form-data; boundary=\(String(repeating: "x", count: 1_000_000))"
                        + "\r\nContent-Length: 0\r\n\r\n").utf8))
            #expect(try client.reply()?.status == 431)
        }
    }

    @Test func smallBodiesOfRefusedRequestsAreReadPast() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            for _ in 0..<3 {
                let reply = try client.post("/v2/models/none/infer", String(repeating: " ", count: 60_000))
                #expect(reply.status == 404)
            }
            let reply = try client.post("/v2/models/none/infer", String(repeating: " ", count: 70_000))
            #expect(reply.status == 404 && reply.header("connection") == "close")
        }
    }

    @Test func methodOverridesAreIgnored() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let headers = ["X-HTTP-Method-Override: DELETE", "Range: bytes=5-1,0-99999999999999999999"]
            let reply = try server.client().request("GET", "/v2", headers: headers)
            #expect(reply.status == 200)
        }
    }

    // MARK: Time

    @Test func headersThatDripAreTimedOut() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.headerTimeout = 100_000_000 }) { server in
            let clients = try (0..<20).map { _ in try server.client() }
            for client in clients { try client.send("GET /v2 HTTP/1.1\r\nHo") }
            for client in clients {
                #expect(try client.reply()?.status == 408)
                #expect(try client.waitForClose())
            }
            #expect(try server.client().request("GET", "/v2").status == 200)
        }
    }

    @Test(arguments: ["", "{\"inputs\""])
    func bodiesThatDripAreTimedOut(_ sent: String) async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.bodyGrace = 100_000_000 }) { server in
            for expectation in ["", "Expect: 100-continue\r\n"] {
                let client = try server.client()
                try client.send(Self.infer + expectation + "Content-Length: 60\r\n\r\n" + sent)
                var reply = try #require(try client.reply())
                if reply.status == 100 { reply = try #require(try client.reply()) }
                #expect(reply.status == 408 && reply.code == "request_timeout")
                #expect(try client.waitForClose())
            }
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.idleTimeout = 100_000_000 }) { server in
            let (silent, used) = (try server.client(), try server.client())
            #expect(try used.request("GET", "/v2").status == 200)
            #expect(try silent.waitForClose())
            #expect(try used.waitForClose())
        }
    }

    @Test func moreConnectionsThanAllowedAreTurnedAway() async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.limits.connections = 2 }) { server in
            let (first, second) = (try server.client(), try server.client())
            #expect(try first.request("GET", "/v2").status == 200)
            #expect(try second.request("GET", "/v2").status == 200)
            let third = try server.client()
            let reply = try #require(try third.reply())
            #expect(reply.status == 503 && reply.code == "too_many_connections" && reply.header("retry-after") == "1")
            #expect(try first.request("GET", "/v2").status == 200)
        }
    }

    /// A client that reads nothing gets as much as the sockets hold, and then holds up only itself.
    @Test func repliesThatNobodyReadAreBounded() async throws {
        let wide = ScriptedSession.identity(.float32)
        try await TestPlane.run([.of(wide)], configure: { $0.limits.idleTimeout = 300_000_000 }) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 4096)
            let values = [UInt8](repeating: 0, count: 400_000)
            let json =
                #"{"inputs":[{"name":"x","shape":[100000],"datatype":"FP32","parameters":{"binary_data_size":400000}}],"parameters":{"binary_data_output":true}}"#
            let head =
                Self.infer
                + "Inference-Header-Content-Length: \(json.utf8.count)\r\nContent-Length: \(json.utf8.count + 400_000)\r\n\r\n"
            let request = Array((head + json).utf8) + values
            for _ in 0..<200 { client.sendWhatIsTaken(request) }
            let answered = Int(server.metric("slipway_requests_total") ?? 0)
            #expect(answered < 150, "the server went on without being read: \(answered)")
            #expect(try server.client().request("GET", "/v2").status == 200)
        }
    }
}
