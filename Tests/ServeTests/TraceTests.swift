import Testing

@testable import Serve

@Suite struct TraceTests {
    private static let known = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Source: W3C Trace Context, section 3.2: what is to be ignored.
    @Test(
        arguments: [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
            ("", false), ("00", false), ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01", false),
            ("0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ] as [(String, Bool)])
    func contextsAreReadByTheirGrammar(_ text: String, _ isOne: Bool) {
        #expect((TraceContext(text: text) != nil) == isOne)
    }

    @Test func requestsAreTakenAsTheirClientsSayAndElseByChance() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            func ask(_ headers: [String]) throws -> [TracedRequest] {
                let reply = try client.post("/v2/models/digits/infer", HTTPConformance.json, headers: headers)
                #expect(reply.status == 200)
                _ = try client.request("GET", "/v2")
                return server.plane.traces.empty()
            }
            #expect(try ask(["traceparent: \(Self.known)"]).isEmpty, "nobody wants traces yet")
            server.plane.traces.open(share: 0)
            #expect(try ask([]).isEmpty)
            let taken = try ask(["traceparent: \(Self.known)", "X-Request-Id: r1"])
            #expect(taken.count == 1 && taken[0].requestID == "r1" && taken[0].status == 200)
            #expect(taken[0].context.trace == (0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736))
            #expect(taken[0].context.parent == 0x00f0_67aa_0ba9_02b7 && taken[0].span != 0)
            #expect(taken[0].received <= taken[0].runBegan && taken[0].runEnded <= taken[0].answered)
            #expect(try ask(["traceparent: \(Self.known.dropLast())0"]).isEmpty, "its client does not record it")
            server.plane.traces.open(share: 1)
            let own = try ask([])
            #expect(own.count == 1 && own[0].context.parent == 0 && own[0].context.trace != (0, 0))
            #expect(try ask(["traceparent: nonsense"]).count == 1, "what is no context is ignored")
        }
    }

    @Test func whatFindsNoRoomIsCounted() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            server.plane.traces.open(share: 1)
            let client = try server.client()
            for _ in 0...TraceTap.capacity { _ = try client.post("/v2/models/digits/infer", HTTPConformance.json) }
            _ = try client.request("GET", "/v2")
            #expect(server.plane.traces.dropped >= 1 && server.plane.traces.empty().count == TraceTap.capacity)
        }
    }
}
