import Client
import Home
import Tensors

/// Speaks to the server of a home over its local socket.
struct ControlClient {
    private let http: HTTPClient

    /// - Returns: `nil` when no server runs on this home.
    init?(_ home: HomeDirectory) {
        guard HomeLock.owner(of: .server, in: home) != nil else { return nil }
        var limits = HTTPClient.Limits()
        limits.requestTimeout = .seconds(600)
        http = HTTPClient(.unixSocket(path: home.controlSocketPath), limits: limits)
    }

    func status() async throws -> JSONValue { try await get("/api/v1/status") }

    /// How an endpoint's traffic compares with the reference of its versions.
    func drift(_ endpoint: String) async throws -> JSONValue { try await get("/api/v1/endpoints/\(endpoint)/drift") }

    /// What versions of an endpoint that are asked the same have answered.
    func comparison(_ endpoint: String) async throws -> JSONValue {
        try await get("/api/v1/endpoints/\(endpoint)/comparison")
    }

    /// What is known of an endpoint's rollout; `null` when there never was one.
    func rollout(_ endpoint: String) async throws -> JSONValue {
        try await get("/api/v1/endpoints/\(endpoint)/rollout")
    }

    /// Has something done with an endpoint's rollout.
    func rollout(_ endpoint: String, action: String) async throws -> JSONValue {
        let body = JSONValue.object([("action", .string(action))]).encoded()
        return try value(
            try await http.request(
                "POST", "/api/v1/endpoints/\(endpoint)/rollout",
                headers: [HTTPHeader("content-type", "application/json")],
                body: body))
    }

    /// What is wrong now, and what is silenced.
    func alerts() async throws -> JSONValue { try await get("/api/v1/alerts") }

    /// Has the server send a test to one receiver, or all.
    func testAlerts(_ receiver: String?) async throws -> JSONValue {
        let body = JSONValue.object([("receiver", receiver.map(JSONValue.string) ?? .null)]).encoded()
        return try value(
            try await http.request(
                "POST", "/api/v1/alerts/test", headers: [HTTPHeader("content-type", "application/json")], body: body))
    }

    /// Has the server bring an endpoint in line with a revision, and waits until it has.
    func reconcile(_ endpoint: String, revision: Int) async throws -> JSONValue {
        let body = JSONValue.object([("revision", .integer(revision))]).encoded()
        let reply = try await http.request(
            "POST", "/api/v1/endpoints/\(endpoint)/reconcile",
            headers: [HTTPHeader("content-type", "application/json")],
            body: body)
        return try value(reply)
    }

    private static func exit(_ status: Int) -> Failure.Exit {
        switch status {
        case 401, 403: .denied
        case 404: .notFound
        case 409: .conflict
        case 503: .unavailable
        default: .failed
        }
    }

    private func get(_ path: String) async throws -> JSONValue { try value(try await http.request("GET", path)) }

    private func value(_ reply: HTTPReply) throws -> JSONValue {
        let value = try JSONValue.parse(reply.body)
        guard reply.status < 300 else {
            throw Failure(
                8100, Self.exit(reply.status),
                value["error"]?.stringValue ?? "the server answered with status \(reply.status)",
                help: value["help"]?.stringValue)
        }
        return value
    }
}
