import Engines
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Answers that are kept for requests that come again.
@Suite struct Caches {
    private static func endpoint(_ session: ScriptedSession, _ calibration: Calibration, bytes: Int = 1 << 20)
        -> ServingEndpoint
    {
        ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00", session: session, calibration: calibration,
                cacheBytes: bytes))
    }

    private static func counting(_ runs: EventCount) -> ScriptedSession {
        let inner = ScriptedSession.doubler()
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            runs.add()
            return try inner.run(inputs)
        }
    }

    private static func body(_ value: Int, rest: String = "") -> String {
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[\#(value),2,3,4]}]\#(rest)}"#
    }

    @Test(arguments: [Calibration.instant, .long])
    func equalRequestsRunOnceWhateverTheirForm(_ calibration: Calibration) async throws {
        let runs = EventCount()
        try await TestPlane.run([Self.endpoint(Self.counting(runs), calibration)]) { server in
            let client = try server.client()
            let first = try client.post("/v2/models/digits/infer", Self.body(1))
            let again = try client.post("/v2/models/digits/infer", Self.body(1, rest: #","id":"seven""#))
            let nested =
                #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[[1.0,2.0,3.0,4.0]]}],"outputs":[{"name":"y"}]}"#
            let third = try client.post("/v2/models/digits/infer", nested)
            let other = try client.post("/v2/models/digits/infer", Self.body(5))
            #expect([first, again, third, other].allSatisfy { $0.status == 200 })
            #expect(
                again.json?["outputs"] == first.json?["outputs"] && third.json?["outputs"] == first.json?["outputs"])
            #expect(again.json?["id"]?.stringValue == "seven")
            #expect(other.json?["outputs"] != first.json?["outputs"])
            #expect(runs.value == 2)
            #expect(server.metric("slipway_cache_requests_total", #"result="hit""#) == 2)
            #expect(server.metric("slipway_cache_requests_total", #"result="miss""#) == 2)
            #expect((server.metric("slipway_cache_bytes") ?? 0) > 32)
        }
    }

    @Test func equalRequestsAtTheSameTimeShareOneRun() async throws {
        let gate = Gate()
        try await TestPlane.run([Self.endpoint(.gated(gate, factor: 2), .long)]) { server in
            let clients = try (0..<5).map { _ in try server.client() }
            for client in clients { try client.send(HTTPConformance.whole(Self.body(1))) }
            gate.waitUntilEntered(1)
            try server.wait { server.metric("slipway_cache_requests_total", #"result="shared""#) == 4 }
            gate.open()
            for client in clients { #expect(try client.reply()?.status == 200) }
            #expect(gate.count == 1)
        }
    }

    @Test func whoWaitedForOneThatFailedRunsByItself() async throws {
        let (gate, runs) = (Gate(), EventCount())
        let inner = ScriptedSession.doubler()
        let session = ScriptedSession(inner.signature) { inputs throws(EngineError) in
            gate.pass()
            runs.add()
            if runs.value == 1 { throw EngineError(.runFailed, .onnxRuntime, "once") }
            return try inner.run(inputs)
        }
        try await TestPlane.run([Self.endpoint(session, .long)]) { server in
            let clients = try (0..<3).map { _ in try server.client() }
            try clients[0].send(HTTPConformance.whole(Self.body(1)))
            gate.waitUntilEntered(1)
            for client in clients[1...] { try client.send(HTTPConformance.whole(Self.body(1))) }
            try server.wait { server.metric("slipway_cache_requests_total", #"result="shared""#) == 2 }
            gate.open()
            #expect(try clients[0].reply()?.status == 500)
            for client in clients[1...] { #expect(try client.reply()?.status == 200) }
            #expect(runs.value == 2, "a failure is not kept, and of two that waited one ran for both")
        }
    }

    @Test func aLeaderWhoLeavesInTheQueueHandsOn() async throws {
        let gate = Gate()
        try await TestPlane.run(
            [Self.endpoint(.gated(gate, factor: 2), .long)], configure: { $0.runThreads = 1 }
        ) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole(Self.body(9)))
            gate.waitUntilEntered(1)
            let (leader, follower) = (try server.client(), try server.client())
            try leader.send(HTTPConformance.whole(Self.body(1)))
            try server.wait { server.plane.queuedRuns == 1 }
            try follower.send(HTTPConformance.whole(Self.body(1)))
            try server.wait { server.metric("slipway_cache_requests_total", #"result="shared""#) == 1 }
            leader.disconnect()
            try server.wait { server.metric("slipway_cache_requests_total", #"result="miss""#) == 3 }
            gate.open()
            #expect(try first.reply()?.status == 200 && follower.reply()?.status == 200)
            #expect(gate.count == 2)
        }
    }

    @Test func aFollowersDeadlineHolds() async throws {
        let gate = Gate()
        try await TestPlane.run([Self.endpoint(.gated(gate, factor: 2), .long)]) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole(Self.body(1)))
            gate.waitUntilEntered(1)
            let late = try server.client().post(
                "/v2/models/digits/infer", Self.body(1, rest: #","parameters":{"timeout":20000}"#))
            #expect(late.status == 504)
            gate.open()
            #expect(try first.reply()?.status == 200)
        }
    }

    // MARK: - Bounds

    private static func slot(_ bytes: Int) throws -> [OutputSlot] {
        [.tensor(try Tensor(zeros: .uint8, Shape([bytes])))]
    }

    private static func key(_ number: Int) throws -> ResponseCache.Key {
        ResponseCache.Key(inputs: [try Tensor(.int64, Shape([1]), values: [number])], wanted: [0])
    }

    private static func finds(_ cache: ResponseCache, _ number: Int) throws -> Bool {
        let key = try key(number)
        if case .answer = cache.find(key, follower: { _ in }) { return true }
        cache.giveUp(key)
        return false
    }

    @Test func theLongestUnusedGoFirst() throws {
        let cache = ResponseCache(capacity: 16_384)
        for number in 0..<14 {
            _ = cache.find(try Self.key(number), follower: { _ in })
            cache.keep(try Self.key(number), try Self.slot(1000))
            #expect(try Self.finds(cache, 0), "used each time")
        }
        #expect(cache.byteCount <= 16_384)
        #expect(try Self.finds(cache, 13) && !Self.finds(cache, 1))
        _ = cache.find(try Self.key(99), follower: { _ in })
        cache.keep(try Self.key(99), try Self.slot(10_000))
        #expect(try !Self.finds(cache, 99), "too large for its share")
    }

    @Test func keysTellShapesTypesAndTextApart() throws {
        func key(_ tensor: Tensor, _ wanted: [Int] = [0]) -> ResponseCache.Key {
            ResponseCache.Key(inputs: [tensor], wanted: wanted)
        }
        func text(_ words: [String]) throws -> Tensor { try Tensor(Shape([2]), strings: StringElements(words)) }
        let row = try Tensor(.float32, Shape([1, 2]), values: [1, 2] as [Float])
        #expect(key(row) == key(try Tensor(.float32, Shape([1, 2]), values: [1, 2] as [Float])))
        #expect(key(row) != key(try Tensor(.float32, Shape([2, 1]), values: [1, 2] as [Float])))
        #expect(key(row) != key(row, [1]) && key(row, [0, 1]) != key(row, [1, 0]))
        #expect(try key(text(["ab", "c"])) != key(text(["a", "bc"])))
    }

    @Test(arguments: 0..<20)
    func aRecencyListIsWhatASlowOneIs(seed: UInt64) {
        var state = seed &+ 1
        func random(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        var list = RecencyList<Int, Int>()
        var slow: [(key: Int, value: Int, cost: Int)] = []
        for step in 0..<3000 {
            let key = random(20)
            switch random(4) {
            case 0:
                let cost = random(10)
                list.insert(key, step, cost: cost)
                slow.removeAll { $0.key == key }
                slow.append((key, step, cost))
            case 1:
                let found = slow.firstIndex { $0.key == key }
                #expect(list.use(key) == found.map { slow[$0].value })
                if let found { slow.append(slow.remove(at: found)) }
            case 2:
                list.remove(key)
                slow.removeAll { $0.key == key }
            default:
                list.removeOldest()
                if !slow.isEmpty { slow.removeFirst() }
            }
            #expect(list.count == slow.count && list.cost == slow.reduce(0) { $0 + $1.cost })
        }
    }
}
