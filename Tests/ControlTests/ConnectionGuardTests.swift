import Client
import Dispatch
import TestSupport
import Testing

@testable import Control

/// Rows 1 to 19 of the attack list at the control plane's port, as far as a server library does not make them pointless.
@Suite(.timeLimit(.minutes(4))) struct ConnectionGuardTests {
    private let bridge: Bridge

    init() throws { bridge = try Bridge(Harbour()) }

    private static let get = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    private static let post =
        "POST /api/v1/endpoints/digits/deploy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

    /// Rows 2 and 3: what drips is cut off, however regularly it drips, also after a request that was answered.
    @Test(arguments: [
        ("", "G"), (get, "X: y\r\n"), (get + "\r\n" + get, "X: y\r\n"), (post + "Content-Length: 100000\r\n\r\n", "{"),
        (post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
    ])
    func whatDripsIsCutOff(_ first: String, _ more: String) async throws {
        var limits = ConnectionGuard.Limits()
        limits.header = .milliseconds(150)
        limits.body = .milliseconds(150)
        try await bridge.serving(limits: limits) { client, port in
            let slow = try RawConnection(port: port)
            slow.send(first)
            try await wait(for: "a slow client to be cut off", atMost: .seconds(90)) {
                slow.send(more)
                return slow.hasEnded
            }
            #expect(try await client.request("GET", "/healthz").status == 200)
        }
    }

    /// Nobody who is answered is cut off, however long the pauses between requests are.
    @Test func pausesBetweenRequestsAreNoFault() async throws {
        var limits = ConnectionGuard.Limits()
        limits.header = .milliseconds(100)
        try await bridge.serving(limits: limits) { _, port in
            let client = try RawConnection(port: port)
            for _ in 0..<3 {
                client.send(Self.get + "\r\n")
                #expect(await client.nextReply()?.status == 200)
                // Longer than the limit: nothing happens meanwhile that could be waited for.
                try await Task.sleep(for: .milliseconds(250))
                #expect(!client.hasEnded)
            }
        }
    }

    /// Row 18: connections beyond the limit are closed, and their places are free again when others have gone.
    @Test func connectionsAreLimited() async throws {
        var limits = ConnectionGuard.Limits()
        limits.connections = 2
        try await bridge.serving(limits: limits) { _, port in
            var clients = try (0..<2).map { _ in try RawConnection(port: port) }
            for client in clients {
                client.send(Self.get + "\r\n")
                #expect(await client.nextReply()?.status == 200)
            }
            let surplus = try RawConnection(port: port)
            try await wait(for: "one too many to be turned away") { surplus.hasEnded }
            clients.removeLast()
            try await wait(for: "a place") {
                let client = try RawConnection(port: port)
                client.send(Self.get + "\r\n")
                return await client.nextReply()?.status == 200
            }
            clients[0].send(Self.get + "\r\n")
            #expect(await clients[0].nextReply()?.status == 200)
        }
    }

    /// Row 4: what is ambiguous is refused and ends the connection; what follows is not executed.
    @Test(arguments: [
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", post + "Content-Length: -5\r\n\r\n",
        post + "Content-Length: 99999999999999999999\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF1\r\nx", get + "X : a\r\n\r\n",
        get + "X\0: a\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n", "NONSENSE\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
    ])
    func ambiguousRequestsEndTheConnection(_ request: String) async throws {
        try await bridge.serving { client, port in
            let raw = try RawConnection(port: port)
            raw.send(request + Self.get + "X-Mark: smuggled\r\n\r\n")
            let reply = await raw.nextReply()
            #expect(reply == nil || reply?.status == 400, "\(reply?.head ?? "")")
            let next = await raw.nextReply()
            #expect(next == nil || next?.status == 400, "what followed was executed")
            #expect(try await client.request("GET", "/healthz").status == 200)
        }
    }

    /// Rows 5 to 8: sizes.
    @Test(arguments: [
        (get + "X: \(String(repeating: "a", count: 100_000))\r\n\r\n", 400),
        (get + String(repeating: "X: a\r\n", count: 5000) + "\r\n", 400),
        ("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (post + "Content-Length: 1099511627776\r\n\r\n{}", 413),
        (
            post + "Transfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "F4240\r\n\(String(repeating: " ", count: 1_000_000))\r\n", count: 6), 413
        ),
    ])
    func whatIsTooLargeIsRefused(_ request: String, _ status: Int) async throws {
        try await bridge.serving { client, port in
            let raw = try RawConnection(port: port)
            raw.send(request)
            let reply = await raw.nextReply()
            #expect(reply == nil || reply?.status == status, "\(reply?.head ?? "")")
            #expect(try await client.request("GET", "/healthz").status == 200)
        }
    }

    /// The caller's right is looked at before the body is: who may not ask is not listened to.
    @Test func theCredentialIsCheckedBeforeTheBodyIsRead() async throws {
        try await bridge.serving { _, port in
            let raw = try RawConnection(port: port)
            raw.send(
                "POST /api/v1/endpoints/digits/deploy HTTP/1.1\r\nHost: attacker.example\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n")
            #expect(await raw.nextReply()?.status == 421)
        }
    }
}

extension RawConnection {
    /// One reply, waited for on a thread of its own: the listener of these tests runs on those of this process.
    fileprivate func nextReply() async -> Reply? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.reply()) }
        }
    }
}
