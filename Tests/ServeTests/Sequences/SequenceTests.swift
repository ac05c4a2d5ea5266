import Dispatch
import Engines
import Synchronization
import Tensors
import Testing
import Trust

@testable import Serve

/// Requests that belong together: state carried from one to the next, in order, for nobody else.
@Suite struct Sequences {
    /// `y = factor · carried + x`, and `y` is carried: FP32 [N, 2].
    static func folding(_ factor: Float = 0.5, before: @escaping @Sendable ([Tensor]) -> Void = { _ in })
        -> ScriptedSession
    {
        let shape: [Dimension] = [.symbol("N"), .fixed(2)]
        func specs(_ names: [String]) -> [TensorSpec] {
            names.map { TensorSpec(name: $0, elementType: .float32, dimensions: shape) }
        }
        return ScriptedSession(Signature(inputs: specs(["carried", "x"]), outputs: specs(["y", "next"]))) {
            inputs throws(EngineError) in
            before(inputs)
            let (carried, x) = (inputs[0].values(as: Float.self) ?? [], inputs[1].values(as: Float.self) ?? [])
            guard x.allSatisfy({ $0 >= 0 }) else { throw EngineError(.runFailed, .onnxRuntime, "negative") }
            let y = zip(carried, x).map { $0 * factor + $1 }
            guard let tensor = try? Tensor(.float32, inputs[1].shape, values: y) else { return [] }
            return [tensor, tensor]
        }
    }

    static func servable(
        _ session: ScriptedSession, version: String = "3", calibration: Calibration = .long, rows: Int = 8,
        initial: String? = nil, onDrained: @escaping @Sendable () -> Void = {}
    ) throws -> Servable {
        var labels = ["state.carried": "next"]
        labels["state.carried.initial"] = initial
        let state = try #require(try ModelState(session.signature, labels: labels))
        var policy = BatchingPolicy()
        policy.maximumRows = rows
        let inner = Servable(
            model: "digits", version: version, digest: "sha256:00", session: session, calibration: calibration,
            batching: policy)
        return Servable(
            model: "digits", version: version, digest: "sha256:00", session: StatefulSession(state, session),
            calibration: .none, sequences: SequenceState(state, inner: inner), onDrained: onDrained)
    }

    static func endpoint(
        _ session: ScriptedSession = folding(), calibration: Calibration = .long, initial: String? = nil
    ) throws -> ServingEndpoint {
        ServingEndpoint(name: "digits", servable: try servable(session, calibration: calibration, initial: initial))
    }

    static func body(_ x: Float, _ id: String, start: Bool = false, end: Bool = false, rest: String = "") -> String {
        #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[\#(x),\#(x + 1)]}],"parameters":{"sequence_id":\#(id),"sequence_start":\#(start),"sequence_end":\#(end)\#(rest)}}"#
    }

    static func value(_ reply: RawClient.Reply) -> Float? {
        (reply.json?["outputs"]?.arrayValue?.first?["data"]?.arrayValue?.first?.doubleValue).map { Float($0) }
    }

    static let path = "/v2/models/digits/infer"

    @Test(arguments: [Calibration.instant, .long])
    func stateGoesFromOneRequestToTheNext(_ calibration: Calibration) async throws {
        try await TestPlane.run([try Self.endpoint(calibration: calibration)]) { server in
            let client = try server.client()
            for id in ["7", #""seven""#, #""7""#] {
                #expect(Self.value(try client.post(Self.path, Self.body(8, id, start: true))) == 8)
            }
            #expect(server.plane.openSequences == 3, "a number is no text")
            for (id, x, expected) in [("7", 2, Float(6)), (#""seven""#, 1, 5), ("7", 1, 4), (#""7""#, 0, 4)] {
                #expect(Self.value(try client.post(Self.path, Self.body(Float(x), id))) == expected)
            }
            #expect(Self.value(try server.client().post(Self.path, Self.body(0, "7", end: true))) == 2)
            #expect(server.plane.openSequences == 2)
            #expect(server.metric("slipway_sequences_ended_total", "reason=\"ended\"") == 1)
            #expect(server.metric("slipway_sequences{") == 2)
        }
    }

    @Test func clientsSeeNothingOfTheState() async throws {
        try await TestPlane.run([try Self.endpoint()]) { server in
            let client = try server.client()
            let metadata = try client.request("GET", "/v2/models/digits").json
            #expect(metadata?["inputs"]?.arrayValue?.map { $0["name"]?.stringValue } == ["x"])
            #expect(metadata?["outputs"]?.arrayValue?.map { $0["name"]?.stringValue } == ["y"])
            let reply = try client.post(Self.path, Self.body(1, "1", start: true))
            #expect(reply.json?["outputs"]?.arrayValue?.count == 1)
            let configuration = try client.request("GET", "/v2/models/digits/config").json?["sequence_batching"]
            #expect(configuration?["state"]?.arrayValue?.first?["input_name"]?.stringValue == "carried")
            let server = try client.request("GET", "/v2").json?["extensions"]?.arrayValue
            #expect(server?.contains("sequence") == true)
        }
    }

    @Test func aDeclaredValueIsTheBeginning() async throws {
        try await TestPlane.run([try Self.endpoint(initial: "100")]) { server in
            let client = try server.client()
            #expect(Self.value(try client.post(Self.path, Self.body(8, "7", start: true))) == 58)
        }
    }

    @Test func whatHasNotBegunIsRefusedInTritonsWords() async throws {
        try await TestPlane.run([try Self.endpoint(), .of(.doubler(), name: "plain")]) { server in
            let client = try server.client()
            let unknown = try client.post(Self.path, Self.body(8, "42"))
            #expect(unknown.status == 400)
            #expect(
                unknown.text.contains("inference request for sequence 42 to model 'digits' must specify the START flag")
            )
            for id in ["0", #""""#] {
                let without = try client.post(Self.path, Self.body(8, id, start: true))
                #expect(without.status == 400 && without.text.contains("non-zero or non-empty correlation ID"))
            }
            #expect(Self.value(try client.post(Self.path, Self.body(8, "42", start: true, end: true))) == 8)
            #expect(try client.post(Self.path, Self.body(8, "42")).status == 400, "it is over")
            #expect(try client.post("/v2/models/plain/infer", Self.body(8, "42")).status == 400)
            #expect(try client.post(Self.path, Self.body(8, "-1", start: true)).status == 400)
            let long = "\"" + String(repeating: "x", count: 129) + "\""
            #expect(try client.post(Self.path, Self.body(8, long, start: true)).status == 400)
            #expect(server.plane.openSequences == 0)
        }
    }

    @Test func startingAgainForgetsWhatWas() async throws {
        try await TestPlane.run([try Self.endpoint()]) { server in
            let client = try server.client()
            _ = try client.post(Self.path, Self.body(8, "7", start: true))
            #expect(Self.value(try client.post(Self.path, Self.body(1, "7", start: true))) == 1)
            #expect(Self.value(try client.post(Self.path, Self.body(0, "7"))) == 0.5)
            #expect(server.plane.openSequences == 1)
            #expect(server.metric("slipway_sequences_ended_total", "reason=\"restarted\"") == 1)
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func aRunThatFailsLeavesTheStateAsItWas(_ calibration: Calibration) async throws {
        try await TestPlane.run([try Self.endpoint(calibration: calibration)]) { server in
            let client = try server.client()
            _ = try client.post(Self.path, Self.body(8, "7", start: true))
            #expect(try client.post(Self.path, Self.body(-4, "7")).status == 500)
            #expect(Self.value(try client.post(Self.path, Self.body(0, "7"))) == 4)
            #expect(try client.post(Self.path, Self.body(-4, "8", start: true)).status == 500)
            #expect(try client.post(Self.path, Self.body(0, "8")).status == 400, "it never began")
            #expect(server.plane.openSequences == 1)
        }
    }

    static func post(_ client: RawClient, _ token: String, _ body: String) throws -> RawClient.Reply {
        try client.request("POST", path, headers: ["Authorization: Bearer \(token)"], body: Array(body.utf8))
    }

    @Test func nobodyReachesTheSequencesOfOthers() async throws {
        let tokens = ["ann", "bob"].map { ($0, TokenSecret.generate()) }
        let authenticator = TokenAuthenticator(tokens.map { TokenGrant(name: $0, hash: $1.hash, role: .invoker) })
        try await TestPlane.run([try Self.endpoint()], authenticator: authenticator) { server in
            let (ann, bob) = (tokens[0].1.text, tokens[1].1.text)
            let client = try server.client()
            #expect(Self.value(try Self.post(client, ann, Self.body(8, "7", start: true))) == 8)
            #expect(try Self.post(client, bob, Self.body(0, "7")).status == 400, "not that of somebody else")
            #expect(Self.value(try Self.post(client, bob, Self.body(100, "7", start: true))) == 100)
            #expect(Self.value(try Self.post(client, ann, Self.body(0, "7"))) == 4)
        }
    }

    @Test func whatIsIdleForLongIsDropped() async throws {
        try await TestPlane.run([try Self.endpoint()], configure: { $0.sequenceIdle = 20_000_000 }) { server in
            let client = try server.client()
            _ = try client.post(Self.path, Self.body(8, "7", start: true))
            try server.wait { server.plane.openSequences == 0 }
            #expect(try client.post(Self.path, Self.body(8, "7")).status == 400)
            #expect(server.metric("slipway_sequences_ended_total", "reason=\"idle\"") == 1)
        }
    }

    @Test(arguments: [true, false])
    func thereAreOnlySoManySequencesAndBytes(_ byCount: Bool) async throws {
        try await TestPlane.run(
            [try Self.endpoint()],
            configure: { if byCount { $0.sequences = 2 } else { $0.sequenceBytes = 20 } }
        ) { server in
            let client = try server.client()
            for id in ["1", "2"] { #expect(try client.post(Self.path, Self.body(8, id, start: true)).status == 200) }
            let refused = try client.post(Self.path, Self.body(8, "3", start: true))
            #expect(refused.status == 503 && refused.header("retry-after") != nil, "\(refused.text)")
            #expect(try client.post(Self.path, Self.body(8, "2", start: true)).status == 200, "one for another")
            #expect(try client.post(Self.path, Self.body(8, "1", end: true)).status == 200)
            #expect(try client.post(Self.path, Self.body(8, "3", start: true)).status == 200)
        }
    }

    /// The server's whole memory counts, not only what is set aside for states.
    @Test func aSequenceThatTheServersMemoryHasNoRoomForIsRefused() async throws {
        let room = Atomic<Int>(12)
        let admits: @Sendable (Int) -> Bool = { bytes in room.wrappingSubtract(bytes, ordering: .relaxed).newValue >= 0
        }
        try await TestPlane.run([try Self.endpoint()], configure: { $0.admitsMemory = admits }) { server in
            let client = try server.client()
            #expect(try client.post(Self.path, Self.body(8, "1", start: true)).status == 200)
            let taken = 12 - room.load(ordering: .relaxed)
            room.store(taken - 1, ordering: .relaxed)
            let refused = try client.post(Self.path, Self.body(8, "2", start: true))
            #expect(refused.status == 503 && refused.header("retry-after") != nil, "\(refused.text)")
            #expect(refused.text.contains("--memory") && refused.text.contains("\(taken) bytes"), "\(refused.text)")
            #expect(try client.post(Self.path, Self.body(0, "1")).status == 200, "what is under way goes on")
            room.store(taken, ordering: .relaxed)
            #expect(try client.post(Self.path, Self.body(8, "2", start: true)).status == 200)
        }
    }

    /// Steps of one sequence that are sent at once run one after another; a client that leaves takes its own along.
    @Test func requestsOfOneSequenceRunInOrder() async throws {
        let gate = Gate()
        let session = Self.folding { _ in gate.pass() }
        let endpoint = try Self.endpoint(session)
        // On one event loop requests enter in the order in which they are counted.
        let oneLoop = { (configuration: inout DataPlaneConfiguration) in
            (configuration.runThreads, configuration.eventLoops) = (4, 1)
        }
        try await TestPlane.run([endpoint], configure: oneLoop) { server in
            let clients = try (0..<5).map { _ in try server.client() }
            for (index, client) in clients.enumerated() {
                try client.send(HTTPConformance.whole(Self.body(Float(index), "7", start: index == 0)))
                try server.wait { endpoint.arms[0].servable.requestsInFlight >= index + 1 }
            }
            gate.waitUntilEntered(1)
            #expect(gate.count == 1 && server.plane.queuedRuns == 0)
            clients[2].disconnect()
            try server.wait { server.plane.connectionCount == 4 }
            gate.open()
            var expected: Float = 0
            for index in [0, 1, 3, 4] {
                expected = expected * 0.5 + Float(index)
                #expect(Self.value(try #require(try clients[index].reply())) == expected)
            }
            #expect(gate.count == 4)
        }
    }

    @Test func aDeadlineThatPassesWhileOthersHaveTheirTurnIsAnswered() async throws {
        let gate = Gate()
        try await TestPlane.run([try Self.endpoint(Self.folding { _ in gate.pass() })]) { server in
            let (first, second) = (try server.client(), try server.client())
            try first.send(HTTPConformance.whole(Self.body(8, "7", start: true)))
            gate.waitUntilEntered(1)
            let late = try second.post(Self.path, Self.body(1, "7", rest: #","timeout":20000"#))
            #expect(late.status == 504)
            gate.open()
            #expect(Self.value(try #require(try first.reply())) == 8)
            #expect(Self.value(try second.post(Self.path, Self.body(0, "7"))) == 4, "the late one did not run")
        }
    }

    @Test func differentSequencesShareRuns() async throws {
        let gate = Gate()
        let sizes = Mutex<[Int]>([])
        let session = Self.folding { inputs in
            sizes.withLock { $0.append(inputs[0].rowCount ?? 0) }
            gate.pass()
        }
        try await TestPlane.run([try Self.endpoint(session)], configure: { $0.runThreads = 1 }) { server in
            let clients = try (0..<6).map { _ in try server.client() }
            for (index, client) in clients.enumerated() {
                try client.send(HTTPConformance.whole(Self.body(Float(index), "\(index + 1)", start: true)))
                if index == 0 { gate.waitUntilEntered(1) } else { try server.wait { server.plane.queuedRuns == index } }
            }
            gate.open()
            for (index, client) in clients.enumerated() {
                #expect(Self.value(try #require(try client.reply())) == Float(index))
            }
            #expect(sizes.withLock { $0 } == [1, 5])
            for (index, client) in clients.enumerated() {
                #expect(Self.value(try client.post(Self.path, Self.body(0, "\(index + 1)"))) == Float(index) / 2)
            }
        }
    }

    @Test func aSequenceStaysWithTheVersionItBeganOn() async throws {
        let (old, new) = (
            try Self.servable(Self.folding(0.5), version: "3"), try Self.servable(Self.folding(2), version: "4")
        )
        try await TestPlane.run([ServingEndpoint(name: "digits", servable: old)]) { server in
            let client = try server.client()
            _ = try client.post(Self.path, Self.body(8, "7", start: true))
            let half = try #require(
                ServingEndpoint(name: "digits", arms: [.init(old, weight: 5000), .init(new, weight: 5000)]))
            server.plane.publish(RoutingTable(endpoints: [half]))
            var expected: Float = 8
            for _ in 0..<20 {
                expected /= 2
                let reply = try client.post(Self.path, Self.body(0, "7"))
                #expect(
                    Self.value(reply) == expected && reply.json?["model_version"]?.stringValue == "3", "\(reply.text)")
            }
        }
    }

    @Test func aVersionThatLeavesIsHeldByItsSequencesUntilTheyEndOrItCloses() async throws {
        for isEndedByClient in [true, false] {
            let drained = EventCount()
            let old = try Self.servable(Self.folding(0.5), version: "3") { drained.add() }
            let new = try Self.servable(Self.folding(2), version: "4")
            try await TestPlane.run([ServingEndpoint(name: "digits", servable: old)]) { server in
                let client = try server.client()
                _ = try client.post(Self.path, Self.body(8, "7", start: true))
                server.plane.publish(RoutingTable(endpoints: [ServingEndpoint(name: "digits", servable: new)]))
                let reply = try client.post(Self.path, Self.body(0, "7"))
                #expect(Self.value(reply) == 4 && reply.json?["model_version"]?.stringValue == "3")
                #expect(Self.value(try client.post(Self.path, Self.body(8, "8", start: true))) == 8)
                #expect(
                    Self.value(try client.post(Self.path, Self.body(0, "8"))) == 16, "a new one is the new version's")
                #expect(drained.value == 0)
                if isEndedByClient {
                    #expect(Self.value(try client.post(Self.path, Self.body(0, "7", end: true))) == 2)
                } else {
                    old.sequences?.close()
                    try server.wait { server.plane.openSequences == 1 }
                    #expect(try client.post(Self.path, Self.body(0, "7")).text.contains("must specify the START flag"))
                }
                try server.wait { drained.value == 1 }
            }
        }
    }

    /// Sequences interleaved at random over many connections equal the same sequences alone, bit for bit.
    @Test(arguments: [Calibration.instant, .long], [UInt64(1), 2, 3])
    func interleavedSequencesEqualThemselvesAlone(_ calibration: Calibration, _ seed: UInt64) async throws {
        var random = RandomNumbers(state: seed)
        let sequences = (0..<24).map { _ in
            (0..<Int.random(in: 1...12, using: &random)).map { _ in Float(Int.random(in: 0...999, using: &random)) / 8 }
        }
        try await TestPlane.run([try Self.endpoint(calibration: calibration)], configure: { $0.runThreads = 2 }) {
            server in
            let answers = Mutex<[[Float?]]>(sequences.map { _ in [] })
            DispatchQueue.concurrentPerform(iterations: 6) { worker in
                // Each connection has four sequences and takes their next steps in an order of its own.
                var random = RandomNumbers(state: seed &* 100 &+ UInt64(worker))
                guard let client = try? RawClient(port: server.port) else { return }
                var next = [Int](repeating: 0, count: 4)
                while true {
                    let open = (0..<4).filter { next[$0] < sequences[worker * 4 + $0].count }
                    guard let which = open.randomElement(using: &random) else { return }
                    let (number, step) = (worker * 4 + which, next[which])
                    next[which] += 1
                    let body = Self.body(
                        sequences[number][step], "\(number + 1)", start: step == 0,
                        end: step == sequences[number].count - 1)
                    let value = (try? client.post(Self.path, body)).flatMap(Self.value)
                    answers.withLock { $0[number].append(value) }
                }
            }
            for (number, sequence) in sequences.enumerated() {
                var carried: Float = 0
                let expected = sequence.map { x -> Float? in
                    carried = carried * 0.5 + x
                    return carried
                }
                #expect(answers.withLock { $0[number] } == expected, "sequence \(number)")
            }
            #expect(server.plane.openSequences == 0)
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }
}

/// Source: SplitMix64 (Steele, Lea and Flood, 2014).
private struct RandomNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
