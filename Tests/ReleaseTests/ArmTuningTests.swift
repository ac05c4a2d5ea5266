import Tensors
import Testing

@testable import Release

@Suite struct ArmTuningTests {
    private static let tuning = ArmTuning(
        engine: NamedEngine(name: "openvino", precision: "bf16", threads: 2, instances: 1, roundingGroup: 128),
        batching: .named(NamedBatching(rows: 8)), machine: "P, 2 cores", engineVersion: "1")

    private func tuned(_ number: Int, _ tuning: ArmTuning? = ArmTuningTests.tuning) throws -> Candidate {
        let plain = try candidate(number)
        return Candidate(version: plain.version, digest: plain.digest, tuning: tuning)
    }

    private func history(_ spec: EndpointSpec) throws -> EndpointHistory {
        let revision = Revision(endpoint: try EndpointName("e"), number: 1, spec: spec, cause: .deploy, createdAt: 0)
        return try EndpointHistory(try EndpointName("e"), entries: [EndpointHistory.Entry(revision, .healthy)])
    }

    @Test func aTunedArmSurvivesStorage() throws {
        let spec = try EndpointSpec(arms: [.stable(tuned(1))])
        #expect(try EndpointSpec(json: JSONValue.parse(spec.json.encoded())) == spec)
        #expect(spec.stable?.tuning == Self.tuning)
    }

    @Test func tuningAVersionThatIsServedIsAChange() throws {
        let before = try EndpointSpec(arms: [.stable(candidate(1))])
        let plan = try Planner.plan(.deploy(tuned(1), settings: nil), history: history(before))
        #expect(plan.changes.map(\.description).contains { $0.contains("tuning") && $0.contains("bf16") })
        let again = try Planner.plan(.deploy(tuned(1), settings: nil), history: history(plan.next))
        #expect(again.isEmpty)
    }

    @Test func anEngineNamedByHandGoesBeforeWhatWasMeasured() throws {
        let settings = EndpointSettings(engine: .named(NamedEngine(name: "onnxruntime")))
        let spec = try EndpointSpec(arms: [.stable(tuned(1))], settings: settings)
        #expect(spec.sessions.map(\.tuning) == [nil])
        let plan = try Planner.plan(.deploy(tuned(1), settings: settings), history: EndpointHistory(EndpointName("e")))
        #expect(plan.next.stable?.tuning == nil)
        #expect(try EndpointSpec(arms: [.stable(tuned(1))]).sessions.map(\.tuning) == [Self.tuning])
    }

    @Test func eachArmHasItsOwn() throws {
        let stable = try EndpointSpec(arms: [.stable(tuned(1))])
        let plan = try Planner.plan(.canary(candidate(2), share: Share("10%")), history: history(stable))
        #expect(plan.next.stable?.tuning == Self.tuning && plan.next.canary?.tuning == nil)
        let promoted = try Planner.plan(.promote, history: history(plan.next))
        #expect(promoted.next.stable?.tuning == nil)
    }

    @Test(arguments: [
        "{}", "{\"engine\":\"auto\",\"machine\":\"m\",\"engineVersion\":\"1\"}",
        "{\"engine\":{\"name\":\"x y\"},\"machine\":\"m\",\"engineVersion\":\"1\"}",
        "{\"engine\":{\"name\":\"x\"},\"machine\":1,\"engineVersion\":\"1\"}",
        "{\"engine\":{\"name\":\"x\",\"roundingGroup\":0},\"machine\":\"m\",\"engineVersion\":\"1\"}",
        "{\"engine\":{\"name\":\"x\",\"roundingGroup\":65537},\"machine\":\"m\",\"engineVersion\":\"1\"}",
        "{\"engine\":{\"name\":\"x\"},\"machine\":\"m\",\"engineVersion\":\"1\",\"batching\":{\"rows\":0}}",
    ]) func whatIsNoTuningIsRefused(text: String) {
        #expect(throws: ReleaseError.self) { try ArmTuning(json: JSONValue.parse(Array(text.utf8))) }
    }
}
