import Dispatch
import Glibc
import NIOCore
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Versions that come and go under load, and the server's own end.
@Suite struct Swaps {
    /// Clients that ask one after the other until they are told to stop, or the server ends their connection.
    final class Load: Sendable {
        struct Tally: Sendable {
            var answers: [String: Int] = [:]
            var failures: [String] = []
        }

        private let tally = Mutex(Tally())
        private let isStopping = Atomic<Bool>(false)
        private let group = DispatchGroup()

        init(clients: Int, port: Int) {
            for _ in 0..<clients {
                let queue = DispatchQueue(label: "client")
                queue.async(group: group) { self.work(port) }
            }
        }

        private func work(_ port: Int) {
            do {
                let client = try RawClient(port: port)
                while !isStopping.load(ordering: .relaxed) {
                    let reply = try client.post("/v2/models/digits/infer", HTTPConformance.json)
                    let answer = reply.status == 200 ? Self.answer(reply) : nil
                    tally.withLock { tally in
                        if let answer {
                            tally.answers[answer, default: 0] += 1
                        } else {
                            tally.failures.append(reply.text)
                        }
                    }
                    if reply.header("connection") == "close" { return }
                }
            } catch {
                tally.withLock { $0.failures.append("\(error)") }
            }
        }

        /// The version that answered, provided the numbers are that version's.
        private static func answer(_ reply: RawClient.Reply) -> String? {
            guard let version = reply.json?["model_version"]?.stringValue,
                let data = reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.map(\.doubleValue)
            else { return nil }
            let factor = Double(version) ?? 0
            return data == [1, 2, 3, 4].map { $0 * factor } ? version : nil
        }

        var answered: Int { tally.withLock { $0.answers.values.reduce(0, +) } }

        func finish() -> Tally {
            isStopping.store(true, ordering: .relaxed)
            group.wait()
            return tally.withLock { $0 }
        }

        /// Waits until so many more requests were answered.
        func waitForAnswers(_ more: Int, _ server: TestPlane) throws {
            let goal = answered + more
            try server.wait { answered >= goal }
        }
    }

    static func version(
        _ number: Int, _ calibration: Calibration, onDrained: @escaping @Sendable () -> Void = {}
    ) -> ServingEndpoint {
        .of(.scaling(by: Float(number)), version: String(number), calibration: calibration, onDrained: onDrained)
    }

    @Test(arguments: [Calibration.instant, .long])
    func swappingUnderLoadLosesNothing(_ calibration: Calibration) async throws {
        let drained = Mutex<[Int]>([])
        try await TestPlane.run([]) { server in
            server.plane.publish(
                RoutingTable(endpoints: [Self.version(1, calibration) { drained.withLock { $0.append(1) } }]))
            let load = Load(clients: 4, port: server.port)
            for number in 2...8 {
                try load.waitForAnswers(60, server)
                server.plane.publish(
                    RoutingTable(endpoints: [
                        Self.version(number, calibration) { drained.withLock { $0.append(number) } }
                    ]))
            }
            try load.waitForAnswers(60, server)
            let tally = load.finish()
            #expect(tally.failures == [])
            #expect(Set(tally.answers.keys) == Set((1...8).map(String.init)))
            try server.wait { drained.withLock({ $0.count }) >= 7 }
            #expect(drained.withLock { $0.sorted() } == Array(1...7), "each once, and the current one not")
        }
        #expect(drained.withLock { $0.sorted() } == Array(1...8), "the last when the server ended")
    }

    @Test func aRequestIsAnsweredByTheVersionItPicked() async throws {
        let drained = EventCount()
        let gate = Gate()
        let first = ServingEndpoint.of(.gated(gate, factor: 1), version: "1", calibration: .long) {
            drained.add()
        }
        try await TestPlane.run([first]) { server in
            let waiting = try server.client()
            try waiting.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            let receiving = try server.client()
            try receiving.send(String(HTTPConformance.whole().dropLast(10)))
            try server.wait { first.arms[0].servable.requestsInFlight >= 2 }
            server.plane.publish(RoutingTable(endpoints: [Self.version(2, .instant)]))
            let next = try server.client().post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(next.json?["model_version"]?.stringValue == "2")
            #expect(drained.value == 0)
            try receiving.send(String(HTTPConformance.whole().suffix(10)))
            gate.open()
            for client in [waiting, receiving] {
                #expect(try client.reply()?.text.contains(#""model_version":"1""#) == true)
            }
            try server.wait { drained.value != 0 }
            #expect(first.arms[0].servable.requestsInFlight == 0)
        }
    }

    @Test func anUnusedVersionIsDrainedAsSoonAsItLeaves() async throws {
        let drained = EventCount()
        try await TestPlane.run([Self.version(1, .instant) { drained.add() }]) { server in
            server.plane.publish(.empty)
            try server.wait { drained.value != 0 }
        }
        #expect(drained.value == 1)
    }

    // MARK: Arms

    static func canary(_ weights: [Int], header: String? = nil) -> ServingEndpoint? {
        let arms = weights.enumerated().map { index, weight in
            ServingEndpoint.Arm(version(index + 1, .instant).arms[0].servable, weight: weight)
        }
        return ServingEndpoint(name: "digits", arms: arms, routingKeyHeader: header)
    }

    static func answers(_ client: RawClient, _ count: Int, headers: [String] = []) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for _ in 0..<count {
            let reply = try client.post("/v2/models/digits/infer", HTTPConformance.json, headers: headers)
            counts[reply.json?["model_version"]?.stringValue ?? reply.text, default: 0] += 1
        }
        return counts
    }

    @Test func requestsWithoutAKeyAreDividedByWeight() async throws {
        try await TestPlane.run([try #require(Self.canary([9000, 1000]))]) { server in
            let counts = try Self.answers(try server.client(), 2000)
            // 200 expected; six standard deviations are 80.
            #expect((120...280).contains(counts["2"] ?? 0) && counts.values.reduce(0, +) == 2000, "\(counts)")
        }
    }

    @Test func aKeyStaysWithItsArmWhileTheCanaryGrows() async throws {
        try await TestPlane.run([]) { server in
            var moved: [String: Int] = [:]
            for weight in [1000, 5000, 9000] {
                server.plane.publish(
                    RoutingTable(endpoints: [try #require(Self.canary([10_000 - weight, weight], header: "X-User"))]))
                let client = try server.client()
                for user in 0..<40 {
                    let counts = try Self.answers(client, 3, headers: ["x-user: u\(user)"])
                    #expect(counts.count == 1, "a key has one arm")
                    if moved["u\(user)"] != nil { #expect(counts["2"] == 3, "a client of the canary keeps it") }
                    if counts["2"] != nil { moved["u\(user)"] = weight }
                }
            }
            #expect(moved.count > 25)
        }
    }

    @Test func aVersionInThePathNeedsNoWeight() async throws {
        try await TestPlane.run([try #require(Self.canary([10_000, 0]))]) { server in
            let client = try server.client()
            #expect(try Self.answers(client, 20) == ["1": 20])
            for version in ["1", "2"] {
                let reply = try client.post("/v2/models/digits/versions/\(version)/infer", HTTPConformance.json)
                #expect(reply.json?["model_version"]?.stringValue == version)
            }
            let metadata = try client.request("GET", "/v2/models/digits")
            #expect(metadata.json?["versions"] == ["1", "2"])
            let unknown = try client.post("/v2/models/digits/versions/3/infer", HTTPConformance.json)
            #expect(unknown.status == 404 && unknown.error?.hasSuffix("loaded: 1, 2") == true)
        }
    }

    // MARK: Ending

    @Test(arguments: [Calibration.instant, .long])
    func drainingUnderLoadLosesNothing(_ calibration: Calibration) async throws {
        let configure: (inout DataPlaneConfiguration) -> Void = { $0.drainDelay = 30_000_000 }
        try await TestPlane.run([Self.version(2, calibration)], configure: configure) { server in
            let load = Load(clients: 8, port: server.port)
            try load.waitForAnswers(200, server)
            #expect(await server.plane.shutdown(), "every connection ended by itself")
            let tally = load.finish()
            #expect(tally.failures == [])
            #expect(server.plane.connectionCount == 0)
        }
    }

    @Test func readinessFailsFirstAndRequestsGoOn() async throws {
        try await TestPlane.run([Self.version(2, .instant)]) { server in
            let client = try server.client()
            server.plane.beginDrain()
            #expect(try client.request("GET", "/v2/health/ready").status == 503)
            #expect(try client.request("GET", "/v2/models/digits/ready").status == 503)
            #expect(try client.request("GET", "/v2/health/live").status == 200)
            let reply = try client.post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(reply.status == 200 && reply.header("connection") == nil)
            #expect(try server.client().request("GET", "/v2").status == 200, "new connections are still taken")
        }
    }

    @Test func whatIsInFlightIsAnsweredBeforeTheEnd() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { server in
            let (busy, idle) = (try server.client(), try server.client())
            #expect(try idle.request("GET", "/v2").status == 200)
            try busy.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            async let ended = server.plane.shutdown()
            #expect(try idle.waitForClose())
            gate.open()
            let reply = try #require(try busy.reply())
            #expect(reply.status == 200 && reply.header("connection") == "close")
            #expect(try busy.waitForClose())
            #expect(await ended)
        }
    }

    @Test func graceEnds() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) { server in
            let client = try server.client()
            try client.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            async let ended = server.plane.shutdown(grace: 50_000_000)
            #expect(try client.waitForClose())
            #expect(await !ended, "a run that does not end cannot hold up the end")
            gate.open()
        }
    }
}
