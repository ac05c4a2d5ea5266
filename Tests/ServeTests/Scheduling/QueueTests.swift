import Engines
import Tensors
import Testing

@testable import Serve

/// Runs that wait: bounds, deadlines, clients that leave.
@Suite struct Queueing {
    static func timed(_ microseconds: Int) -> String {
        String(HTTPConformance.json.dropLast()) + #","parameters":{"timeout":\#(microseconds)}}"#
    }

    @Test func aFullQueueIsSaidSoAndHealthAnswers() async throws {
        let gate = Gate()
        try await TestPlane.run(
            [.of(.gated(gate, factor: 2), calibration: .long)],
            configure: {
                $0.runThreads = 1
                $0.runQueue = 2
            }
        ) { server in
            let clients = try (0..<3).map { _ in try server.client() }
            try clients[0].send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            for client in clients[1...] { try client.send(HTTPConformance.whole()) }
            try server.wait { server.plane.queuedRuns >= 2 }
            let refused = try server.client().post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(refused.status == 503 && refused.code == "queue_full" && refused.header("retry-after") == "1")
            for path in ["/v2/health/live", "/v2/health/ready", "/v2/models/digits/ready", "/metrics"] {
                #expect(try server.client().request("GET", path).status == 200, "answered while every thread is busy")
            }
            gate.open()
            for client in clients { #expect(try client.reply()?.status == 200) }
        }
    }

    @Test func requestsOfClientsThatLeftAreNotRun() async throws {
        let gate = Gate()
        let endpoint = ServingEndpoint.of(.gated(gate, factor: 2), calibration: .long)
        try await TestPlane.run([endpoint], configure: { $0.runThreads = 1 }) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            let leaving = try (0..<5).map { _ in try server.client() }
            for client in leaving { try client.send(HTTPConformance.whole()) }
            try server.wait { server.plane.queuedRuns >= 5 }
            for client in leaving { client.disconnect() }
            try server.wait { server.plane.connectionCount <= 1 }
            gate.open()
            #expect(try first.reply()?.status == 200)
            try server.wait { endpoint.arms[0].servable.requestsInFlight <= 0 }
            #expect(gate.count == 1)
            #expect(server.plane.bytesInUse == 0)
        }
    }

    @Test func tenThousandPipelinedRequestsOfAClientThatLeftAreDropped() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)], configure: { $0.runThreads = 1 }) {
            server in
            let client = try server.client()
            client.sendWhatIsTaken(Array(HTTPConformance.whole().utf8))
            gate.waitUntilEntered(1)
            try client.send(String(repeating: HTTPConformance.whole(), count: 1000))
            client.disconnect()
            gate.open()
            try server.wait { server.plane.connectionCount == 0 }
            #expect(gate.count < 20, "of a thousand, those before the first reply came back undelivered")
        }
    }

    @Test func aDeadlineThatPassesInTheQueueIsAnsweredWithoutARun() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)], configure: { $0.runThreads = 1 }) {
            server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            let second = try server.client()
            let late = try second.post("/v2/models/digits/infer", Self.timed(20_000))
            #expect(late.status == 504 && late.code == "deadline_exceeded")
            gate.open()
            #expect(try first.reply()?.status == 200)
            #expect(try second.post("/v2/models/digits/infer", Self.timed(10_000_000)).status == 200)
            #expect(gate.count == 2, "the late request did not run")
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func aDeadlineThatHasPassedIsNeverRun(_ calibration: Calibration) async throws {
        let runs = EventCount()
        let inner = ScriptedSession.doubler()
        let session = ScriptedSession(inner.signature) { inputs throws(EngineError) in
            runs.add()
            return try inner.run(inputs)
        }
        try await TestPlane.run([.of(session, calibration: calibration)]) { server in
            let client = try server.client()
            let json = Self.timed(1)
            try client.send(HTTPConformance.infer + "Content-Length: \(json.utf8.count)\r\n\r\n" + json.dropLast())
            try server.wait { server.plane.requestsInFlight != 0 }
            try client.send(String(json.suffix(1)))
            #expect(try client.reply()?.status == 504)
            #expect(runs.value == 0)
        }
    }

    @Test func theServersOwnDeadlineHolds() async throws {
        let gate = Gate()
        try await TestPlane.run(
            [.of(.gated(gate, factor: 2), calibration: .long)],
            configure: {
                $0.runThreads = 1
                // Long enough for the first to begin on a busy machine.
                $0.requestTimeout = 500_000_000
            }
        ) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            #expect(try server.client().post("/v2/models/digits/infer", HTTPConformance.json).status == 504)
            gate.open()
            #expect(try first.reply()?.status == 200, "a run that began is answered")
        }
    }

    /// Short and long runs of one model: each goes where its size says.
    @Test func sizeDecidesWhereARequestRuns() async throws {
        let calibration = Calibration(
            points: [.init(elements: 4, nanoseconds: 10_000), .init(elements: 400, nanoseconds: 1_000_000)],
            predictsOutputShapes: true)
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            for rows in [1, 1, 1, 90] {
                let data = (0..<rows * 4).map(String.init).joined(separator: ",")
                let body = JSONInference.x(#""shape":[\#(rows),4],"datatype":"FP32","data":[\#(data)]"#)
                #expect(try client.post("/v2/models/digits/infer", body).status == 200)
            }
            #expect(server.metric("slipway_runs_total", #"mode="inline""#) == 3)
            #expect(server.metric("slipway_runs_total", #"mode="threads""#) == 1)
        }
    }
}
