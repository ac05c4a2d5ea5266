import Drift
import Engines
import Monitor
import NIOCore
import Tensors
import Testing

@testable import Serve

/// Requests with numbers far outside the reference of their version: counted, refused, or answered by another version.
@Suite struct OutlierTests {
    private static let path = "/v2/models/digits/infer"
    private static let usual: [Float] = [0, 1, 0, 1]
    /// The reference has 0 to 1, so that beyond -1 and 2 is far outside.
    private static let far: [Float] = [0, 2.5, 0, 1]

    private static func servable(_ version: String, times factor: Float) -> Servable {
        Servable(
            model: "digits", version: version, digest: "sha256:0\(version)",
            session: ScriptedSession.scaling(by: factor),
            calibration: .instant)
    }

    private static func bounds(_ servable: Servable) throws -> InputBounds {
        let reference = try Tensor(.float32, Shape([2, 4]), values: [Float(0), 0, 0, 0, 1, 1, 1, 1])
        var profile = Profile(layout: FeatureLayout(inputs: [("x", reference)], outputs: [], rows: 2))
        profile.add([reference])
        return try #require(InputBounds(profile, signature: servable.signature))
    }

    private static func counters(_ server: TestPlane) -> InputGuard.Counters {
        func counter(_ outcome: String) -> Counter {
            server.registry.counter("slipway_outlier_requests_total", "For the test.", [Label("outcome", outcome)])
        }
        return InputGuard.Counters(
            counted: counter("counted"), refused: counter("refused"), fallback: counter("fallback"))
    }

    private static func count(_ server: TestPlane, _ outcome: String) -> Double? {
        server.metric("slipway_outlier_requests_total", "outcome=\"\(outcome)\"")
    }

    private static func json(_ values: [Float]) -> String {
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":\#(values)}]}"#
    }

    @Test func theyAreCountedOrRefused() async throws {
        let servable = Self.servable("1", times: 2)
        try await TestPlane.run([ServingEndpoint(name: "digits", servable: servable)]) { server in
            let client = try server.client()
            let (bounds, counters) = (try Self.bounds(servable), Self.counters(server))
            servable.inputGuard.open(bounds, .count, counters: counters)
            #expect(try client.post(Self.path, Self.json(Self.far)).status == 200)
            servable.inputGuard.open(bounds, .refuse, counters: counters)
            let refused = try client.post(Self.path, Self.json(Self.far))
            #expect(refused.status == 422 && refused.text.contains("'x[1]' is 2.5"), "\(refused.text)")
            #expect(refused.text.contains("far_outside_reference"))
            #expect(try client.post(Self.path, Self.json(Self.usual)).status == 200)
            #expect(Self.count(server, "counted") == 1 && Self.count(server, "refused") == 1)
            servable.inputGuard.close()
            #expect(try client.post(Self.path, Self.json(Self.far)).status == 200)
            #expect(Self.count(server, "counted") == 1 && servable.inputGuard.action == nil)
        }
    }

    /// Over JSON, binary tensors and gRPC: the other version's answer, said to be its, and nobody's evidence.
    @Test func anotherVersionAnswersThem() async throws {
        let (own, other) = (Self.servable("2", times: 2), Self.servable("1", times: -3))
        var endpoint = ServingEndpoint(name: "digits", servable: own)
        endpoint.fallback = other
        try await TestPlane.run([endpoint]) { server in
            own.inputGuard.open(try Self.bounds(own), .fallback("digits:1"), counters: Self.counters(server))
            for servable in [own, other] {
                _ = servable.tap.empty()
                servable.tap.oneIn = 1
            }
            let evidence = server.counted.arm(endpoint: "digits", model: "digits", version: "2").evidence
            evidence.open(slow: [], keyed: false)
            let client = try server.client()
            let near = try client.post(Self.path, Self.json(Self.usual))
            #expect(near.status == 200 && near.header("x-slipway-fallback") == nil)
            #expect(near.text.contains(#""model_version":"2""#), "\(near.text)")

            let text = try client.post(Self.path, Self.json(Self.far))
            #expect(text.status == 200 && text.header("x-slipway-fallback") == "digits:1")
            #expect(text.text.contains(#""model_version":"1""#) && text.text.contains("-7.5"), "\(text.text)")

            let head =
                #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}]}"#
            let bytes = Self.far.withUnsafeBytes { Array($0) }
            let binary = try client.request(
                "POST", Self.path, headers: ["Inference-Header-Content-Length: \(head.utf8.count)"],
                body: Array(head.utf8) + bytes)
            #expect(binary.status == 200 && binary.header("x-slipway-fallback") == "digits:1", "\(binary.text)")

            let calls = try FrameClient(port: server.port)
            let call = try calls.call("ModelInfer", TestRequest.rows(Self.far).bytes)
            #expect(call.status == 0 && call.header("x-slipway-fallback") == "digits:1", "\(call.headers)")
            let answer = try call.answer()
            #expect(answer.version == "1" && answer.floats == [0, -7.5, 0, -3])
            let plain = try calls.call("ModelInfer", TestRequest.rows(Self.usual).bytes)
            #expect(plain.header("x-slipway-fallback") == nil)
            #expect(try plain.answer().version == "2")

            try server.wait {
                server.metric("slipway_requests_total", #"code="200",endpoint="digits",model="digits",version="1""#)
                    == 3
            }
            try server.wait {
                server.metric("slipway_requests_total", #"code="200",endpoint="digits",model="digits",version="2""#)
                    == 2
            }
            #expect(Self.count(server, "fallback") == 3 && Self.count(server, "refused") == 0)
            #expect(own.tap.empty().taken.count == 2 && other.tap.empty().taken.isEmpty)
            #expect(evidence.take().requests == 2, "what is far outside speaks for or against no arm")
            #expect(own.requestsInFlight == 0 && other.requestsInFlight == 0)
        }
        #expect(other.requestsInFlight == 0)
    }

    /// Without a version that can answer, they are refused: one that takes something else, or none.
    @Test func whereNoneCanAnswerTheyAreRefused() async throws {
        let own = Self.servable("2", times: 2)
        let narrow = Servable(
            model: "digits", version: "1", digest: "sha256:01", session: ScriptedSession.pair(), calibration: .instant)
        for fallback in [narrow, nil] {
            var endpoint = ServingEndpoint(name: "digits", servable: own)
            endpoint.fallback = fallback
            if fallback == nil { endpoint = ServingEndpoint(name: "digits", servable: Self.servable("3", times: 2)) }
            let servable = endpoint.arms[0].servable
            try await TestPlane.run([endpoint]) { server in
                servable.inputGuard.open(
                    try Self.bounds(servable), .fallback("digits:1"), counters: Self.counters(server))
                let reply = try server.client().post(Self.path, Self.json(Self.far))
                #expect(reply.status == 422 && reply.header("x-slipway-fallback") == nil, "\(reply.text)")
                #expect(Self.count(server, "refused") == 1 && Self.count(server, "fallback") == 0)
            }
        }
    }

    /// The fallback version stays while a table has it, and goes with the last one that does.
    @Test func theFallbackVersionIsKeptAsLongAsItIsPublished() async throws {
        let gone = EventCount()
        let own = Self.servable("2", times: 2)
        let other = Servable(
            model: "digits", version: "1", digest: "sha256:01", session: ScriptedSession.doubler(),
            calibration: .instant, onDrained: { gone.add() })
        let without = ServingEndpoint(name: "digits", servable: own)
        var endpoint = without
        endpoint.fallback = other
        try await TestPlane.run([endpoint]) { server in
            own.inputGuard.open(try Self.bounds(own), .fallback("digits:1"), counters: Self.counters(server))
            let client = try server.client()
            #expect(try client.post(Self.path, Self.json(Self.far)).status == 200)
            #expect(!other.isRetired)
            server.plane.publish(RoutingTable(endpoints: [without]))
            try server.wait { other.isRetired }
            #expect(try client.post(Self.path, Self.json(Self.far)).status == 422)
            #expect(try client.post(Self.path, Self.json(Self.usual)).status == 200)
        }
        #expect(gone.value == 1)
    }

    /// Types of numbers that are looked at in place, and one that is converted.
    @Test(arguments: [
        ElementType.float32, .float64, .int64, .int32, .int16, .int8, .uint8, .uint16,
    ])
    func everyTypeOfNumberIsLookedAt(_ type: ElementType) throws {
        func tensor(_ values: [Double]) throws -> Tensor {
            try Tensor(.float64, Shape([values.count / 2, 2]), values: values).converted(to: type)
        }
        let reference = try tensor([0, 10, 20, 12])
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: type, dimensions: [.symbol("N"), .fixed(2)])], outputs: [])
        var profile = Profile(layout: FeatureLayout(inputs: [("x", reference)], outputs: [], rows: 2))
        profile.add([reference])
        let bounds = try #require(InputBounds(profile, signature: signature))
        #expect(bounds.firstOutlier([try tensor([5, 11, 40, 14])]) == nil)
        let finding = try #require(bounds.firstOutlier([try tensor([5, 11, 41, 11])]))
        #expect(finding.feature == "x[0]" && finding.row == 1 && finding.value == 41 && finding.range == 0...20)
    }
}
