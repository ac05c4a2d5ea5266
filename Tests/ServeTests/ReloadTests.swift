import Dispatch
import Engines
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Versions that are out of memory, and come back when they are asked for.
@Suite struct Reloads {
    /// A version whose session comes back when the test says so.
    private final class Lodger: Sendable {
        let asked = EventCount()
        private let made = Mutex<Servable?>(nil)

        var servable: Servable {
            get throws { try #require(made.withLock { $0 }) }
        }

        /// - Parameter comesBack: at once when it is asked for.
        func endpoint(_ calibration: Calibration, cacheBytes: Int = 0, comesBack: Bool = false) -> ServingEndpoint {
            let servable = Servable(
                model: "digits", version: "3", digest: "sha256:00", session: ScriptedSession.scaling(by: 3),
                calibration: calibration, cacheBytes: cacheBytes,
                reload: {
                    self.asked.add()
                    if comesBack { DispatchQueue.global().async { try? self.comeBack() } }
                })
            made.withLock { $0 = servable }
            return ServingEndpoint(name: "digits", servable: servable)
        }

        func unload() throws -> Bool { try servable.unload() != nil }
        func comeBack() throws { try servable.loaded(ScriptedSession.scaling(by: 3)) }
    }

    private static let path = "/v2/models/digits/infer"

    @Test(arguments: [Calibration.instant, .long])
    func manyRequestsForAnUnloadedVersionCauseOneLoad(_ calibration: Calibration) async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(calibration)]) { server in
            #expect(try lodger.unload())
            #expect(try !lodger.unload(), "it is out already")
            let clients = try (0..<6).map { _ in try server.client() }
            for client in clients { try client.send(HTTPConformance.whole()) }
            try server.wait { try lodger.servable.requestsInFlight == 6 && lodger.asked.value == 1 }
            try lodger.comeBack()
            for client in clients {
                let reply = try #require(try client.reply())
                let data = reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.map(\.doubleValue)
                #expect(reply.status == 200 && data == [3, 6, 9, 12], "\(reply.text)")
            }
            #expect(lodger.asked.value == 1)
            // Who has picked the version may still find it back before he waits.
            let waits = try #require(server.metric("slipway_reload_wait_seconds_count"))
            #expect((1...6).contains(waits))
            #expect(try server.client().post(Self.path, HTTPConformance.json).status == 200)
            #expect(server.metric("slipway_reload_wait_seconds_count") == waits, "the next one does not wait")
        }
    }

    @Test func aVersionWithRequestsIsNotUnloaded() async throws {
        let gate = Gate()
        let asked = EventCount()
        let servable = Servable(
            model: "digits", version: "3", digest: "sha256:00", session: ScriptedSession.gated(gate, factor: 2),
            calibration: .long, reload: { asked.add() })
        try await TestPlane.run([ServingEndpoint(name: "digits", servable: servable)]) { server in
            let (running, receiving) = (try server.client(), try server.client())
            try running.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            try receiving.send(String(HTTPConformance.whole().dropLast(10)))
            try server.wait { servable.requestsInFlight == 2 }
            #expect(servable.unload() == nil && servable.isResident)
            gate.open()
            #expect(try running.reply()?.status == 200)
            #expect(servable.unload() == nil, "the other request has only come in half")
            try receiving.send(String(HTTPConformance.whole().suffix(10)))
            #expect(try receiving.reply()?.status == 200)
            try server.wait { servable.requestsInFlight == 0 }
            #expect(servable.unload() != nil)
        }
        #expect(asked.value == 0)
    }

    @Test func aVersionThatCannotComeBackStays() {
        let servable = Servable(
            model: "digits", version: "3", digest: "", session: ScriptedSession.doubler(), calibration: .instant)
        #expect(servable.unload() == nil && servable.isResident)
    }

    @Test func anUnloadedVersionIsReadyAndDescribed() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.instant)]) { server in
            #expect(try lodger.unload())
            let client = try server.client()
            for path in [
                "/v2/health/ready", "/v2/models/digits/ready", "/v2/models/digits", "/v2/models/digits/config",
            ] {
                #expect(try client.request("GET", path).status == 200, "\(path)")
            }
            let index = try client.post("/v2/repository/index", "").text
            #expect(index.contains(#""state":"READY""#) && index.contains("the next request loads it"), "\(index)")
            #expect(lodger.asked.value == 0, "none of this loads it")
        }
    }

    @Test func aRequestThatIsWrongLoadsNothing() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.instant)]) { server in
            let client = try server.client()
            #expect(try lodger.unload())
            #expect(try client.post(Self.path, #"{"inputs":[]}"#).status == 400)
            #expect(lodger.asked.value == 0)
        }
    }

    @Test func aLoadThatFailsAnswersEverybodyWithTheReason() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.long)]) { server in
            #expect(try lodger.unload())
            let clients = try (0..<3).map { _ in try server.client() }
            for client in clients { try client.send(HTTPConformance.whole()) }
            try server.wait { try lodger.servable.requestsInFlight == 3 }
            try lodger.servable.loadFailed("digits:3 needs about 4 MB", retryAfter: 7)
            for client in clients {
                let reply = try #require(try client.reply())
                #expect(reply.status == 503 && reply.header("retry-after") == "7")
                #expect(reply.error?.contains("digits:3 needs about 4 MB") == true, "\(reply.text)")
            }
            let soon = try server.client().post(Self.path, HTTPConformance.json)
            #expect(soon.status == 503 && lodger.asked.value == 1, "it is not tried again at once")
            try lodger.comeBack()
            #expect(try server.client().post(Self.path, HTTPConformance.json).status == 200)
        }
    }

    @Test func aRequestWaitsNoLongerThanItsTime() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.instant)]) { server in
            #expect(try lodger.unload())
            let body = String(HTTPConformance.json.dropLast()) + #","parameters":{"timeout":30000}}"#
            let late = try server.client().post(Self.path, body)
            #expect(late.status == 504, "\(late.text)")
            #expect(try !lodger.servable.isAwaited(), "nobody waits any more: the load need not begin")
            let next = try server.client()
            try next.send(HTTPConformance.whole())
            try server.wait { lodger.asked.value == 2 }
            try lodger.comeBack()
            #expect(try next.reply()?.status == 200)
        }
    }

    @Test func theNumberOfThoseWhoWaitIsBounded() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.instant)], configure: { $0.runQueue = 2 }) { server in
            #expect(try lodger.unload())
            let clients = try (0..<2).map { _ in try server.client() }
            for client in clients { try client.send(HTTPConformance.whole()) }
            try server.wait { try lodger.servable.requestsInFlight == 2 }
            let third = try server.client().post(Self.path, HTTPConformance.json)
            #expect(third.status == 503 && third.header("retry-after") != nil)
            try lodger.comeBack()
            for client in clients { #expect(try client.reply()?.status == 200) }
        }
    }

    @Test func anAnswerThatIsKeptNeedsNoSession() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.long, cacheBytes: 1 << 20)]) { server in
            let client = try server.client()
            let first = try client.post(Self.path, HTTPConformance.json)
            try server.wait { try lodger.servable.requestsInFlight == 0 }
            #expect(try lodger.unload())
            #expect(try client.post(Self.path, HTTPConformance.json).text == first.text)
            #expect(lodger.asked.value == 0)
        }
    }

    @Test func aVersionThatIsReplacedWhileItComesBackAnswersThoseWhoPickedIt() async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(.long)]) { server in
            #expect(try lodger.unload())
            let client = try server.client()
            try client.send(HTTPConformance.whole())
            try server.wait { lodger.asked.value == 1 }
            server.plane.publish(RoutingTable(endpoints: [.of(.scaling(by: 4), version: "4")]))
            let next = try server.client().post(Self.path, HTTPConformance.json)
            #expect(next.json?["model_version"]?.stringValue == "4")
            try lodger.comeBack()
            let reply = try #require(try client.reply())
            #expect(reply.json?["model_version"]?.stringValue == "3", "\(reply.text)")
        }
    }

    /// Runs use the session without a lock; this is what would tear if unloading were not told to later requests in the
    /// step in which it happens.
    @Test(arguments: [Calibration.instant, .long])
    func unloadingUnderLoadLosesNothing(_ calibration: Calibration) async throws {
        let lodger = Lodger()
        try await TestPlane.run([lodger.endpoint(calibration, comesBack: true)]) { server in
            let load = Swaps.Load(clients: 4, port: server.port)
            var unloads = 0
            let end = MonotonicClock.now() + 20 * HTTPLimits.second
            while load.answered < 2000, MonotonicClock.now() < end { if try lodger.unload() { unloads += 1 } }
            let tally = load.finish()
            #expect(
                tally.failures.isEmpty && unloads > 1 && tally.answers["3"] ?? 0 >= 100,
                "\(unloads) unloads, \(tally.failures.prefix(3))")
        }
    }
}
