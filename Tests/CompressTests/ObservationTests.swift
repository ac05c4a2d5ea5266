import Engines
import ModelGraph
import Optimize
import Synchronization
import Tensors
import Testing

@testable import Compress

/// What is seen of values does not depend on how runs are laid out.
@Suite struct ObservationTests {
    private static func source() throws -> TensorCalibration {
        TensorCalibration([try Made.random([37, 3, 8, 8], seed: 3)], source: "made")
    }

    @Test(arguments: [(2, 256 << 20), (5, 256 << 20), (5, 1 << 14), (64, 1 << 20)])
    func manyThreadsGiveTheModelOfOne(_ threads: Int, _ bytes: Int) throws {
        let model = try Made.network()
        var settings = RecipeSettings()
        let one = try Int8Recipe().apply(to: model, try Made.context(try Self.source(), settings))
        settings.threads = threads
        settings.observedBytes = bytes
        let plan = Observation(try Made.context(try Self.source(), settings)).plan(model, ["c1", "r1", "c2"])
        #expect(plan.lanes >= 1 && plan.lanes <= threads)
        #expect(plan.lanes == 1 || plan.lanes * plan.rows * 8 * 8 * 8 * 4 * 3 <= bytes)
        let many = try Int8Recipe().apply(to: model, try Made.context(try Self.source(), settings))
        #expect(many.model == one.model)
    }

    @Test(arguments: [Calibrator.minmax, .movingAverage])
    func extremesAloneGiveTheRangeThatCountsGive(_ calibrator: Calibrator) throws {
        var (counted, looked) = (TensorStatistics(), TensorStatistics())
        for seed in 0..<5 as Range<UInt64> {
            let batch = try Made.random([2, 4, 300], seed: seed, -Float(seed), 3)
            counted.add(batch, TensorStatistics.Wanted(counts: true, sums: true))
            looked.add(batch, TensorStatistics.Wanted(counts: false, sums: true))
        }
        #expect(!calibrator.needsCounts && looked.histogram.counts.allSatisfy { $0 == 0 })
        #expect(calibrator.range(looked) == calibrator.range(counted))
        #expect(looked.channelMeans == counted.channelMeans && looked.channelMeans.count == 4)
    }

    @Test func sizesThatTheModelStatesWronglyAreTakenFromTheEngine() throws {
        var model = try Made.network()
        // Inference believes a declaration that the engine's run contradicts.
        model.graph.inputs[0].type = .tensor(.float32, [.symbol("N"), .symbol("C"), .symbol("H"), .symbol("W")])
        let session = try Made.runner().session(Observation.exposing(["r1"], of: model), optimized: true)
        var lying = model
        lying.graph.inputs[0].type = .tensor(.float32, [.symbol("N"), .fixed(3), .fixed(9), .fixed(9)])
        let run = ObservedRun(session, Observation.exposing(["r1"], of: lying), ["x", "r1", "nothing"])
        let input = try Made.random([2, 3, 8, 8], seed: 5)
        for _ in 0..<2 {
            let values = try run.values([[input], [input]])
            #expect(values.count == 2 && values[0][2] == nil)
            #expect(values[0][0]?.shape.dimensions == [2, 3, 8, 8])
            #expect(values[1][1]?.shape.dimensions == [2, 8, 8, 8])
        }
    }

    @Test func answersAreTakenFromTheRunThatObservesTheOriginal() throws {
        let model = try Made.network()
        let runner = try Made.runner()
        let rows = HeldRows(try (0..<3).map { [try Made.random([2, 3, 8, 8], seed: $0)] }, words: "made")
        let own = try ReferenceAnswers(model, rows).answers(runner, threads: 3).outputs
        let reference = ReferenceAnswers(model, rows)
        let observing = Observation.exposing(["r1", "c2"], of: model)
        let run = ObservedRun(try runner.session(observing, optimized: true), observing, ["r1", "c2"])
        try reference.take(from: run, of: try Made.network(width: 4), rows: 2, lanes: 2)
        // Batches of two rows are too large where memory is for one.
        try reference.take(from: run, of: model, rows: 1, lanes: 2)
        let refusing = ModelRunner(RefusingEngine())
        #expect(throws: (any Error).self) { try reference.answers(refusing, threads: 1) }
        try reference.take(from: run, of: model, rows: 2, lanes: 2)
        let taken = try reference.answers(refusing, threads: 1).outputs
        #expect(taken.map(\.count) == [1, 1, 1])
        for (a, b) in zip(own, taken) {
            let (left, right) = (try a[0].doubles(), try b[0].doubles())
            #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 } && left.contains { $0 != 0 })
        }
        #expect(throws: (any Error).self) { try ReferenceAnswers(model, rows).answers(refusing, threads: 1) }
    }

    /// Loads nothing: whoever needs a session of it has not taken what was there.
    private struct RefusingEngine: Engine {
        let kind = EngineKind.onnxRuntime
        let version = "0"
        let devices = [Device.cpu]

        func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
            throw EngineError(.modelRejected, kind, "loads nothing")
        }
    }
}
