import ModelGraph
import Optimize
import Tensors
import Testing

/// Random passes in random orders on random graphs: answers stay.
@Suite struct PropertyTests {
    @Test func randomPassesOnRandomGraphsChangeNoAnswers() throws {
        var generator = Seeded(seed: 20_261_122)
        var removed = 0
        for seed in UInt64(0)..<60 {
            let model = try RandomGraph.model(seed: seed)
            try #require(model.validate().isValid, "seed \(seed): \(model.validate().problems)")
            let passes = PassCatalog.all.shuffled(using: &generator).dropLast(Int.random(in: 0...4, using: &generator))
            let (kept, report) = try Made.optimized(model, Array(passes))
            let rejected = report.records.filter { $0.verdict == .rejected }
            #expect(rejected.isEmpty, "seed \(seed): \(rejected.map { "\($0.name): \($0.reason ?? "")" })")
            #expect(kept.validate().isValid && report.outcome != .refused, "seed \(seed): \(report.reason ?? "")")
            #expect(kept.graph.outputs == model.graph.outputs && Tolerance.total.accepts(report.difference))
            removed += model.graph.nodes.count - kept.graph.nodes.count
        }
        print("\nrandom graphs: \(removed) nodes fewer")
        #expect(removed > 200)
    }

    @Test func whatIsOptimisedHasNothingLeftToOptimise() throws {
        for seed in UInt64(100)..<112 {
            let (once, _) = try Made.optimized(try RandomGraph.model(seed: seed))
            let (twice, report) = try Made.optimized(once)
            #expect(twice == once, "seed \(seed): \(report.records.filter { $0.verdict == .applied }.map(\.name))")
        }
    }
}
