import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Where rounding is put, and what the engine makes of it.
@Suite struct Int8RecipeTests {
    static func quantized(
        _ model: Model, _ dimensions: [Int], _ settings: RecipeSettings = RecipeSettings()
    ) throws -> RecipeResult {
        try Int8Recipe().apply(to: model, try Made.context(try Made.source(dimensions), settings))
    }

    @Test func aResidualNetworkRunsInWholeNumbersFromEndToEnd() throws {
        let model = try Made.network()
        let result = try Self.quantized(model, [16, 3, 8, 8])
        #expect(result.model.validate(ValidationOptions()).problems.isEmpty)
        #expect(result.layers.filter(\.isChanged).map(\.node) == ["first", "second", "third", "dense"])
        let operators = Dictionary(grouping: result.model.graph.nodes, by: \.operatorType).mapValues(\.count)
        #expect(operators["Relu"] == nil)
        #expect(
            result.model.graph.initializers.filter { $0.elementType == .int8 && $0.dimensions.count > 1 }.count == 4)
        #expect(!result.model.graph.initializers.contains { $0.name == "w1" })
        let kernels = try KernelCount(of: result.model, try Made.runner())
        #expect(kernels.integer["Conv"] == 3 && kernels.integer["Gemm"] == 1, "\(kernels)")
        #expect(kernels.floats.isEmpty, "\(kernels)")
        #expect(kernels.quantize == 1, "\(kernels)")
    }

    @Test(arguments: Calibrator.allCases)
    func answersStayCloseWithEveryCalibrator(_ calibrator: Calibrator) throws {
        let model = try Made.network()
        var settings = RecipeSettings()
        settings.calibrator = calibrator.rawValue
        let result = try Self.quantized(model, [32, 3, 8, 8], settings)
        let inputs = [try Made.random([16, 3, 8, 8], seed: 99)]
        let answers = try [model, result.model].map { model in
            try Made.runner().session(model, optimized: true).run(inputs)[0].doubles()
        }
        #expect(Made.cosine(answers[0], answers[1]) > 0.99, "\(Made.cosine(answers[0], answers[1]))")
    }

    @Test func equalDataGiveEqualModels() throws {
        let model = try Made.network()
        let results = try (0..<2).map { _ in try Self.quantized(model, [8, 3, 8, 8]).model }
        #expect(results[0] == results[1])
    }

    @Test func groupsUnderALimitGiveTheSameModel() throws {
        let model = try Made.network()
        let whole = try Self.quantized(model, [8, 3, 8, 8])
        var settings = RecipeSettings()
        settings.observedBytes = 5000
        #expect(
            Observation(try Made.context(try Made.source([1, 3, 8, 8]), settings)).plan(model, ["c1", "c2"]).groups
                .count == 1)
        settings.observedBytes = 2048
        #expect(
            Observation(try Made.context(try Made.source([1, 3, 8, 8]), settings)).plan(model, ["c1", "c2"]).groups
                .count == 2)
        settings.calibrator = "minmax"
        var other = RecipeSettings()
        other.calibrator = "minmax"
        #expect(
            try Self.quantized(model, [8, 3, 8, 8], settings).model == Self.quantized(model, [8, 3, 8, 8], other).model)
        #expect(whole.model.graph.nodes.count > model.graph.nodes.count)
    }

    @Test func nodesThatAreLeftOutStayInFloats() throws {
        let model = try Made.network()
        let prepared = try Int8Recipe().prepare(model, try Made.context(try Made.source([8, 3, 8, 8])))
        #expect(prepared.candidates == ["first", "second", "third", "dense"])
        let result = try prepared.result(leaving: ["second"])
        #expect(result.model.validate(ValidationOptions()).problems.isEmpty)
        #expect(result.model.graph.initializers.contains { $0.name == "w2" })
        #expect(result.layers.first { $0.node == "second" }?.isChanged == false)
        let all = try prepared.result(leaving: Set(prepared.candidates))
        #expect(all.layers.allSatisfy { !$0.isChanged })
    }

    @Test func depthwiseChannelsFarApartAreEvenedOut() throws {
        // One channel's weights are 1000 times those of another; the next layer makes up for it.
        func spread(_ values: TensorValue, per row: Int, _ factor: (Int) -> Float) throws -> TensorValue {
            let tensor = try values.tensor()
            let scaled = (tensor.values(as: Float.self) ?? []).enumerated().map { $1 * factor($0 / row) }
            return TensorValue(values.name, try Tensor(.float32, tensor.shape, values: scaled))
        }
        let factors: [Float] = [1, 1000, 0.01, 30, 1, 300, 0.1, 5]
        let nodes = [
            Node("Conv", ["x", "w1", "b1"], ["c1"], name: "pointwise"), Node("Relu", ["c1"], ["r1"]),
            Node("Conv", ["r1", "w2", "b2"], ["c2"], name: "depthwise", attributes: [Attribute("group", .int(8))]),
            Node("Relu", ["c2"], ["r2"]), Node("Conv", ["r2", "w3"], ["y"], name: "last"),
        ]
        let model = Made.model(
            [.symbol("N"), .fixed(3), .fixed(6), .fixed(6)], nodes,
            [
                try spread(try Made.floats("w1", [8, 3, 1, 1]), per: 3) { factors[$0] },
                try spread(try Made.floats("b1", [8]), per: 1) { factors[$0] },
                try spread(try Made.floats("w2", [8, 1, 3, 3], from: 0.1), per: 9) { 1 / factors[$0] },
                try Made.floats("b2", [8]), try Made.floats("w3", [4, 8, 1, 1]),
            ])
        let evened = try #require(try ChannelEqualization.applied(to: model))
        #expect(evened.pairs == 2)
        let inputs = [try Made.random([16, 3, 6, 6], seed: 4)]
        let quantised = try Self.quantized(model, [32, 3, 6, 6])
        let answers = try [model, evened.model, quantised.model].map { model in
            try Made.runner().session(model, optimized: false).run(inputs)[0].doubles()
        }
        #expect(zip(answers[0], answers[1]).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(Made.cosine(answers[0], answers[2]) > 0.99, "\(Made.cosine(answers[0], answers[2]))")
    }

    /// A range that is shared with a larger one does not take a Clip's place.
    @Test func aClipBesideALargerRangeStays() throws {
        let six = { (name: String, value: Float) in
            TensorValue(name, try Tensor(.float32, .scalar, values: [value]))
        }
        let nodes = [
            Node("Conv", ["x", "w1"], ["c1"], name: "limited"), Node("Clip", ["c1", "none", "six"], ["a"]),
            Node("Conv", ["x", "w2"], ["c2"], name: "free"), Node("Relu", ["c2"], ["b"]),
            Node("Concat", ["a", "b"], ["k"], name: "together", attributes: [Attribute("axis", .int(1))]),
            Node("Conv", ["k", "w3"], ["y"], name: "last"),
        ]
        let model = Made.model(
            [.symbol("N"), .fixed(3), .fixed(6), .fixed(6)], nodes,
            [
                try Made.floats("w1", [4, 3, 1, 1], from: -12, to: 12), try six("none", 0), try six("six", 6),
                try Made.floats("w2", [4, 3, 1, 1], from: -12, to: 12), try Made.floats("w3", [2, 8, 1, 1]),
            ])
        let quantised = try Self.quantized(model, [32, 3, 6, 6])
        let inputs = [try Made.random([16, 3, 6, 6], seed: 4)]
        let answers = try [model, quantised.model].map { model in
            try Made.runner().session(model, optimized: false).run(inputs)[0].doubles()
        }
        #expect(Made.cosine(answers[0], answers[1]) > 0.99, "\(Made.cosine(answers[0], answers[1]))")
    }

    /// What Gemm adds to a row is no bias, though there are as many as columns.
    @Test func oneNumberForEachRowIsNoBias() throws {
        let model = Made.model(
            [.fixed(5), .fixed(4)], [Node("Gemm", ["x", "w", "c"], ["y"], name: "dense")],
            [try Made.floats("w", [4, 5]), try Made.floats("c", [5, 1])])
        #expect(throws: RuleFault.self) { try Self.quantized(model, [20, 4]) }
    }

    @Test func aModelWithoutWeightsIsRefusedWithTheReason() throws {
        let model = Made.model([.symbol("N"), .fixed(3)], [Node("Relu", ["x"], ["y"])], [])
        #expect(throws: RuleFault.self) { try Self.quantized(model, [4, 3]) }
    }

    @Test func oldOperatorSetsAreRewrittenOrRefusedByName() throws {
        var model = try Made.network()
        model.opsetImports = [OpsetImport(11)]
        let result = try Self.quantized(model, [8, 3, 8, 8])
        #expect(result.model.opset == 13)
        model.opsetImports = [OpsetImport(10)]
        model.graph.nodes.append(Node("Resize", ["x", "sizes"], ["u"], name: "odd"))
        do {
            _ = try Self.quantized(model, [8, 3, 8, 8])
            Issue.record("it was rewritten")
        } catch let fault as RuleFault {
            #expect(fault.reason.contains("odd"), "\(fault.reason)")
        }
    }

    @Test func badDataAreRefusedWithTheirPlace() throws {
        let model = try Made.network()
        func reason(_ inputs: [Tensor]) -> String {
            do {
                _ = try Int8Recipe().apply(
                    to: model, try Made.context(TensorCalibration(inputs, source: "data.npz")))
                return "none"
            } catch {
                return (error as? RuleFault)?.reason ?? "\(error)"
            }
        }
        #expect(reason([try Made.random([4, 3, 8, 9], seed: 1)]).contains("expects rows of [N, 3, 8, 8]"))
        var values = (try Made.random([4, 3, 8, 8], seed: 1)).values(as: Float.self) ?? []
        values[2 * 192 + 16] = .nan
        #expect(reason([try Made.tensor(values, [4, 3, 8, 8])]).contains("row 3, column 17 is nan"))
        #expect(reason([try Made.random([0, 3, 8, 8], seed: 1)]).contains("rows"))
    }
}
