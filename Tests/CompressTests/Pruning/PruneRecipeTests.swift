import Compress
import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// The recipe on the digits network.
@Suite struct PruneRecipeTests {
    private static let catalog = EngineCatalog()

    private static func example(_ path: String) -> String { Digits.example(path) }

    /// Pictures of digits, from 0 to 1, halved: one half to look at, the other to judge by.
    struct Digits: CalibrationSource {
        let pixels: [Float]
        let labels: [Int64]
        let range: Range<Int>
        var isGenerated = false

        static func example(_ path: String) -> String {
            #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" } + "/Examples/\(path)"
        }

        init(_ range: Range<Int>) throws {
            let arrays = Dictionary(try NPZ.read(path: Self.example("digits/held-out.npz"))) { $1 }
            pixels = try #require(arrays["pixels"]?.values(as: Float.self)).map { $0 / 16 }
            let whole = try arrays["labels"]?.converted(to: .int64)
            labels = try #require(whole?.values(as: Int64.self))
            self.range = range
        }

        var words: String { "\(range.count) digits" }
        var source: String { "digits" }
        var rows: Int? { range.count }

        func forEachBatch(of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void) throws {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: batch) {
                try body([try tensor(start..<min(start + batch, range.upperBound))])
            }
        }

        func tensor(_ rows: Range<Int>) throws -> Tensor {
            try Tensor(
                .float32, Shape([rows.count, 64]),
                values: Array(pixels[(rows.lowerBound * 64)..<(rows.upperBound * 64)]))
        }

        /// The share of right answers.
        func accuracy(_ model: Model, _ runner: ModelRunner) throws -> Double {
            let logits = try runner.session(model, optimized: true).run([try tensor(range)])[0].floats
            let right = range.enumerated().count { row, place in
                let own = logits[(row * 10)..<(row * 10 + 10)]
                return own.indices.max { own[$0] < own[$1] }.map { $0 - row * 10 } == Int(labels[place])
            }
            return Double(right) / Double(range.count)
        }
    }

    @Test(arguments: [0.3, 0.5, 0.6])
    func digitsAreStillReadAfterwards(_ share: Double) throws {
        let model = try Model.read(path: Self.example("digits/cnn.onnx"))
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        var settings = RecipeSettings()
        settings.prunedShare = share
        let judge = try Digits(225..<450)
        let context = RecipeContext(runner: runner, calibration: try Digits(0..<225), settings: settings)
        let result = try PruneRecipe().apply(to: model, context)
        let (before, after) = (try judge.accuracy(model, runner), try judge.accuracy(result.model, runner))
        let factors = try [1, 8, 64].map { rows in
            var inputs = try TrialInputs(for: try runner.session(model, optimized: true))
            inputs.sets = [[try judge.tensor(0..<rows)]]
            return try SpeedComparison(model, result.model, runner, on: inputs, budget: 0.3).factor
        }
        print("digits cnn at \(share): \(before) → \(after), rows 1, 8, 64: \(factors), \(result.notes)")
        for record in result.layers { print("  \(record.node): \(record.action)") }
        #expect(result.model.parameterCount < model.parameterCount && result.model.validate().isValid)
        #expect(try result.model.encoded().count < model.encoded().count * 9 / 10)
        #expect(after >= before - 0.02)

        let again = try PruneRecipe().apply(to: model, context)
        #expect(try again.model.encoded() == result.model.encoded())
    }

    @Test func withoutRepairDigitsAreLost() throws {
        let model = try Model.read(path: Self.example("digits/cnn.onnx"))
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        var settings = RecipeSettings()
        settings.prunedShare = 0.6
        var source = try Digits(0..<225)
        let judge = try Digits(225..<450)
        let repaired = try PruneRecipe().apply(
            to: model, RecipeContext(runner: runner, calibration: source, settings: settings))
        source.isGenerated = true
        let bare = try PruneRecipe().apply(
            to: model, RecipeContext(runner: runner, calibration: source, settings: settings))
        let shares = (try judge.accuracy(repaired.model, runner), try judge.accuracy(bare.model, runner))
        print("digits cnn: refitted \(shares.0), bare \(shares.1)")
        #expect(shares.0 > shares.1 && bare.notes.contains { $0.contains("without samples") })
    }

    @Test func whatCannotBeCutIsRefusedWithTheReason() throws {
        var net = Net([.symbol("N"), .fixed(4)])
        _ = try net.dense("x", "y", 4, 3)
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        let context = RecipeContext(runner: runner, calibration: try Digits(0..<8))
        do {
            _ = try PruneRecipe().apply(to: net.model(), context)
            Issue.record("it cut something")
        } catch let fault as RuleFault {
            #expect(fault.reason.contains("it is an output of the model"))
        }
    }
}

extension Tensor {
    fileprivate var floats: [Float] { values(as: Float.self) ?? [] }
}
