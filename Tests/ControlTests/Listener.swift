import Client
import ServiceLifecycle

@testable import Control

extension Bridge {
    /// Runs a listener for as long as `body` does, which gets a client of it and its port, 0 for a socket.
    func serving<Result: Sendable>(
        at address: ControlServer.Address = .tcp(host: "127.0.0.1", port: 0),
        limits: ConnectionGuard.Limits = ConnectionGuard.Limits(),
        _ body: @escaping @Sendable (HTTPClient, Int) async throws -> Result
    ) async throws -> Result {
        var server = ControlServer(routes: routes, gate: gate, logger: Harbour.logger)
        server.limits = limits
        server.refused = { [console] in console.refused($0, $1) }
        server.missing = { [console] in console.notFound("page", $0) }
        return try await Self.serving(server, at: address, body)
    }

    /// The same of any server.
    static func serving<Result: Sendable>(
        _ server: ControlServer, at address: ControlServer.Address,
        _ body: @escaping @Sendable (HTTPClient, Int) async throws -> Result
    ) async throws -> Result {
        let (ports, announce) = AsyncStream.makeStream(of: Int?.self)
        let service = server.service(at: address) { announce.yield($0) }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await service.run()
                return nil
            }
            group.addTask {
                for await port in ports {
                    switch address {
                    case .tcp(let host, _):
                        return try await body(HTTPClient(.tcp(host: host, port: port ?? 0)), port ?? 0)
                    case .socket(let path): return try await body(HTTPClient(.unixSocket(path: path)), 0)
                    }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw ControlError(.failed, "the listener ended")
        }
    }
}
