import Engines
import Release
import Tensors
import Testing

@testable import Control

@Suite struct TuningValueTests {
    private static let machine = Machine(processor: "P", cores: 4, extensions: ["avx512_bf16"], memory: 1)

    @Test(arguments: [
        ("p99=20ms", 0.99, 0.02), ("p50=800us", 0.5, 0.0008), ("p99.9=1.5s", 0.999, 1.5), ("p90=1m", 0.9, 60),
    ]) func anObjectiveIsRead(text: String, quantile: Double, seconds: Double) throws {
        let objective = try #require(TuningObjective(text))
        #expect(objective.quantile == quantile && abs(objective.seconds - seconds) < 1e-12)
        #expect(text.hasPrefix(objective.name))
    }

    @Test(arguments: [
        "", "p99", "p99=", "p99=20", "p98=20ms", "p99=-1ms", "p99=0ms", "p99=2h", "p99=1=2ms", "p99=nanms", "p99=1e3ms",
        "20ms",
    ]) func whatIsNoObjectiveIsRefused(text: String) { #expect(TuningObjective(text) == nil) }

    @Test func theUsualWayComesFirstAndNothingTwice() {
        let space = TuningSpace(machine: Self.machine, engines: [.onnxRuntime, .openVINO])
        #expect(space.setups.first == .usual(cores: 4) && Set(space.setups).count == space.setups.count)
        #expect(space.setups.allSatisfy { $0.threads * $0.instances <= 4 })
        #expect(space.setups.contains { $0.engine == .openVINO && $0.precision == .bfloat16 && $0.threads == 4 })
        #expect(!space.setups.contains { $0.engine == .onnxRuntime && $0.precision == .bfloat16 })
        #expect(space.skipped.isEmpty)
    }

    @Test func whatCannotPayIsLeftOutAndSaid() {
        let plain = Machine(processor: "P", cores: 2)
        let short = TuningSpace(machine: plain, engines: [.openVINO], runSeconds: 10e-6)
        #expect(short.setups.allSatisfy { $0.threads == 1 && $0.precision == .float32 })
        #expect(short.skipped.count == 2)
        let single = TuningSpace(machine: Machine(processor: "P", cores: 1), engines: [.onnxRuntime])
        #expect(single.setups == [.usual(cores: 1)])
    }

    @Test func groupsAreTriedWhereAVersionIsRoundedByTheEngine() throws {
        let machine = Machine(processor: "P", cores: 2, extensions: ["avx512_vnni"])
        let engines = [EngineKind.onnxRuntime, .openVINO]
        let space = TuningSpace(machine: machine, engines: engines, roundsByItself: true)
        let grouped = space.setups.filter { $0.setting.roundingGroup == 128 }
        #expect(!grouped.isEmpty && grouped.allSatisfy { $0.engine == .openVINO })
        #expect(TuningSpace(machine: machine, engines: engines).setups.allSatisfy { $0.setting.roundingGroup == nil })
        let setup = try #require(grouped.first)
        #expect(TuningSetup(setup.named) == setup && setup.description.contains("groups of 128"))
        #expect(setup.options(declared: nil).roundingGroup == 128)
    }

    private func serving(_ setup: TuningSetup, _ points: [(Double, Double, Bool)]) -> TuningServing {
        TuningServing(
            setup: setup, batching: .off, saturation: 1000,
            points: points.map {
                TuningPoint(
                    offered: $0.0, rate: $0.0, latencies: Array(repeating: $0.1, count: 5), isWhole: $0.2)
            }, residentBytes: 5)
    }

    private func evidence() -> TuningEvidence {
        let fast = TuningSetup(engine: .openVINO, precision: .bfloat16, threads: 4, instances: 1)
        let single = TuningSetup(engine: .openVINO, precision: .bfloat16, threads: 1, instances: 1)
        return TuningEvidence(
            machine: Self.machine, engines: ["openvino": "1.2", "onnxruntime": "3"], slipway: "0",
            objective: TuningObjective("p99=20ms"), minimumCosine: 0.999, inputs: "x", seconds: 1, ended: "y",
            trials: [],
            servings: [
                serving(.usual(cores: 4), [(100, 0.01, true), (200, 0.05, true)]),
                serving(fast, [(250, 0.01, true), (300, 0.015, false), (400, 0.03, true)]),
                serving(single, [(60, 0.01, true)]),
            ], chosen: 1)
    }

    @Test func aPromiseIsTheHighestRateThatKeepsIt() {
        let servings = evidence().servings
        #expect(servings[0].promise(TuningObjective("p99=20ms")) == 100)
        #expect(servings[0].promise(TuningObjective("p99=60ms")) == 200)
        #expect(servings[0].promise(TuningObjective("p99=1ms")) == 0)
        #expect(servings[1].promise(TuningObjective("p99=20ms")) == 250, "a load that failed counts for nothing")
        #expect(servings[1].promise(nil) == 1000)
        #expect(evidence().gain == 2.5)
    }

    @Test func whatIsStoredIsReadAgain() throws {
        let written = evidence()
        let read = try TuningEvidence(json: JSONValue.parse(written.json.encoded()))
        #expect(read.servings == written.servings && read.machine == written.machine && read.chosen == 1)
        #expect(read.objective == written.objective && read.tuning == written.tuning)
        #expect(try TuningEvidence.tuning(written.json) == written.tuning)
        #expect(written.tuning?.engine.precision == "bf16" && written.tuning?.engineVersion == "1.2")
        for text in ["{}", "{\"machine\":{\"processor\":\"P\",\"cores\":1},\"servings\":[{}]}", "[]"] {
            #expect(throws: ReleaseError.self) { try TuningEvidence(json: JSONValue.parse(Array(text.utf8))) }
        }
    }

    @Test(
        arguments: [
            (40, .edge, 1), (80, .oneProcess, 1), (190, .oneProcess, 1), (300, .replicas, 2), (2000, .replicas, 10),
        ] as [(Double, Recommendation.Form, Int)]) func theSmallestThatCarriesTheLoadIsRecommended(
            rate: Double, form: Recommendation.Form, machines: Int
        ) throws
    {
        let demand = Recommendation.Demand(rate: rate, objective: TuningObjective("p99=20ms"), price: 0.5)
        let best = try #require(Recommendation.all(for: demand, from: [evidence()]).first)
        #expect(best.form == form && best.machines == machines, "\(best)")
        #expect(best.hourly == 0.5 * Double(machines) && best.utilisation(demand) <= Recommendation.headroom)
    }

    @Test func whatCostsTooMuchOrIsTooSlowIsNotRecommended() {
        var demand = Recommendation.Demand(rate: 300, objective: TuningObjective("p99=20ms"), price: 1, cost: 1.5)
        #expect(Recommendation.all(for: demand, from: [evidence()]).isEmpty)
        demand.cost = 2
        #expect(!Recommendation.all(for: demand, from: [evidence()]).isEmpty)
        demand.objective = TuningObjective("p99=1ms")
        #expect(Recommendation.all(for: demand, from: [evidence()]).isEmpty)
        #expect(Recommendation.nearest(TuningObjective(quantile: 0.99, seconds: 0.001), from: [evidence()]) == 0.01)
    }
}
