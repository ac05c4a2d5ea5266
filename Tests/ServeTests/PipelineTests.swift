import Engines
import Pipelines
import Synchronization
import Tensors
import Testing

@testable import Serve

/// Pipelines behind the data plane: scheduled like models, step by step.
@Suite struct PipelineServing {
    /// `x` through `first`, then `second`; beside that through `third`; the answer is the mean of both.
    static let fork = #"""
        {"inputs": ["x"], "outputs": {"y": "y"},
         "steps": [{"name": "a", "model": "first", "inputs": {"x": "x"}}, {"name": "b", "model": "second", "inputs": {"x": "a"}},
                   {"name": "c", "model": "third", "inputs": {"x": "x"}}, {"name": "y", "mean": ["b", "c"]}]}
        """#

    static let cascade = #"""
        {"inputs": ["x"], "outputs": {"y": "y"},
         "steps": [{"name": "a", "model": "first", "inputs": {"x": "x"}},
                   {"name": "b", "model": "second", "inputs": {"x": "x"}, "when": {"value": "a", "below": 5}},
                   {"name": "y", "first": ["b", "a"]}]}
        """#

    static func endpoint(
        _ json: String, _ models: [String: ScriptedSession], calibration: Calibration = .long, rows: Int = 1,
        cacheBytes: Int = 0
    ) throws -> ServingEndpoint {
        let spec = try PipelineSpec(parsing: Array(json.utf8))
        let sessions = spec.members.map { models[$0.reference] ?? .doubler() }
        let plan = try PipelinePlan(spec, signatures: sessions.map(\.signature))
        var policy = BatchingPolicy()
        policy.maximumRows = rows
        let members = sessions.map {
            Servable(
                model: "part", version: "1", digest: "sha256:11", session: $0, calibration: calibration,
                batching: policy)
        }
        return ServingEndpoint(
            name: "digits",
            servable: Servable(
                model: "digits", version: "3", digest: "sha256:00",
                session: PipelineSession(plan: plan, members: sessions),
                calibration: .none, cacheBytes: cacheBytes, pipeline: ServedPipeline(plan: plan, members: members)))
    }

    static func counted(_ count: EventCount, factor: Float = 2) -> ScriptedSession {
        let inner = ScriptedSession.scaling(by: factor)
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            count.add()
            return try inner.run(inputs)
        }
    }

    static func values(_ reply: RawClient.Reply) -> [Double]? {
        reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.compactMap(\.doubleValue)
    }

    @Test(arguments: [Calibration.instant, .long])
    func aPipelineIsAnsweredLikeAModel(_ calibration: Calibration) async throws {
        let models = ["first": ScriptedSession.scaling(by: 2), "second": .scaling(by: 3), "third": .scaling(by: 4)]
        try await TestPlane.run([try Self.endpoint(Self.fork, models, calibration: calibration)]) { server in
            let client = try server.client()
            let reply = try client.post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(reply.status == 200 && Self.values(reply) == [5, 10, 15, 20], "\(reply.text)")
            let metadata = try client.request("GET", "/v2/models/digits")
            #expect(metadata.json?["platform"]?.stringValue == "slipway_pipeline")
            let statistics = try client.request("GET", "/v2/models/digits/stats").json?["model_stats"]?.arrayValue?
                .first
            #expect(statistics?["steps"]?.arrayValue?.map { $0["name"]?.stringValue } == ["a", "b", "c"])
            #expect(statistics?["execution_count"]?.intValue == 3)
            #expect(server.metric("slipway_step_duration_seconds_count", "stage=\"run\"") == 1)
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func theSecondModelIsAskedOnlyAboutRowsOfWhichTheFirstIsNotSure(_ calibration: Calibration) async throws {
        let rows = Mutex<[Int]>([])
        let inner = ScriptedSession.scaling(by: -1)
        let second = ScriptedSession(inner.signature) { inputs throws(EngineError) in
            rows.withLock { $0.append(inputs[0].rowCount ?? 0) }
            return try inner.run(inputs)
        }
        let models = ["first": ScriptedSession.scaling(by: 1), "second": second]
        try await TestPlane.run([try Self.endpoint(Self.cascade, models, calibration: calibration)]) { server in
            let client = try server.client()
            let json = #"{"inputs":[{"name":"x","shape":[3,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8,4,3,2,1]}]}"#
            #expect(
                Self.values(try client.post("/v2/models/digits/infer", json)) == [
                    -1, -2, -3, -4, 5, 6, 7, 8, -4, -3, -2, -1,
                ])
            let sure = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[5,6,7,8]}]}"#
            #expect(Self.values(try client.post("/v2/models/digits/infer", sure)) == [5, 6, 7, 8])
            #expect(rows.withLock { $0 } == [2])
            #expect(server.metric("slipway_step_skips_total", "step=\"b\"") == 1)
        }
    }

    @Test func stepsThatNeedNothingOfEachOtherRunAtTheSameTime() async throws {
        let gate = Gate()
        let models = [
            "first": ScriptedSession.gated(gate, factor: 2), "third": .gated(gate, factor: 4),
            "second": .scaling(by: 3),
        ]
        try await TestPlane.run([try Self.endpoint(Self.fork, models)], configure: { $0.runThreads = 2 }) { server in
            let client = try server.client()
            try client.send(HTTPConformance.whole())
            gate.waitUntilEntered(2)
            gate.open()
            #expect(try client.reply()?.status == 200)
        }
    }

    @Test func oneThreadIsEnoughForManyPipelines() async throws {
        let models = ["first": ScriptedSession.scaling(by: 2), "second": .scaling(by: 3), "third": .scaling(by: 4)]
        try await TestPlane.run([try Self.endpoint(Self.fork, models)], configure: { $0.runThreads = 1 }) { server in
            let clients = try (0..<40).map { _ in try server.client() }
            for client in clients { try client.send(HTTPConformance.whole()) }
            for client in clients { #expect(Self.values(try #require(try client.reply())) == [5, 10, 15, 20]) }
        }
    }

    @Test func stepsOfDifferentRequestsShareRuns() async throws {
        let gate = Gate()
        let models = [
            "first": ScriptedSession.gated(gate, factor: 2), "second": .scaling(by: 3), "third": .scaling(by: 4),
        ]
        try await TestPlane.run([try Self.endpoint(Self.fork, models, rows: 8)], configure: { $0.runThreads = 1 }) {
            server in
            let clients = try (0..<6).map { _ in try server.client() }
            try clients[0].send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            for client in clients[1...] { try client.send(HTTPConformance.whole()) }
            try server.wait { server.plane.queuedRuns == 11 }
            gate.open()
            for client in clients { #expect(Self.values(try #require(try client.reply())) == [5, 10, 15, 20]) }
            #expect(gate.count == 2, "one alone, five together")
            #expect(server.metric("slipway_batched_requests_total") ?? 0 >= 10)
        }
    }

    @Test func aDeadlineThatPassesBetweenStepsEndsTheRequest() async throws {
        let (gate, seconds) = (Gate(), EventCount())
        let models = [
            "first": ScriptedSession.gated(gate, factor: 2), "second": Self.counted(seconds), "third": .doubler(),
        ]
        try await TestPlane.run([try Self.endpoint(Self.fork, models)], configure: { $0.runThreads = 2 }) { server in
            let client = try server.client()
            let late = try client.post("/v2/models/digits/infer", Queueing.timed(50_000))
            #expect(late.status == 504 && late.code == "deadline_exceeded")
            gate.open()
            #expect(try client.post("/v2/models/digits/infer", HTTPConformance.json).status == 200)
            #expect(seconds.value == 1, "that of the late request did not run")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func stepsOfAClientThatLeftAreNotRun() async throws {
        let (gate, seconds) = (Gate(), EventCount())
        let models = [
            "first": ScriptedSession.gated(gate, factor: 2), "second": Self.counted(seconds), "third": .doubler(),
        ]
        let endpoint = try Self.endpoint(Self.fork, models)
        try await TestPlane.run([endpoint], configure: { $0.runThreads = 1 }) { server in
            let client = try server.client()
            try client.send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            client.disconnect()
            try server.wait { server.plane.connectionCount == 0 }
            gate.open()
            try server.wait { endpoint.arms[0].servable.requestsInFlight == 0 && server.plane.queuedRuns == 0 }
            #expect(seconds.value == 0)
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func aStepsFailureNamesTheStepAndNothingElse(_ calibration: Calibration) async throws {
        let models = ["first": ScriptedSession.doubler(), "second": .failing(), "third": .doubler()]
        try await TestPlane.run([try Self.endpoint(Self.fork, models, calibration: calibration)]) { server in
            let reply = try server.client().post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(reply.status == 500 && reply.text.contains("model 'digits', step 'b' failed"), "\(reply.text)")
            #expect(!reply.text.contains("gather.cc"))
            #expect(server.log.all.contains { $0.contains("step 'b': /build/core/gather.cc") })
            #expect(server.metric("slipway_step_failures_total", "step=\"b\"") == 1)
        }
    }

    @Test func anAnswerIsKeptLikeAnyOther() async throws {
        let count = EventCount()
        let models = ["first": Self.counted(count), "second": .scaling(by: 3), "third": .scaling(by: 4)]
        try await TestPlane.run([try Self.endpoint(Self.fork, models, cacheBytes: 1 << 20)]) { server in
            let client = try server.client()
            for _ in 0..<3 {
                #expect(
                    Self.values(try client.post("/v2/models/digits/infer", HTTPConformance.json)) == [5, 10, 15, 20])
            }
            #expect(count.value == 1)
        }
    }

    @Test func aFullQueueTurnsPipelinesAwayBeforeTheyBegin() async throws {
        let gate = Gate()
        let models = [
            "first": ScriptedSession.gated(gate, factor: 2), "second": .scaling(by: 3), "third": .scaling(by: 4),
        ]
        try await TestPlane.run(
            [try Self.endpoint(Self.fork, models)],
            configure: {
                $0.runThreads = 1
                $0.runQueue = 3
            }
        ) { server in
            let clients = try (0..<2).map { _ in try server.client() }
            try clients[0].send(HTTPConformance.whole())
            gate.waitUntilEntered(1)
            try clients[1].send(HTTPConformance.whole())
            try server.wait { server.plane.queuedRuns == 3 }
            let refused = try server.client().post("/v2/models/digits/infer", HTTPConformance.json)
            #expect(refused.status == 503 && refused.code == "queue_full")
            gate.open()
            for client in clients { #expect(Self.values(try #require(try client.reply())) == [5, 10, 15, 20]) }
        }
    }
}
