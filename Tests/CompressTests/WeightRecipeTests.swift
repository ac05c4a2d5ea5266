import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Recipes that need no ranges found beforehand: what they make of small models, and how well that answers.
@Suite struct WeightRecipeTests {
    static let catalog = EngineCatalog()

    private func context(
        _ batches: [[Tensor]], target: EngineKind = .onnxRuntime, isGenerated: Bool = false
    ) throws -> RecipeContext {
        var settings = RecipeSettings()
        settings.target = target
        return RecipeContext(
            runner: ModelRunner(try Self.catalog.engine(.onnxRuntime)),
            calibration: GivenBatches(batches: batches, isGenerated: isGenerated), settings: settings)
    }

    /// Signal to noise of the answers to the last batch, in decibels.
    private func decibels(_ model: Model, _ made: Model, _ inputs: [Tensor]) throws -> Double {
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        let answers = try [model, made].map { try runner.session($0, optimized: true).run(inputs)[0].doubles() }
        let signal = answers[0].reduce(0) { $0 + $1 * $1 }
        let noise = zip(answers[0], answers[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return Double.decibels(signal, noise)
    }

    private func bytes(_ model: Model) throws -> Int {
        var size = 0
        try model.forEachPiece { size += $0.count }
        return size
    }

    // MARK: - int8-dynamic

    @Test func productsAreInIntegersAndAnswerAlike() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(4)
        let result = try DynamicIntegers().apply(to: model, try context(batches))
        #expect(result.model.validate().isValid, "\(result.model.validate().problems)")
        #expect(result.model.operatorTypes.count { $0 == "MatMulInteger" } == 2)
        #expect(!result.model.operatorTypes.contains("Gemm") && result.layers.allSatisfy(\.isChanged))
        #expect(try decibels(model, result.model, batches[0]) > 30)
        #expect(try bytes(result.model) < bytes(model) * 2 / 5)
    }

    @Test func channelsThatAreLargeAreSmoothedIntoTheWeights() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(4, outlier: 60)
        let rough = try DynamicIntegers(least: 0, smooths: false).apply(to: model, try context(batches))
        let smooth = try DynamicIntegers(least: 0).apply(to: model, try context(batches))
        let answers = try [rough, smooth].map { try decibels(model, $0.model, batches[0]) }
        #expect(answers[1] > answers[0] + 6, "\(answers)")
        #expect(smooth.layers.contains { $0.action.contains("smoothed") })
    }

    @Test func aLayerThatWouldLoseTooMuchStaysInFloats() throws {
        let model = try Small.perceptron(quiet: 1e-3)
        let batches = try Small.batches(4, outlier: 200)
        let result = try DynamicIntegers(least: 30, smooths: false).apply(to: model, try context(batches))
        let first = try #require(result.layers.first { $0.node == "first" })
        #expect(!first.isChanged && first.action.contains("stays in floats"), "\(result.layers)")
        #expect(first.decibels ?? 99 < 30 && result.model.operatorTypes.contains("MatMul"))
    }

    @Test func layersThatReadTheSameShareWhatIsMadeOfIt() throws {
        let model = try Small.branches()
        let result = try DynamicIntegers().apply(to: model, try context(try Small.batches(2)))
        let types = result.model.operatorTypes
        #expect(types.count { $0 == "DynamicQuantizeLinear" } == 1 && types.count { $0 == "MatMulInteger" } == 3)
    }

    @Test func anEmbeddingIsLookedUpIn8Bits() throws {
        let model = try Small.embedding()
        let words = try Tensor(.int64, Shape([1, 3]), values: [5, 0, 99] as [Int64])
        let result = try DynamicIntegers().apply(to: model, try context([[words]]))
        #expect(result.layers.map(\.operatorType) == ["Gather"] && result.model.validate().isValid)
        #expect(try decibels(model, result.model, [words]) > 40)
        #expect(try bytes(result.model) < bytes(model) / 3)
    }

    @Test func whatIsNotForItIsRefusedWithTheReason() throws {
        let bare = Small.model([Node("Relu", ["x"], ["y"])], [])
        let batches = try Small.batches(1)
        #expect { try DynamicIntegers().apply(to: bare, try context(batches)) } throws: {
            ($0 as? RuleFault)?.reason.contains("no product") == true
        }
    }

    @Test func openVINOGetsAScaleForEachColumnAndRoundsActivationsItself() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(8)
        let result = try DynamicIntegers().apply(to: model, try context(batches, target: .openVINO))
        #expect(result.model.validate().isValid, "\(result.model.validate().problems)")
        #expect(result.model.operatorTypes.count { $0 == "DequantizeLinear" } == 2)
        #expect(!result.model.operatorTypes.contains("DynamicQuantizeLinear") && result.layers.allSatisfy(\.isChanged))
        #expect(result.notes.contains { $0.contains("OpenVINO rounds") })
        #expect(try decibels(model, result.model, batches[0]) > 34)
        let runner = ModelRunner(try Self.catalog.engine(.openVINO))
        let answers = try [model, result.model].map {
            try runner.session($0, optimized: true).run(batches[0])[0].doubles()
        }
        let signal = answers[0].reduce(0) { $0 + $1 * $1 }
        let noise = zip(answers[0], answers[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(Double.decibels(signal, noise) > 30, "activations rounded as well")
    }

    @Test func answersInLargerGroupsAreJudgedAsTheyWillRun() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(8)
        let engine = try Self.catalog.engine(.openVINO)
        let rows = HeldRows([batches[7]], words: "held rows")
        func report(_ setting: EngineSetting) throws -> CompressionReport {
            var demands = CompressionWork.Demands()
            (demands.measuresSpeed, demands.setting) = (false, setting)
            var settings = RecipeSettings()
            settings.target = .openVINO
            return try CompressionWork(engine, DynamicIntegers(), settings, demands, passes: [])
                .run(model, calibration: GivenBatches(batches: batches, isGenerated: false), rows: rows).report
        }
        let (usual, grouped) = (try report(.usual), try report(EngineSetting(roundingGroup: 64)))
        #expect(usual.after == grouped.after && grouped.outcome == .improved, "\(grouped.reason ?? "")")
        let machine = Machine.present
        guard EngineSetting(roundingGroup: 64).obstacle(on: .openVINO, machine) == nil else { return }
        #expect(grouped.agreement != usual.agreement, "the same weights, other scales of activations")
    }

    // MARK: - Blocks

    @Test(arguments: [(8, 38.0), (4, 14.0)])
    func weightsInBlocksAnswerAlikeInBothForms(bits: Int, least: Double) throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(8)
        let own = try BlockWeights(bits: bits).apply(to: model, try context(batches))
        #expect(own.model.operatorTypes.count { $0 == "MatMulNBits" } == 2 && own.model.validate().isValid)
        #expect(try decibels(model, own.model, batches[0]) > least - 4)
        let standard = try BlockWeights(bits: bits).apply(to: model, try context(batches, target: .openVINO))
        #expect(standard.model.opset == 21 && standard.model.validate().isValid)
        #expect(standard.model.operatorTypes.count { $0 == "DequantizeLinear" } == 2)
        #expect(try decibels(model, standard.model, batches[0]) > least)
        #expect(try bytes(standard.model) < bytes(model) * (bits == 8 ? 40 : 28) / 100)
    }

    @Test func errorsAreMadeUpForOnlyWithRealInputs() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(40, correlated: true)
        let real = try BlockWeights(bits: 4).apply(to: model, try context(batches))
        let made = try BlockWeights(bits: 4).apply(to: model, try context(batches, isGenerated: true))
        #expect(real.layers.allSatisfy { $0.action.contains("made up for") })
        #expect(made.layers.allSatisfy { $0.action.contains("nearest") } && !made.notes.isEmpty)
        let answers = try [real, made].map { try decibels(model, $0.model, batches[39]) }
        #expect(answers[0] > answers[1] + 1, "\(answers)")
    }

    // MARK: - fp16

    @Test func weightsAreStoredIn16BitsAndWidened() throws {
        let model = try Small.perceptron()
        let batches = try Small.batches(1)
        let result = try HalfWeights().apply(to: model, try context(batches))
        #expect(result.model.operatorTypes.prefix(2) == ["Cast", "Cast"] && result.model.validate().isValid)
        #expect(try decibels(model, result.model, batches[0]) > 60)
        #expect(try bytes(result.model) < bytes(model) * 6 / 10)
    }

    @Test(arguments: [(Float(70000), "70000"), (1e-9, "too small")])
    func numbersThat16BitsDoNotHoldAreNamed(value: Float, words: String) throws {
        let weights = TensorValue(
            "w", try Tensor(.float32, Shape([32, 64]), values: [Float](repeating: value, count: 2048)))
        let model = Small.model(
            [Node("MatMul", ["x", "v"], ["h"]), Node("MatMul", ["h", "w"], ["y"])],
            [
                try Small.weights("v", 64, 32), weights,
            ])
        let result = try HalfWeights().apply(to: model, try context(try Small.batches(1)))
        let record = try #require(result.layers.first { $0.node == "w" })
        #expect(!record.isChanged && record.action.contains(words), "\(record)")
        #expect(result.layers.first { $0.node == "v" }?.isChanged == true)
    }
}

/// Batches that are there.
struct GivenBatches: CalibrationSource {
    let batches: [[Tensor]]
    var isGenerated = false
    var words: String { "\(batches.count) batches" }
    var source: String { "batches" }
    var rows: Int? { batches.count }

    func forEachBatch(of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void) throws {
        for inputs in batches { try body(inputs) }
    }
}

/// Small models with an input `x [N, 64]` and what to run them on.
enum Small {
    /// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
    struct Numbers {
        var state: UInt64

        /// From -1 up to 1.
        mutating func next() -> Float {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return Float((word ^ (word >> 31)) >> 40) * 0x1p-23 - 1
        }
    }

    static func weights(_ name: String, _ rows: Int, _ columns: Int) throws -> TensorValue {
        var numbers = Numbers(state: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        let values = (0..<rows * columns).map { _ in numbers.next() * 0.2 }
        return TensorValue(name, try Tensor(.float32, Shape([rows, columns]), values: values))
    }

    static func model(_ nodes: [Node], _ constants: [TensorValue], input: ValueInfo? = nil) -> Model {
        let graph = Graph(
            "small", nodes: nodes, initializers: constants,
            inputs: [input ?? ValueInfo("x", .float32, [.symbol("N"), .fixed(64)])],
            outputs: [ValueInfo("y", .float32, nil)])
        return Model(graph, opset: 17, irVersion: 8)
    }

    /// A product, an activation, a `Gemm` with turned weights and a bias.
    ///
    /// - Parameter quiet: how little the channel counts that batches may make large.
    static func perceptron(quiet: Float = 1) throws -> Model {
        var first = try #require(try weights("w1", 64, 96).tensor().values(as: Float.self))
        for column in 0..<96 { first[5 * 96 + column] *= quiet }
        let weights1 = TensorValue("w1", try Tensor(.float32, Shape([64, 96]), values: first))
        let bias = TensorValue("b", try Tensor(.float32, Shape([32]), values: (0..<32).map { Float($0) / 32 }))
        return model(
            [
                Node("MatMul", ["x", "w1"], ["h"], name: "first"), Node("Tanh", ["h"], ["a"]),
                Node("Gemm", ["a", "w2", "b"], ["y"], name: "second", attributes: [Attribute("transB", .int(1))]),
            ], [weights1, try weights("w2", 32, 96), bias])
    }

    /// Three products of the same.
    static func branches() throws -> Model {
        let names = ["q", "k", "v"]
        return model(
            names.map { Node("MatMul", ["x", "w\($0)"], [$0], name: $0) } + [Node("Sum", names, ["y"])],
            try names.map { try weights("w\($0)", 64, 48) })
    }

    static func embedding() throws -> Model {
        model(
            [Node("Gather", ["table", "x"], ["y"], name: "words")], [try weights("table", 100, 64)],
            input: ValueInfo("x", .int64, [.symbol("N"), .symbol("S")]))
    }

    /// Sixteen rows each.
    ///
    /// - Parameters:
    ///   - outlier: how many times as large one channel is.
    ///   - correlated: whether half of the channels follow the other half.
    static func batches(_ count: Int, outlier: Float = 1, correlated: Bool = false) throws -> [[Tensor]] {
        var numbers = Numbers(state: 42)
        return try (0..<count).map { _ in
            var values = (0..<16 * 64).map { _ in numbers.next() }
            for row in 0..<16 {
                values[row * 64 + 5] *= outlier
                guard correlated else { continue }
                for channel in 32..<64 {
                    values[row * 64 + channel] = values[row * 64 + channel - 32] + 0.05 * numbers.next()
                }
            }
            return [try Tensor(.float32, Shape([16, 64]), values: values)]
        }
    }
}

extension Model {
    var operatorTypes: [String] { graph.nodes.map(\.operatorType) }
}
