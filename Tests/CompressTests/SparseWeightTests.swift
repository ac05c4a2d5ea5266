import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Weights set to zero: which, how many, and that nobody is told more than is true.
@Suite struct SparseWeightTests {
    @Test(arguments: [0.0, 0.25, 0.5, 0.9, 1.0])
    func theSmallestGoAndAsManyAsAsked(_ share: Double) {
        var generator = Seeded(seed: 4)
        // Many equal ones among them.
        let weights = (0..<2000).map { _ in Float(Int.random(in: -9...9, using: &generator)) / 4 }
        let layout = SparseLayout([40, 50], outputsFirst: true)
        let kept = SparsePattern.anywhere.zeroed(weights, layout, share: share)
        let gone = weights.indices.filter { kept[$0] != weights[$0] }
        let zeros = weights.count { $0 == 0 }
        #expect(kept.count { $0 == 0 } == max(zeros, Int(2000 * share)))
        let largest = gone.map { weights[$0].magnitude }.max() ?? 0
        #expect(weights.indices.allSatisfy { kept[$0] == 0 || kept[$0].magnitude >= largest })
    }

    @Test(arguments: [
        (true, [6, 8, 3, 3]), (true, [5, 12]), (false, [12, 5]), (false, [8, 4, 2, 2]), (true, [4, 7]),
    ])
    func ofEachBlockAlongTheInputsTheLargestStay(_ outputsFirst: Bool, _ dimensions: [Int]) throws {
        let values = try Made.random(dimensions, seed: 8).values(as: Float.self) ?? []
        let layout = SparseLayout(dimensions, outputsFirst: outputsFirst)
        let kept = SparsePattern.block(keeping: 2, of: 4).zeroed(values, layout, share: 0)
        let (outputs, inputs) = outputsFirst ? (dimensions[0], dimensions[1]) : (dimensions[1], dimensions[0])
        let kernel = dimensions.dropFirst(2).reduce(1, *)
        func place(_ output: Int, _ input: Int, _ inner: Int) -> Int {
            (outputsFirst ? output * inputs + input : input * outputs + output) * kernel + inner
        }
        for output in 0..<outputs {
            for inner in 0..<kernel {
                for start in stride(from: 0, to: inputs - 3, by: 4) {
                    let places = (start..<(start + 4)).map { place(output, $0, inner) }
                    let order = places.sorted { abs(values[$0]) > abs(values[$1]) }
                    #expect(order.map { kept[$0] != 0 } == [true, true, false, false])
                }
                // What fills no block stays.
                for input in (inputs / 4 * 4)..<inputs { #expect(kept[place(output, input, inner)] != 0) }
            }
        }
    }

    @Test(arguments: ["sparse", "sparse-2-4"])
    func halfOfTheWeightsAreZeroAndOnlyThePackedFileIsSmaller(_ name: String) throws {
        let model = try Made.network(width: 32)
        let recipe = try #require(RecipeCatalog.recipe(name))
        let result = try recipe.apply(to: model, try Made.context(try Made.source([8, 3, 8, 8])))
        let packed = try #require(result.packed)
        #expect(packed.after < packed.before)
        #expect(result.notes.contains { $0.hasPrefix("size only") } && recipe.purpose.hasPrefix("size only"))
        let changed = result.layers.filter(\.isChanged)
        #expect(changed.map(\.node) == ["second"])
        #expect(try result.model.encoded().count == model.encoded().count)
        let weights = try #require(try GraphView(result.model).constant("w2")?.floats())
        #expect(weights.count { $0 == 0 } == weights.count / 2)
    }

    @Test func theReportSaysWhatPackingGains() throws {
        let model = try Made.network(width: 32)
        var demands = CompressionWork.Demands()
        demands.measuresSpeed = false
        demands.largestDrop = 1
        let rows = HeldRows([[try Made.random([4, 3, 8, 8], seed: 6)]], words: "made")
        let work = CompressionWork(
            try Made.catalog.engine(.onnxRuntime), SparseWeights(), RecipeSettings(), demands)
        let found = try work.run(model, calibration: try Made.source([8, 3, 8, 8]), rows: rows)
        #expect(found.report.outcome == .improved, "\(found.report.reason ?? "")")
        let json = found.report.json["packed"]
        #expect(json?["after"]?.intValue ?? .max < json?["before"]?.intValue ?? 0)
    }
}
