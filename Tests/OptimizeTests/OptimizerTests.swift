import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// The contract: what a pass may not do, and what becomes of the model when one does it.
@Suite struct OptimizerTests {
    @Test(arguments: WrongPass.allCases)
    func aPassThatIsWrongIsUndoneAndNamedAndTheOthersStay(_ wrong: WrongPass) throws {
        let model = try Made.convolution()
        // The dead code between: what the wrong pass changes is to matter.
        let others = Made.passes("dead-code", "batch-normalization")
        let (expected, _) = try Made.optimized(model, others)
        let (kept, report) = try Made.optimized(model, [others[1], others[0], wrong])
        #expect(kept == expected)
        let record = try #require(report.record(wrong.name))
        #expect(record.verdict == .rejected && record.changed == 0)
        #expect(record.reason?.isEmpty == false)
        #expect(record.predecessors.contains("batch-normalization"))
        #expect(report.record("batch-normalization")?.verdict == .applied)
        #expect(report.outcome == .improved)
    }

    @Test func aWrongPassAloneLeavesTheOriginal() throws {
        let model = try Made.convolution()
        let (kept, report) = try Made.optimized(model, [WrongPass.doubling])
        #expect(kept == model && report.outcome == .unchanged)
        #expect(report.reason == "no pass could be kept")
        #expect(report.before == report.after)
    }

    @Test func doublingAnyWeightIsSeen() throws {
        let model = try Made.convolution()
        for weight in model.graph.initializers.map(\.name) {
            let (kept, report) = try Made.optimized(model, [Doubling(weight: weight)])
            #expect(kept == model && report.record("doubling")?.verdict == .rejected, "\(weight)")
        }
    }

    @Test func anExactPassMayNotMoveABit() {
        var difference = OutputDifference()
        #expect(Tolerance.exact.accepts(difference))
        difference.largest = 1e-12
        #expect(!Tolerance.exact.accepts(difference) && Tolerance.folding.accepts(difference))
        difference.unequal = 1
        #expect(!Tolerance.folding.accepts(difference))
        difference.unequal = 0
        difference.nonFinite = 1
        #expect(!Tolerance.folding.accepts(difference))
    }

    @Test func answersThatDifferFromRunToRunAreNotJudged() throws {
        let model = Made.model(
            [.symbol("N"), .fixed(4)],
            [
                Node("RandomUniformLike", ["x"], ["r"]), Node("Identity", ["r"], ["i"]),
                Node("Add", ["x", "i"], ["y"]),
            ], [])
        let (kept, report) = try Made.optimized(model)
        #expect(kept == model && report.outcome == .unchanged)
        #expect(report.reason?.contains("differ from run to run") == true)
    }

    @Test func whereNothingButZerosComesOutOnlyExactPassesRun() throws {
        var model = try Made.convolution()
        model.graph.nodes[1].outputs = ["n"]
        model.graph.nodes += [Node("Identity", ["n"], ["i"]), Node("Mul", ["i", "zero"], ["y"])]
        model.graph.initializers.append(
            TensorValue("zero", try Tensor(.float32, Shape([]), values: [0] as [Float])))
        let (kept, report) = try Made.optimized(model)
        #expect(kept.operators == ["Conv", "BatchNormalization", "Mul"])
        #expect(report.record("batch-normalization")?.verdict == .skipped)
    }

    @Test func aModelThatTheEngineDoesNotRunIsRefused() throws {
        var model = Made.model([.fixed(1)], [Node("Frobnicate", ["x"], ["y"], domain: "com.example")], [])
        model.opsetImports.append(OpsetImport(1, domain: "com.example"))
        #expect(throws: EngineError.self) { try Made.optimized(model) }
    }

    @Test func aModelWithNothingToDoComesBackAsItIs() throws {
        let model = Made.model([.symbol("N"), .fixed(4)], [Node("Relu", ["x"], ["y"])], [])
        let (kept, report) = try Made.optimized(model)
        #expect(kept == model && report.reason == "no pass found anything to do")
    }

    @Test func onePassMakesAnotherPossible() throws {
        // The normalisation's statistics are computed of constants, behind an identity: three passes, then a fourth.
        var model = try Made.convolution()
        model.graph.nodes[0].outputs = ["c0"]
        model.graph.nodes.insert(Node("Identity", ["c0"], ["c"]), at: 1)
        model.graph.nodes.insert(Node("Abs", ["bn_variance"], ["variance"]), at: 0)
        model.graph.nodes[3].inputs[4] = "variance"
        let (kept, report) = try Made.optimized(model)
        #expect(kept.operators == ["Conv"], "\(report.json.encodedString())")
        #expect(kept.graph.initializers.count == 2)
        #expect(report.after.nodes == 1 && report.before.nodes == 4)
        #expect(report.after.bytes < report.before.bytes && report.after.flops < report.before.flops)
    }

    @Test func weightsOfTheSameElementsAreKeptOnce() throws {
        let a = try Made.floats("a", [400])
        var b = a
        b.name = "b"
        let model = Made.model(
            [.symbol("N"), .fixed(400)], [Node("Mul", ["x", "a"], ["m"]), Node("Add", ["m", "b"], ["y"])], [a, b])
        let (kept, report) = try Made.optimized(model)
        #expect(kept.graph.initializers.map(\.name) == ["a"])
        #expect(report.after.bytes < report.before.bytes - 1500)
    }

    @Test func speedIsJudgedBeyondItsNoise() {
        let same = SpeedComparison(before: 1, after: 1.02, noise: 0.03)
        #expect(!same.isFaster && !same.isSlower)
        #expect(SpeedComparison(before: 1, after: 0.9, noise: 0.03).isFaster)
        #expect(SpeedComparison(before: 1, after: 1.2, noise: 0.03).isSlower)
        #expect(!SpeedComparison(before: 1, after: 1.2, noise: 0.3).isSlower)
    }

    @Test func speedIsMeasuredOnTheEnginesOwnOptimisation() throws {
        let model = try Made.convolution()
        let runner = ModelRunner(try Made.engine())
        let comparison = try OutputComparison(model, runner)
        let speed = try SpeedComparison(model, model, runner, on: comparison.inputs, budget: 0.05)
        #expect(speed.before > 0 && speed.after > 0 && speed.noise >= 0.03)
    }
}
