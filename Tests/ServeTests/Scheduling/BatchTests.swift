import Engines
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Requests that share a run are answered as if they had not.
@Suite struct Batches {
    private static let eight: BatchingPolicy = {
        var policy = BatchingPolicy()
        policy.maximumRows = 8
        return policy
    }()

    private static func endpoint(_ session: ScriptedSession) -> ServingEndpoint {
        ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00", session: session, calibration: .long,
                batching: eight))
    }

    private static func body(_ value: Int, rows: Int = 1, rest: String = "") -> String {
        let data = (0..<rows * 4).map { String(value + $0) }.joined(separator: ",")
        return #"{"inputs":[{"name":"x","shape":[\#(rows),4],"datatype":"FP32","data":[\#(data)]}]\#(rest)}"#
    }

    /// Sends one request, waits until it runs, queues the others behind it, and lets all go on.
    private static func answers(
        _ session: ScriptedSession, _ gate: Gate, _ bodies: [String]
    ) async throws -> (replies: [RawClient.Reply], shared: Double?) {
        let replies = Mutex<[RawClient.Reply]>([])
        let shared = Mutex<Double?>(nil)
        try await TestPlane.run([endpoint(session)], configure: { $0.runThreads = 1 }) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            var clients: [RawClient] = []
            for (index, body) in bodies.enumerated() {
                let client = try server.client()
                try client.send(HTTPConformance.whole(body))
                try server.wait { server.plane.queuedRuns == index + 1 }
                clients.append(client)
            }
            gate.open()
            #expect(try first.reply()?.status == 200)
            for client in clients {
                let reply = try #require(try client.reply())
                replies.withLock { $0.append(reply) }
            }
            let value = server.metric("slipway_batched_requests_total")
            shared.withLock { $0 = value }
        }
        return (replies.withLock { $0 }, shared.withLock { $0 })
    }

    private static func values(_ reply: RawClient.Reply) -> [Double] {
        reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    }

    @Test func whatQueuedTogetherRunsTogetherAndEachGetsItsOwn() async throws {
        let gate = Gate()
        let rows = [1, 3, 2, 1]
        let bodies = rows.enumerated().map { Self.body($0.offset * 100, rows: $0.element) }
        let (replies, shared) = try await Self.answers(.gated(gate, factor: 2), gate, bodies)
        #expect(gate.count == 2 && shared == 4)
        for (index, reply) in replies.enumerated() {
            #expect(reply.status == 200)
            #expect(Self.values(reply) == (0..<rows[index] * 4).map { Double(2 * (index * 100 + $0)) })
            let shape = reply.json?["outputs"]?.arrayValue?.first?["shape"]?.arrayValue?.compactMap(\.intValue)
            #expect(shape == [rows[index], 4])
        }
    }

    @Test func oneThatFailsFailsAlone() async throws {
        let gate = Gate()
        let inner = ScriptedSession.gated(gate, factor: 2)
        let session = ScriptedSession(inner.signature) { inputs throws(EngineError) in
            if inputs[0].values(as: Float.self)?.contains(where: { $0 < 0 }) == true {
                throw EngineError(.runFailed, .onnxRuntime, "negative")
            }
            return try inner.run(inputs)
        }
        let (replies, shared) = try await Self.answers(session, gate, [1, -1, 3].map { Self.body($0 * 50) })
        #expect(replies.map(\.status) == [200, 500, 200])
        #expect(Self.values(replies[2]) == [300, 302, 304, 306])
        #expect(shared == 0)
    }

    @Test func anAnswerWithoutARowForEachIsAskedForAgainOneByOne() async throws {
        let gate = Gate()
        let inner = ScriptedSession.rows("x", "y", .float32, width: 4)
        let signature = Signature(
            inputs: inner.inputs, outputs: [TensorSpec(name: "y", elementType: .float32, dimensions: nil)])
        let session = ScriptedSession(signature) { inputs throws(EngineError) in
            gate.pass()
            let sum = (inputs[0].values(as: Float.self) ?? []).reduce(0, +)
            guard let tensor = try? Tensor(.float32, Shape([1]), values: [sum]) else { return [] }
            return [tensor]
        }
        let (replies, shared) = try await Self.answers(session, gate, [Self.body(0), Self.body(1)])
        #expect(replies.map(Self.values) == [[6], [10]] && shared == 0)
    }

    @Test func clientsThatLeaveTakeTheirRowsAlong() async throws {
        let gate = Gate()
        try await TestPlane.run([Self.endpoint(.gated(gate, factor: 2))], configure: { $0.runThreads = 1 }) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            let (stays, leaves) = (try server.client(), try server.client())
            try leaves.send(HTTPConformance.whole(Self.body(1)))
            try stays.send(HTTPConformance.whole(Self.body(2)))
            try server.wait { server.plane.queuedRuns == 2 }
            leaves.disconnect()
            try server.wait { server.plane.queuedRuns == 1 }
            gate.open()
            #expect(try first.reply()?.status == 200)
            #expect(try stays.reply().map(Self.values) == [4, 6, 8, 10])
            #expect(server.metric("slipway_batched_requests_total") == 0)
        }
    }

    @Test func urgentRequestsOvertake() async throws {
        let gate = Gate()
        let order = Mutex<[Float]>([])
        let inner = ScriptedSession.doubler()
        let session = ScriptedSession(inner.signature) { inputs throws(EngineError) in
            gate.pass()
            order.withLock { $0.append(inputs[0].values(as: Float.self)?.first ?? 0) }
            return try inner.run(inputs)
        }
        try await TestPlane.run([.of(session, calibration: .long)], configure: { $0.runThreads = 1 }) { server in
            let first = try server.client()
            try first.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            var clients: [RawClient] = []
            for (value, priority) in [(10, 9), (20, 0), (30, 1)] {
                let client = try server.client()
                let rest = #","parameters":{"priority":\#(priority)}"#
                try client.send(HTTPConformance.whole(Self.body(value, rest: rest)))
                clients.append(client)
                try server.wait { server.plane.queuedRuns == clients.count }
            }
            gate.open()
            for client in clients { #expect(try client.reply()?.status == 200) }
            #expect(order.withLock { $0 } == [1, 30, 20, 10])
            let refused = try server.client().post(
                "/v2/models/digits/infer", Self.body(1, rest: #","parameters":{"priority":-1}"#))
            #expect(refused.status == 400 && refused.error?.contains("priority") == true)
        }
    }

    // MARK: - Trials

    private static func mixing() -> ScriptedSession {
        let inner = ScriptedSession.doubler()
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            let values = inputs[0].values(as: Float.self) ?? []
            let sum = values.reduce(0, +)
            guard let tensor = try? Tensor(.float32, inputs[0].shape, values: values.map { $0 / sum }) else {
                return []
            }
            return [tensor]
        }
    }

    private static func rounding(by error: Float) -> ScriptedSession {
        let inner = ScriptedSession.doubler()
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            let factor: Float = (inputs[0].rowCount ?? 1) > 1 ? 2 + error : 2
            let values = (inputs[0].values(as: Float.self) ?? []).map { $0 * factor }
            guard let tensor = try? Tensor(.float32, inputs[0].shape, values: values) else { return [] }
            return [tensor]
        }
    }

    /// The last row is large, and the first of a batch a tenth off: little beside the largest number, much for itself.
    private static func hiding() -> ScriptedSession {
        let inner = ScriptedSession.doubler()
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            let values = inputs[0].values(as: Float.self) ?? []
            let rows = inputs[0].rowCount ?? 0
            let made = values.indices.map { place -> Float in
                let off: Float = rows == 3 && place < 4 ? 1.1 : 1
                return values[place] * off * (rows != 1 && place >= values.count - 4 ? 1e5 : 1)
            }
            guard let tensor = try? Tensor(.float32, inputs[0].shape, values: made) else { return [] }
            return [tensor]
        }
    }

    @Test func aTrialTellsWhatMayShareARun() {
        #expect(BatchTrial(session: Self.hiding()).agreement() == .different)
        #expect(BatchTrial(session: ScriptedSession.doubler()).agreement() == .identical)
        #expect(BatchTrial(session: ScriptedSession.identity(.string)).agreement() == .identical)
        #expect(BatchTrial(session: Self.mixing()).agreement() == .different)
        #expect(BatchTrial(session: Self.rounding(by: 1e-6)).agreement() == .close)
        #expect(BatchTrial(session: Self.rounding(by: 1e-2)).agreement() == .different)
        #expect(
            BatchTrial(session: ScriptedSession.identity(.float32, [.fixed(1), .fixed(4)])).agreement() == .different)
        #expect(BatchTrial(session: ScriptedSession.failing()).agreement() == .different)
    }

    private static func calibration(_ agreement: BatchAgreement, _ nanoseconds: [UInt64]) -> Calibration {
        Calibration(
            points: zip([4, 32, 128], nanoseconds).map { Calibration.Point(elements: $0, nanoseconds: $1) },
            predictsOutputShapes: true, agreement: agreement)
    }

    @Test func nothingIsBatchedThatWasNotShownToBeRight() {
        let cheap = Self.calibration(.close, [100, 200])
        #expect(BatchingPolicy(.automatic, cheap).maximumRows == 32)
        #expect(BatchingPolicy(.off, cheap).maximumRows == 1)
        #expect(BatchingPolicy(.automatic, Self.calibration(.close, [100, 700])).maximumRows == 1, "does not pay")
        #expect(BatchingPolicy(.automatic, Self.calibration(.untried, [100, 200])).maximumRows == 1)
        let wish = BatchingWish.on(rows: 16, delay: 5, preferred: [8, 4, 99], exact: false)
        let policy = BatchingPolicy(wish, cheap, instances: 3)
        #expect(
            policy.maximumRows == 16 && policy.delay == 5 && policy.preferredRows == [4, 8] && policy.instances == 3)
        #expect(BatchingPolicy(wish, Self.calibration(.different, [100])).maximumRows == 1)
        let exact = BatchingWish.on(rows: 16, delay: 0, preferred: [], exact: true)
        #expect(BatchingPolicy(exact, cheap).maximumRows == 1)
        #expect(BatchingPolicy(exact, Self.calibration(.identical, [100])).maximumRows == 16)
    }
}
