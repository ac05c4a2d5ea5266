import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Lists of steps as one recipe, on the trained network of digits.
@Suite struct RecipeChainTests {
    /// Calibration rows, and others to judge by.
    static func data(rows count: Int = 24) throws -> (model: Model, source: TensorCalibration, rows: HeldRows) {
        let (model, pixels, labels) = try CompressionWorkTests.digits()
        return (
            model, TensorCalibration([try pixels.rows(0..<count)], source: "pixels"),
            try CompressionWorkTests.rows(try pixels.rows(200..<400), try labels.rows(200..<400))
        )
    }

    static func part(_ name: String, share: Double? = nil, floats: [String] = []) -> RecipePart {
        var part = RecipePart(name)
        part.share = share
        part.floats = floats
        return part
    }

    @Test func passesAloneLeaveTheModelToPasses() throws {
        let (model, source, _) = try Self.data()
        let chain = try RecipeChain.recipe(RecipeList([RecipePart("passes")]))
        #expect(try chain.apply(to: model, Made.context(source)).model == model)
        #expect(chain.name == "passes" && !chain.computesInIntegers)
        #expect(throws: RuleFault.self) { try RecipeChain.recipe(RecipeList([RecipePart("nothing")])) }
    }

    @Test func stepsFollowEachOther() throws {
        let (model, source, _) = try Self.data()
        let chain = try RecipeChain.recipe(RecipeList([Self.part("prune", share: 0.4), Self.part("int8")]))
        #expect(chain.name == "prune+int8" && chain.computesInIntegers && chain is any AdjustableRecipe)
        var settings = RecipeSettings()
        settings.prunedShare = 0.4
        let pruned = try PruneRecipe().apply(to: model, Made.context(source, settings))
        let both = try Int8Recipe().apply(to: pruned.model, Made.context(source))
        let chained = try chain.apply(to: model, Made.context(source))
        #expect(chained.model == both.model)
        // One record a node, with what each step did to it.
        #expect(Set(chained.layers.map(\.node)).count == chained.layers.count)
        #expect(Set(chained.layers.map(\.node)) == Set((pruned.layers + both.layers).map(\.node)))
        for layer in chained.layers {
            let steps = (pruned.layers + both.layers).filter { $0.node == layer.node }
            let told = steps.contains(where: \.isChanged) ? steps.filter(\.isChanged) : steps
            #expect(layer.isChanged == steps.contains(where: \.isChanged), "\(layer)")
            #expect(layer.action == told.map(\.action).joined(separator: ", "), "\(layer)")
        }
        #expect(chained.layers.contains { $0.action.contains("channels, int8") }, "\(chained.layers)")
        #expect(chained.model.parameterCount < model.parameterCount * 9 / 10)
    }

    @Test func nodesThatKeepTheirFloatsAreNamed() throws {
        let (model, source, _) = try Self.data()
        let prepared = try Int8Recipe().prepare(model, Made.context(source))
        let node = try #require(prepared.candidates.first)
        let chain = try RecipeChain.recipe(RecipeList([Self.part("int8", floats: [node])]))
        #expect(!(chain is any AdjustableRecipe))
        let result = try chain.apply(to: model, Made.context(source))
        #expect(try result.model == prepared.result(leaving: [node]).model)
        #expect(try result.model != prepared.result(leaving: []).model)
        let stranger = try RecipeChain.recipe(RecipeList([Self.part("int8", floats: ["nobody"])]))
        #expect(throws: RuleFault.self) { try stranger.apply(to: model, Made.context(source)) }
    }

    @Test func asMuchIsPrunedAsTheAllowedLossPaysFor() throws {
        let (model, source, rows) = try Self.data(rows: 96)
        func run(_ drop: Double) throws -> CompressionReport {
            var demands = CompressionWorkTests.quick(drop)
            demands.searchesShare = true
            let recipe = try RecipeChain.recipe(RecipeList([RecipePart("passes"), RecipePart("prune")]))
            let work = CompressionWork(
                try Made.catalog.engine(.onnxRuntime), recipe, RecipeSettings(), demands, passes: [])
            return try work.run(model, calibration: source, rows: rows).report
        }
        let (mild, strict) = (try run(0.3), try run(0.02))
        #expect(mild.outcome == .improved && strict.outcome == .improved, "\(mild.reason ?? "") \(strict.reason ?? "")")
        #expect(try #require(mild.share) >= #require(strict.share))
        #expect(try #require(strict.drop) <= 0.02 && strict.triedShares.count > 1)
        let none = try run(-1)
        #expect(none.outcome == .refused && none.share == nil && none.reason?.contains("allowed") == true)
    }

    @Test func aHopelessResultIsGivenUpAfterSomeRows() throws {
        let (model, _, rows) = try Self.data()
        let batches = try stride(from: 0, to: 200, by: 8).map { [try rows.batches[0][0].rows($0..<($0 + 8))] }
        let judge = RecipeJudge(
            model, try Made.runner(), HeldRows(batches, words: "rows", accuracy: rows.accuracy), threads: 1)
        var broken = model
        for index in broken.graph.initializers.indices {
            guard let tensor = try? broken.graph.initializers[index].tensor(), tensor.elementType == .float32 else {
                continue
            }
            let values = (tensor.values(as: Float.self) ?? []).map { -$0 }
            broken.graph.initializers[index] = TensorValue(
                broken.graph.initializers[index].name, try Tensor(.float32, tensor.shape, values: values))
        }
        let early = try judge.verdict(on: broken, givingUpBeyond: 0.01)
        #expect(early.givenUpAfter.map { $0 < 200 } == true && early.drop > 0.01)
        let whole = try judge.verdict(on: broken)
        #expect(whole.givenUpAfter == nil && whole.drop >= early.drop)
        #expect(try judge.verdict(on: model, givingUpBeyond: 0).givenUpAfter == nil)
    }

    @Test func turnsAreMeasuredSideBySide() throws {
        let (model, _, rows) = try Self.data()
        let session = try Made.runner().session(model, optimized: true)
        let inputs = [try rows.batches[0][0].rows(0..<1)]
        let times = try SideBySide.times(of: [session, session], on: inputs, seconds: 0.1)
        #expect(times.count == 2 && times.allSatisfy { $0.p50 > 0 && $0.p99 >= $0.p50 && $0.runs >= 15 })
        #expect(SideBySide.summary([]).runs == 0)
        let summary = SideBySide.summary([0.001, 0.003, 0.002, 0.004, 0.002, 0.002, 0.002, 0.002])
        #expect(summary.p50 == 2 && summary.p99 == 4 && summary.runs == 8 && summary.noise >= 0)
    }
}
