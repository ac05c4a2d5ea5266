import Engines
import Monitor
import Release
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Answered requests that another version is asked as well.
@Suite struct MirroringTests {
    /// Pairs as they come.
    final class Pairs: Sendable {
        private let pairs = Mutex<[MirroredPair]>([])
        var all: [MirroredPair] { pairs.withLock { $0 } }
        var count: Int { pairs.withLock { $0.count } }
        func add(_ pair: MirroredPair) { pairs.withLock { $0.append(pair) } }
    }

    private static let ask = "/v2/models/digits/infer"

    /// Requests of which it is known what became.
    private static func done(_ mirror: Mirror) -> Int {
        mirror.counts.compared.value + mirror.counts.late.value + mirror.counts.dropped.value
    }

    private static func data(_ reply: RawClient.Reply) -> [Double]? {
        reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.compactMap(\.doubleValue)
    }

    private static func counts() -> Mirror.Counts {
        .init(compared: Counter(), failed: Counter(), dropped: Counter(), late: Counter(), absent: Counter())
    }

    private static func servable(
        _ session: any Session, _ version: String, _ calibration: Calibration = .instant,
        onDrained: @escaping @Sendable () -> Void = {}
    ) -> Servable {
        Servable(
            model: "digits", version: version, digest: "sha256:0\(version)", session: session,
            calibration: calibration, onDrained: onDrained)
    }

    /// Version 1 answers everything, version 2 is shown copies.
    private static func shadowed(
        _ base: Servable, _ shadow: Servable, _ mirror: Mirror
    ) -> ServingEndpoint {
        var endpoint = ServingEndpoint(name: "digits", servable: base)
        endpoint.mirrored = [MirroredVersions(mirror, base: base, candidate: shadow)]
        return endpoint
    }

    @Test(arguments: [Calibration.instant, .long])
    func aShadowIsAskedWhatTheLiveVersionAnswered(_ calibration: Calibration) async throws {
        let pairs = Pairs()
        let mirror = Mirror(counts: Self.counts()) { pairs.add($0) }
        let base = Self.servable(ScriptedSession.doubler(), "1", calibration)
        let shadow = Self.servable(ScriptedSession.scaling(by: 3), "2")
        mirror.open(basisPoints: 10_000)
        try await TestPlane.run([Self.shadowed(base, shadow, mirror)]) { server in
            let client = try server.client()
            for index in 1...20 {
                #expect(Self.data(try client.post(Self.ask, HTTPConformance.json)) == [2, 4, 6, 8])
                // One after the other: a copy that meets a busy lock is let go.
                try server.wait { Self.done(mirror) == index }
            }
            let pair = try #require(pairs.all.first)
            #expect(pair.inputs[0].values(as: Float.self) == [1, 2, 3, 4])
            #expect(pair.base[0]?.values(as: Float.self) == [2, 4, 6, 8])
            #expect(pair.candidate?[0]?.values(as: Float.self) == [3, 6, 9, 12])
            #expect(pair.rows == 1 && pair.baseSeconds > 0 && pair.candidateSeconds > 0)
            #expect(server.metric("slipway_requests_total", #"version="2""#) ?? 0 == 0)
            #expect(server.metric("slipway_requests_total", #"version="1""#) == 20)
            let named = try client.post("/v2/models/digits/versions/1/infer", HTTPConformance.json)
            #expect(named.status == 200)
            let missing = try client.post("/v2/models/digits/versions/2/infer", HTTPConformance.json)
            #expect(missing.status == 404, "a shadow answers nobody")
            try server.wait { shadow.requestsInFlight == 0 }
        }
    }

    @Test func whatFailsOnTheShadowIsToldAndHarmsNobody() async throws {
        let pairs = Pairs()
        let mirror = Mirror(counts: Self.counts()) { pairs.add($0) }
        let base = Self.servable(ScriptedSession.doubler(), "1")
        mirror.open(basisPoints: 10_000)
        try await TestPlane.run([Self.shadowed(base, Self.servable(ScriptedSession.failing(), "2"), mirror)]) {
            server in
            #expect(try server.client().post(Self.ask, HTTPConformance.json).status == 200)
            try server.wait { pairs.count == 1 }
            #expect(pairs.all[0].candidate == nil && pairs.all[0].failure?.contains("gather") == true)
            #expect(mirror.counts.failed.value == 1)
            #expect(server.metric("slipway_requests_total", #"code="500""#) ?? 0 == 0)
        }
    }

    @Test func aSlowShadowHoldsNeitherRequestsNorTheirMemory() async throws {
        let gate = Gate()
        let mirror = Mirror(counts: Self.counts()) { _ in }
        let base = Self.servable(ScriptedSession.doubler(), "1")
        let shadow = Self.servable(ScriptedSession.gated(gate, factor: 3), "2")
        mirror.open(basisPoints: 10_000)
        try await TestPlane.run([Self.shadowed(base, shadow, mirror)]) { server in
            let client = try server.client()
            let count = MirrorThread.capacity + 50
            for _ in 0..<count { #expect(try client.post(Self.ask, HTTPConformance.json).status == 200) }
            gate.waitUntilEntered(1)
            // One runs, so many wait, the others are let go; counted after the reply has left.
            try server.wait { mirror.counts.dropped.value >= count - 1 - MirrorThread.capacity }
            try server.wait { base.requestsInFlight == 0 && shadow.requestsInFlight == 0 }
            try server.wait { MonotonicClock.now() &- base.lastUsed > MirrorThread.longestWait }
            gate.open()
            // The one that ran was in time; what waited behind it is stale.
            try server.wait { Self.done(mirror) == count }
            #expect(mirror.counts.compared.value == 1)
        }
    }

    @Test func bothArmsOfACanaryAreAskedAndPairsAreInOneOrder() async throws {
        let pairs = Pairs()
        let mirror = Mirror(counts: Self.counts()) { pairs.add($0) }
        let base = Self.servable(ScriptedSession.doubler(), "1")
        let canary = Self.servable(ScriptedSession.scaling(by: 3), "2")
        var endpoint = try #require(
            ServingEndpoint(
                name: "digits", arms: [.init(base, weight: 5000), .init(canary, weight: 5000)]))
        endpoint.mirrored = [MirroredVersions(mirror, base: base, candidate: canary)]
        try await TestPlane.run([endpoint]) { server in
            let client = try server.client()
            for _ in 0..<5 { _ = try client.post(Self.ask, HTTPConformance.json) }
            mirror.open(basisPoints: 10_000)
            var answers: Set<String> = []
            while answers.count < 2 {
                let reply = try client.post(Self.ask, HTTPConformance.json)
                answers.insert(reply.json?["model_version"]?.stringValue ?? "")
                try server.wait { Self.done(mirror) >= 1 }
            }
            try server.wait { Self.done(mirror) >= 2 }
            #expect(!pairs.all.isEmpty)
            for pair in pairs.all {
                #expect(pair.base[0]?.values(as: Float.self) == [2, 4, 6, 8])
                #expect(pair.candidate?[0]?.values(as: Float.self) == [3, 6, 9, 12])
            }
        }
    }

    @Test func aShadowThatLeavesIsDrainedOnce() async throws {
        let drained = EventCount()
        let mirror = Mirror(counts: Self.counts()) { _ in }
        let base = Self.servable(ScriptedSession.doubler(), "1")
        let shadow = Self.servable(ScriptedSession.scaling(by: 3), "2") { drained.add() }
        mirror.open(basisPoints: 10_000)
        try await TestPlane.run([Self.shadowed(base, shadow, mirror)]) { server in
            _ = try server.client().post(Self.ask, HTTPConformance.json)
            // It becomes the version that answers, and the other its shadow: neither leaves.
            server.plane.publish(RoutingTable(endpoints: [Self.shadowed(shadow, base, mirror)]))
            #expect(Self.data(try server.client().post(Self.ask, HTTPConformance.json)) == [3, 6, 9, 12])
            #expect(drained.value == 0)
            server.plane.publish(RoutingTable(endpoints: [ServingEndpoint(name: "digits", servable: base)]))
            try server.wait { drained.value == 1 }
        }
        #expect(drained.value == 1)
    }

    @Test func versionsThatTakeOtherInputsAreNotAsked() throws {
        let base = Self.servable(ScriptedSession.doubler(), "1")
        let other = Self.servable(ScriptedSession.pair(), "2")
        let words = try #require(MirroredVersions.obstacle(from: base, to: other))
        #expect(words.contains("'a'"), "\(words)")
        #expect(MirroredVersions.obstacle(from: base, to: Self.servable(ScriptedSession.doubler(), "3")) == nil)
        let whole = Self.servable(ScriptedSession.identity(.int64), "4")
        #expect(MirroredVersions.obstacle(from: whole, to: base)?.contains("INT64") == true)
    }

    @Test func aShareAndALimitAreKept() {
        let mirror = Mirror(counts: Self.counts()) { _ in }
        #expect(!mirror.wants(at: 1) && !mirror.isOpen)
        mirror.open(basisPoints: 1000)
        let taken = (0..<10_000).count { _ in mirror.wants(at: 1) }
        #expect((850...1150).contains(taken), "\(taken)")
        mirror.open(basisPoints: 10_000, perSecond: 100)
        let second = (0..<1000).count { mirror.wants(at: 1_000_000_000 + UInt64($0) * 1_000_000) }
        #expect((80...120).contains(second), "\(second) in a second of 1,000")
        mirror.close()
        #expect(!mirror.wants(at: 2))
    }
}
