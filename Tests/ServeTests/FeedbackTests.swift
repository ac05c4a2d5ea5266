import Drift
import Engines
import Monitor
import Tensors
import Testing

@testable import Serve

/// Labels that come for answers, by the ids of their requests.
@Suite struct FeedbackTests {
    private static let path = "/v2/models/digits/feedback"

    /// Scores as they are sent; the class is the place of the largest.
    private static func endpoint(
        capacity: Int = 1024, seconds: Int = 60, isOpen: Bool = true
    ) throws -> ServingEndpoint {
        let endpoint = ServingEndpoint.of(.doubler())
        guard isOpen else { return endpoint }
        let servable = endpoint.arms[0].servable
        let reading = ClassReading(decided: nil, scores: "y", areProbabilities: false)
        let reader = try #require(
            ClassReader(reading, signature: servable.signature, names: ["zero", "one", "two", "three"]))
        servable.memory.open(
            .init(
                reader: reader, curve: ConfidenceCurve(knots: [.init(confidence: 0, right: 0.75)]),
                capacity: capacity, seconds: seconds))
        return endpoint
    }

    /// `rows` of four scores each; the largest is at the row's number, from 1.
    private static func request(_ rows: Int) -> String {
        let data = (0..<rows).map { row in (0..<4).map { $0 == (row + 1) % 4 ? "2" : "0" }.joined(separator: ",") }
        return
            #"{"inputs":[{"name":"x","datatype":"FP32","shape":[\#(rows),4],"data":[\#(data.joined(separator: ","))]}]}"#
    }

    private static func results(_ reply: RawClient.Reply) throws -> [String] {
        try (JSONValue.parse(Array(reply.text.utf8))["results"]?.arrayValue ?? [])
            .compactMap { $0["result"]?.stringValue }
    }

    @Test func labelsAreLaidBesideTheirAnswersOnce() async throws {
        let endpoint = try Self.endpoint()
        try await TestPlane.run([endpoint]) { server in
            let client = try server.client()
            for id in ["a", "b", "c"] {
                let reply = try client.post(
                    "/v2/models/digits/infer", Self.request(1), headers: ["X-Request-Id: \(id)"])
                #expect(reply.status == 200)
            }
            _ = try client.post("/v2/models/digits/infer", Self.request(6), headers: ["X-Request-Id: many"])
            let steps: [(String, [String])] = [
                (#"{"id":"a","label":"one"}"#, ["accepted"]), (#"{"id":"a","label":1}"#, ["already labelled"]),
                (#"{"id":"b","label":1}"#, ["accepted"]), (#"{"id":"zz","label":1}"#, ["unknown"]),
                (
                    #"{"feedback":[{"id":"c","label":2},{"id":"many","labels":[1,2,null,"zero",1,2,9]}]}"#,
                    ["accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "unknown"]
                ),
            ]
            for (body, wanted) in steps {
                let reply = try client.post(Self.path, body)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(try Self.results(reply) == wanted, "\(body)")
            }
            let tally = try #require(endpoint.arms[0].servable.memory.tally)
            #expect(tally.labelled == 8 && tally.right == 7)
            #expect(tally.promised.accuracy == 0.75)
            #expect(server.metric("slipway_feedback_labels_total", "outcome=\"accepted\"") == 8)
            #expect(server.metric("slipway_feedback_labels_total", "outcome=\"unknown\"") == 2)
            #expect(server.metric("slipway_feedback_labels_total", "outcome=\"already_labelled\"") == 1)
        }
    }

    /// A label finds what another version answered to a copy of the request as well, once.
    @Test func labelsMeetTheAnswersOfBothVersions() async throws {
        func servable(_ session: any Session, _ version: String) throws -> Servable {
            let servable = Servable(
                model: "digits", version: version, digest: "sha256:0\(version)", session: session,
                calibration: .instant)
            let reading = ClassReading(decided: nil, scores: "y", areProbabilities: false)
            let reader = try #require(
                ClassReader(reading, signature: servable.signature, names: ["zero", "one", "two", "three"]))
            servable.memory.open(.init(reader: reader, curve: nil, capacity: 1024, seconds: 60))
            return servable
        }
        // The smallest score is the other's largest.
        let (base, shadow) = (
            try servable(ScriptedSession.doubler(), "1"), try servable(ScriptedSession.scaling(by: -1), "2")
        )
        let counts = Mirror.Counts(
            compared: Counter(), failed: Counter(), dropped: Counter(), late: Counter(), absent: Counter())
        let mirror = Mirror(counts: counts) { _ in }
        mirror.open(basisPoints: 10_000)
        var endpoint = ServingEndpoint(name: "digits", servable: base)
        endpoint.mirrored = [MirroredVersions(mirror, base: base, candidate: shadow)]
        try await TestPlane.run([endpoint]) { server in
            let client = try server.client()
            for (index, id) in ["a", "b", "c"].enumerated() {
                let reply = try client.post(
                    "/v2/models/digits/infer", Self.request(1), headers: ["X-Request-Id: \(id)"])
                #expect(reply.status == 200)
                try server.wait { counts.compared.value == index + 1 }
            }
            // The live version says one, the shadow zero: right alone is the first, the second, none.
            for body in [#"{"id":"a","label":1}"#, #"{"id":"b","label":0}"#, #"{"id":"c","label":3}"#] {
                #expect(try Self.results(client.post(Self.path, body)) == ["accepted"])
            }
            #expect(try Self.results(client.post(Self.path, #"{"id":"a","label":1}"#)) == ["already labelled"])
            let pairs = shadow.labelled.pairs(beside: base.digest)
            #expect(pairs.onlyOther == 1 && pairs.onlyThis == 1 && pairs.neither == 1 && pairs.count == 3)
            let taken = shadow.labelled.take(beside: base.digest)
            #expect(
                taken.differences == [1, -1, 0] && taken.labelled == 0, "copies are no answers of the shadow's own")
            #expect(shadow.labelled.take(beside: base.digest).differences.isEmpty)
            let own = base.labelled.take(beside: shadow.digest)
            #expect(own.labelled == 3 && own.right == 1 && own.differences == [-1, 1, 0])
            #expect(base.memory.tally?.labelled == 3 && shadow.memory.tally?.labelled == 0)
        }
    }

    /// What a client could send that is no feedback.
    @Test(
        arguments: [
            ("", 400), ("[]", 400), ("{}", 400), (#"{"id":"a"}"#, 400), (#"{"label":1}"#, 400),
            (#"{"id":"a","label":1,"labels":[1]}"#, 400), (#"{"id":"a","label":1.5}"#, 400),
            (#"{"id":"a","label":true}"#, 400), (#"{"id":"a","label":null}"#, 400), (#"{"id":"a","label":{}}"#, 400),
            (#"{"id":"a","labels":[]}"#, 400), (#"{"id":"a","labels":{}}"#, 400), (#"{"id":"a","labels":[[1]]}"#, 400),
            (#"{"id":"","label":1}"#, 400), (#"{"id":7,"label":1}"#, 400), (#"{"id":"a b","label":1}"#, 400),
            (#"{"id":"a\u0000","label":1}"#, 400), (#"{"id":"<a>","label":1}"#, 400),
            (#"{"id":"\#(String(repeating: "a", count: 129))","label":1}"#, 400),
            (#"{"id":"a","label":"\#(String(repeating: "a", count: 257))"}"#, 400),
            (#"{"id":"a","label":1,"weight":2}"#, 400), (#"{"feedback":[]}"#, 400), (#"{"feedback":{}}"#, 400),
            (#"{"feedback":[1]}"#, 400), (#"{"feedback":[{"id":"a","label":1}],"more":1}"#, 400),
            (#"{"id":"a","id":"b","label":1}"#, 400), (#"{"id":"a","label":99999999999999999999}"#, 400),
            (#"{"id":"a","labels":[\#(Array(repeating: "1", count: 10_001).joined(separator: ","))]}"#, 400),
            (String(repeating: "[", count: 5000), 400), (#"{"id":"a","label":9223372036854775807}"#, 200),
            (#"{"id":"a","label":-1}"#, 200), (String(repeating: " ", count: 1 << 20) + "{}", 413),
        ] as [(String, Int)])
    func whatIsNoFeedbackIsRefusedAndTheServerGoesOn(_ body: String, _ status: Int) async throws {
        try await TestPlane.run([try Self.endpoint()]) { server in
            let reply = try server.client().post(Self.path, body)
            #expect(reply.status == status, "\(body.prefix(80)): \(reply.text.prefix(300))")
            #expect(try server.client().post("/v2/models/digits/infer", Self.request(1)).status == 200)
        }
    }

    @Test func withoutAMemoryNothingIsTaken() async throws {
        try await TestPlane.run([try Self.endpoint(isOpen: false)]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, #"{"id":"a","label":1}"#)
            #expect(reply.status == 409 && reply.text.contains("remembers"))
            #expect(try client.post("/v2/models/none/feedback", #"{"id":"a","label":1}"#).status == 404)
            #expect(try client.request("GET", Self.path).status == 405)
        }
    }

    @Test func answersExpireAndTheOldestMakeRoom() throws {
        let table = try #require(AnswerTable(capacity: 8))
        for key in 1...8 as ClosedRange<UInt64> {
            table.put(.init(key: key, said: key, at: UInt32(key), confidence: .nan))
        }
        table.put(.init(key: 9, said: 9, at: 9, confidence: .nan))
        #expect(table.find(1) == nil && table.find(2)?.said == 2 && table.find(9)?.said == 9)
        table.markLabelled(2)
        table.put(.init(key: 2, said: 5, at: 10, confidence: .nan))
        #expect(table.find(2)?.isLabelled == false, "a new answer to the same id is a new answer")

        let servable = try Self.endpoint(seconds: 60).arms[0].servable
        #expect(servable.memory.label("a", row: 0, .number(1), at: 0) == .unknown)
    }

    @Test func anAnswerOlderThanItsTimeIsExpired() async throws {
        let endpoint = try Self.endpoint(seconds: 60)
        try await TestPlane.run([endpoint]) { server in
            let client = try server.client()
            _ = try client.post("/v2/models/digits/infer", Self.request(1), headers: ["X-Request-Id: a"])
            _ = try client.request("GET", "/v2")
            let memory = endpoint.arms[0].servable.memory
            let now = MonotonicClock.now()
            #expect(memory.label("a", row: 0, .number(1), at: now + 90 * HTTPLimits.second) == .expired)
            #expect(memory.label("a", row: 0, .number(1), at: now) == .accepted)
            memory.close()
            #expect(memory.tally == nil && !memory.isOpen)
        }
    }
}
