import Client
import Release
import TestSupport
import Testing

@testable import Control

/// The listeners, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct ControlServerTests {
    private let bridge: Bridge

    init() throws { bridge = try Bridge(Harbour()) }

    /// Runs a listener for as long as `body` does.
    private func serving<Result: Sendable>(
        at address: ControlServer.Address = .tcp(host: "127.0.0.1", port: 0),
        _ body: @escaping @Sendable (HTTPClient) async throws -> Result
    ) async throws -> Result {
        try await bridge.serving(at: address) { client, _ in try await body(client) }
    }

    @Test func everyReplyHasItsGuards() async throws {
        let reply = try await serving { try await $0.request("GET", "/") }
        #expect(reply.status == 200)
        #expect(reply.header("content-security-policy")?.hasPrefix("default-src 'none'; script-src 'self'") == true)
        #expect(reply.header("x-content-type-options") == "nosniff")
        #expect(reply.header("referrer-policy") == "same-origin")
        #expect(reply.header("cache-control") == "no-store")
        let cookie = try #require(reply.header("set-cookie"))
        #expect(cookie.hasPrefix("slipway_session=") && cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
    }

    @Test func aSessionIsKept() async throws {
        let session = "slipway_session=" + String(repeating: "c", count: 32)
        let reply = try await serving { try await $0.request("GET", "/", headers: [HTTPHeader("cookie", session)]) }
        #expect(reply.header("set-cookie") == nil)
    }

    @Test func aBodyThatIsTooLargeIs413() async throws {
        let path = "/api/v1/endpoints/digits/deploy"
        let headers = [HTTPHeader("content-type", "application/json")]
        let (over, under) = try await serving { client in
            (
                try await client.request(
                    "POST", path, headers: headers, body: Array(repeating: 32, count: (4 << 20) + 1)),
                try await client.request("POST", path, headers: headers, body: Array(repeating: 32, count: 4 << 20))
            )
        }
        #expect(over.status == 413)
        #expect(String(decoding: over.body, as: UTF8.self).contains("4194304 bytes"))
        #expect(under.status == 400)
    }

    @Test func errorsAreProblems() async throws {
        let reply = try await serving { try await $0.request("GET", "/api/v1/endpoints/UPPER/history") }
        #expect(reply.status == 400)
        #expect(reply.header("content-type") == "application/problem+json")
    }

    @Test func unknownPathsAreNotFound() async throws {
        #expect(try await serving { try await $0.request("GET", "/nothing") }.status == 404)
        #expect(try await serving { try await $0.request("GET", "/models/a/b/c") }.status == 404)
        let program = try await serving { try await $0.request("GET", "/api/v1/nothing") }
        #expect(program.status == 404 && program.header("content-type") == "application/problem+json")
        #expect(program.text.contains("GET '/api/v1/nothing'"))
        #expect(program.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
        #expect(try await serving { try await $0.request("POST", "/models") }.status == 404)
    }

    /// The same page as the others are, with the way back; nothing of the address stands on it.
    @Test func peopleFindAPageWhereThereIsNone() async throws {
        let reply = try await serving {
            try await $0.request("GET", "/%3Cb%3Enothing", headers: [HTTPHeader("accept", "text/html")])
        }
        #expect(reply.status == 404 && reply.header("content-type") == "text/html; charset=utf-8")
        #expect(reply.text.contains("There is no such page") && reply.text.contains("href=\"/models\""))
        #expect(!reply.text.contains("<b>") && !reply.text.contains("nothing"))
        #expect(reply.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
    }

    @Test func refusalsSayWhatIsMissing() async throws {
        let path = "/api/v1/endpoints/digits/rollback"
        let reply = try await serving { try await $0.request("POST", path, body: Array("{}".utf8)) }
        #expect(reply.status == 415)
        #expect(String(decoding: reply.body, as: UTF8.self).contains("application/json"))
        let foreign = try await serving {
            try await $0.request("POST", path, headers: [HTTPHeader("origin", "http://evil.example")])
        }
        #expect(foreign.status == 421)
    }

    @Test func parametersAndQueriesArrive() async throws {
        let version = try bridge.harbour.version("runs")
        _ = try bridge.harbour.deployments.submit(.deploy(version), for: .digits)
        let reply = try await serving { try await $0.request("GET", "/endpoints/digits?done=rolled+back") }
        #expect(reply.status == 200)
        #expect(String(decoding: reply.body, as: UTF8.self).contains("digits was rolled back."))
    }

    @Test func theSocketIsForAdministrators() async throws {
        let folder = try TemporaryDirectory()
        let reply = try await serving(at: .socket(path: folder.file("s"))) {
            try await $0.request("GET", "/api/v1/status")
        }
        #expect(reply.status == 200)
        #expect(reply.header("set-cookie") == nil)
    }
}
