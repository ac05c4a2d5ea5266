import Synchronization
import Testing

@testable import Distribution

/// The trace that calls carry: to whom was asked, and to nobody else.
@Suite(.timeLimit(.minutes(1))) struct CallTraceTests {
    private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// What was told of calls.
    private final class Told: Sendable {
        private let calls = Mutex<[CallTrace.Call]>([])
        var all: [CallTrace.Call] { calls.withLock { $0 } }

        var trace: CallTrace {
            CallTrace(text: { "00-trace-\($0)-01" }) { { call in self.calls.withLock { $0.append(call) } } }
        }
    }

    /// The registry hears of it; its token service, and the store that it sends us to, do not.
    @Test func aRedirectAndATokenServiceLearnNothingOfIt() async throws {
        let (registry, told) = (PretendRegistry(), Told())
        registry.intercept { seen in
            switch seen.host {
            case "https://storage.example": return WireReply(status: 200, body: WireBody([1, 2, 3]))
            case "https://tokens.example":
                return WireReply(status: 200, body: WireBody(Array(#"{"token":"granted"}"#.utf8)))
            default:
                guard seen.headers["authorization"] != nil else {
                    let text = #"Bearer realm="https://tokens.example/t",service="s""#
                    return WireReply(status: 401, headers: HeaderFields([("WWW-Authenticate", text)]))
                }
                return WireReply(status: 307, headers: HeaderFields([("Location", "https://storage.example/b?sig=1")]))
            }
        }
        let asked = try client(registry, at: "registry.example/team/digits") {
            $0.tokenHosts = ["tokens.example"]
        }
        let bytes = try await CallTrace.$current.withValue(told.trace) {
            try await asked.bytes(of: blob([1, 2, 3]), atMost: 10)
        }
        #expect(bytes == [1, 2, 3])
        #expect(Set(registry.seen.map(\.host)).count == 3, "\(registry.seen.map(\.host))")
        for seen in registry.seen {
            #expect((seen.headers["traceparent"] != nil) == (seen.host == "https://registry.example"), "\(seen.host)")
        }
        let sent = registry.seen.compactMap { $0.headers["traceparent"] }
        #expect(sent == told.all.map { "00-trace-\($0.span)-01" } && Set(sent).count == 2)
        #expect(told.all.map(\.status) == [401, 307] && told.all.allSatisfy { $0.place == "https://registry.example" })
        let before = registry.seen.count
        _ = try await asked.bytes(of: blob([1, 2, 3]), atMost: 10)
        #expect(registry.seen[before...].allSatisfy { $0.headers["traceparent"] == nil }, "nobody traces any more")
    }

    @Test func whatIsPassedOnStaysAsItIs() async throws {
        let server = PretendServer()
        let asked = try WebAddress("https://models.example/net.onnx")
        let wire = TracedWire(wire: server, asked: asked.origin)
        try await CallTrace.$current.withValue(CallTrace(passingOn: Self.text)) {
            for address in ["https://models.example/net.onnx", "https://models.example:8443/", "https://cdn.example/"] {
                _ = try await wire.send(WireRequest(method: "GET", address: try WebAddress(address)))
            }
        }
        #expect(server.seen.map { $0.headers["traceparent"] } == [Self.text, nil, nil])
    }

    @Test func aCallThatFailsIsToldWithoutAStatus() async throws {
        let told = Told()
        let wire = GuardedWire(
            policy: SourcePolicy(asked: try WebAddress("https://none.example/").origin), lookup: { _ in [] },
            make: { _, _ in PretendServer() })
        let error = await fault {
            try await CallTrace.$current.withValue(told.trace) {
                try await wire.send(WireRequest(method: "POST", address: try WebAddress("https://none.example/secret")))
            }
        }
        #expect(error?.isUnreached == true)
        #expect(told.all.count == 1 && told.all[0].status == nil && told.all[0].method == "POST")
        #expect(told.all[0].place == "https://none.example", "a path may have secrets")
    }
}
