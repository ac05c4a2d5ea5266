import Client
import Glibc
import Testing

struct HTTPClientTests {
    @Test func consecutiveRequestsShareOneConnection() async throws {
        try await ScriptedServer.with(answer: { .write([reply(200, "\($0.index)")]) }) { server in
            let client = HTTPClient(server.address)
            for index in 0..<5 {
                let answer = try await client.request("POST", "/x", body: [1, 2, 3])
                #expect(answer.status == 200)
                #expect(answer.body == Array("\(index)".utf8))
            }
            #expect(server.connections == 1)
            #expect(server.requests.allSatisfy { $0.body == [1, 2, 3] && $0.headers["content-length"] == "3" })
        }
    }

    @Test func requestsAtTheSameTimeGetTheirOwnAnswers() async throws {
        try await ScriptedServer.with(answer: { .write([reply(200, $0.path)]) }) { server in
            let client = HTTPClient(server.address)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        let answer = try await client.request("GET", "/\(index)")
                        return answer.body == Array("/\(index)".utf8)
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test func chunkedReplyIsPutTogether() async throws {
        let parts = [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n", "2\r\nde\r\n", "0\r\n\r\n",
        ]
        try await ScriptedServer.with(answer: { _ in .write(parts.map { Array($0.utf8) }) }) { server in
            let client = HTTPClient(server.address)
            for _ in 0..<2 {
                let answer = try await client.request("GET", "/")
                #expect(answer.body == Array("abcde".utf8))
            }
            #expect(server.connections == 1)
        }
    }

    @Test func replyWithoutLengthEndsWithItsConnection() async throws {
        let bytes = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc".utf8)
        try await ScriptedServer.with(answer: { _ in .writeAndClose(bytes) }) { server in
            let client = HTTPClient(server.address)
            for _ in 0..<2 {
                let answer = try await client.request("POST", "/")
                #expect(answer.body == Array("abc".utf8))
            }
            #expect(server.connections == 2)
        }
    }

    @Test func replyHeadersAreFoundInAnyCase() async throws {
        try await ScriptedServer.with(answer: { _ in .write([reply(headers: ["X-Request-ID: 7"])]) }) { server in
            let answer = try await HTTPClient(server.address).request("GET", "/")
            #expect(answer.header("x-request-id") == "7")
            #expect(answer.header("x-request-i@") == nil)
        }
    }

    /// The second request on a connection meets a server that has closed it.
    @Test(arguments: [("GET", nil, true), ("POST", nil, false), ("POST", true, true), ("GET", false, false)])
    func onlyWhatMayBeRepeatedIsRepeated(method: String, isRepeatable: Bool?, works: Bool) async throws {
        try await ScriptedServer.with(answer: { request in
            request.turn == 1 ? .writeAndClose([]) : .write([reply(200, "ok")])
        }) { server in
            let client = HTTPClient(server.address)
            _ = try await client.request("GET", "/")
            do throws(ClientError) {
                let answer = try await client.request(method, "/", isRepeatable: isRepeatable)
                #expect(works && answer.status == 200)
            } catch {
                #expect(!works && error.code == .closed)
            }
            #expect(server.requests.count == (works ? 3 : 2))
        }
    }

    @Test func requestThatDiesOnANewConnectionIsNotRepeated() async throws {
        try await ScriptedServer.with(answer: { _ in .writeAndClose([]) }) { server in
            await #expect { try await HTTPClient(server.address).request("GET", "/") } throws: {
                ($0 as? ClientError)?.code == .closed
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.2\r\n", ClientError.Code.malformedReply),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .malformedReply),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .closed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .tooLarge),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(String(repeating: "x", count: 1001))",
            .tooLarge
        ),
    ])
    func badRepliesAreNamed(bytes: String, code: ClientError.Code) async throws {
        try await ScriptedServer.with(answer: { _ in .writeAndClose(Array(bytes.utf8)) }) { server in
            var limits = HTTPClient.Limits()
            limits.replyBytes = 1000
            await #expect { try await HTTPClient(server.address, limits: limits).request("GET", "/") } throws: {
                error in
                (error as? ClientError)?.code == code
            }
        }
    }

    @Test func serverThatNeverAnswersIsGivenUp() async throws {
        try await ScriptedServer.with(answer: { _ in .ignore }) { server in
            var limits = HTTPClient.Limits()
            limits.requestTimeout = .milliseconds(20)
            await #expect { try await HTTPClient(server.address, limits: limits).request("GET", "/slow") } throws: {
                guard let error = $0 as? ClientError else { return false }
                return error.code == .timedOut && error.message.hasPrefix("GET /slow at \(server.address): ")
            }
        }
    }

    @Test func cancelledRequestEndsAtOnce() async throws {
        try await ScriptedServer.with(answer: { _ in .ignore }) { server in
            let request = Task { try await HTTPClient(server.address).request("GET", "/") }
            for await _ in server.accepted { break }
            request.cancel()
            await #expect { try await request.value } throws: { ($0 as? ClientError)?.code == .cancelled }
        }
    }

    @Test func portWithoutServerIsUnreachable() async throws {
        let port = try HeldPort()
        await #expect { try await HTTPClient(ServerAddress("127.0.0.1:\(port.number)")).request("GET", "/") } throws: {
            guard let error = $0 as? ClientError else { return false }
            return error.code == .unreachable && error.message.contains("Connection refused")
        }
    }

    @Test func localSocketIsSpokenTo() async throws {
        let path = "/tmp/slipway-client-\(getpid()).sock"
        try await ScriptedServer.with(at: .unixSocket(path), answer: { .write([reply(200, $0.path)]) }) { server in
            let answer = try await HTTPClient(server.address).request("GET", "/poke")
            #expect(answer.body == Array("/poke".utf8))
            #expect(server.requests.first?.headers["host"] == "localhost")
        }
        unlink(path)
        await #expect { try await HTTPClient(.unixSocket(path: path)).request("GET", "/") } throws: {
            ($0 as? ClientError)?.code == .unreachable
        }
    }

    @Test func socketPathThatIsTooLongIsAnError() async {
        let path = "/" + String(repeating: "x", count: 200)
        await #expect { try await HTTPClient(.unixSocket(path: path)).request("GET", "/") } throws: {
            ($0 as? ClientError)?.code == .invalidAddress
        }
    }

    @Test func hostNameIsResolved() async throws {
        try await ScriptedServer.with(answer: { .write([reply(200, $0.headers["host"] ?? "")]) }) { server in
            let client = HTTPClient(.tcp(host: "localhost", port: server.port))
            let answer = try await client.request("GET", "/")
            #expect(answer.body == Array("localhost:\(server.port)".utf8))
        }
    }

    @Test(.enabled("there is no IPv6 loopback here") { (try? await ScriptedServer(at: .ipv6) { _ in .ignore }) != nil })
    func ipv6IsSpoken() async throws {
        try await ScriptedServer.with(at: .ipv6, answer: { .write([reply(200, $0.headers["host"] ?? "")]) }) { server in
            let answer = try await HTTPClient(server.address).request("GET", "/")
            #expect(answer.body == Array("[::1]:\(server.port)".utf8))
        }
    }

    @Test(arguments: [
        ("GE T", "/", "a", "b"), ("GET", "x", "a", "b"), ("GET", "/a b", "a", "b"), ("GET", "/\r\nX: y", "a", "b"),
        ("GET", "/é", "a", "b"), ("GET", "/", "a:", "b"), ("GET", "/", "", "b"), ("GET", "/", "a", "b\r\nc: d"),
        ("GET", "/", "a", "\0"),
    ])
    func partThatCouldEndALineIsRefused(method: String, path: String, name: String, value: String) async {
        let client = HTTPClient(.tcp(host: "127.0.0.1", port: 1))
        await #expect { try await client.request(method, path, headers: [HTTPHeader(name, value)]) } throws: {
            ($0 as? ClientError)?.code == .invalidRequest
        }
    }
}

/// A port of this machine on which nobody listens, and that no other test gets meanwhile.
final class HeldPort {
    struct Failure: Error {}

    private let descriptor: Int32
    let number: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        number = Int(in_port_t(bigEndian: address.sin_port))
        guard isBound else { throw Failure() }
    }

    deinit { close(descriptor) }
}
