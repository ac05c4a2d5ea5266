import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// What is done with a recipe's result: measured, kept, mended or thrown away.
@Suite struct CompressionWorkTests {
    /// The trained network of digits, and its held-out rows.
    static func digits() throws -> (model: Model, pixels: Tensor, labels: Tensor) {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Examples/digits"
        let arrays = try NPZ.read(path: folder + "/held-out.npz")
        let pixels = try #require(arrays.first { $0.name == "pixels" }).tensor.converted(to: .float32)
        let labels = try #require(arrays.first { CalibrationNames.answers.contains($0.name) }?.tensor)
        // The graph takes pixels from 0 to 1; the file has them from 0 to 16.
        let scaled = (pixels.values(as: Float.self) ?? []).map { $0 / 16 }
        return (
            try Model.read(path: folder + "/cnn.onnx"), try Tensor(.float32, pixels.shape, values: scaled), labels
        )
    }

    static func rows(_ pixels: Tensor, _ labels: Tensor) throws -> HeldRows {
        let truths = try labels.doubles()
        return HeldRows([[pixels]], words: "held rows") { session in
            let scores = try session.run([pixels])[0].doubles()
            let width = scores.count / truths.count
            let right = truths.indices.filter { row in
                let best = (0..<width).max { scores[row * width + $0] < scores[row * width + $1] } ?? 0
                return Double(best) == truths[row]
            }
            return Double(right.count) / Double(truths.count)
        }
    }

    static func work(_ demands: CompressionWork.Demands) throws -> CompressionWork {
        CompressionWork(try Made.catalog.engine(.onnxRuntime), Int8Recipe(), RecipeSettings(), demands)
    }

    static func quick(_ drop: Double? = nil) -> CompressionWork.Demands {
        var demands = CompressionWork.Demands()
        demands.measuresSpeed = false
        demands.largestDrop = drop
        return demands
    }

    @Test func theDigitsNetworkKeepsItsAccuracyAndIsAThirdOfTheSize() throws {
        let (model, pixels, labels) = try Self.digits()
        let half = (pixels.rowCount ?? 0) / 2
        let source = TensorCalibration([try pixels.rows(0..<half)], source: "pixels")
        let rows = try Self.rows(try pixels.rows(half..<(2 * half)), try labels.rows(half..<(2 * half)))
        let (small, report) = try Self.work(Self.quick()).run(model, calibration: source, rows: rows)
        #expect(report.outcome == .improved, "\(report.reason ?? "")")
        let (before, after) = (try #require(report.accuracyBefore), try #require(report.accuracyAfter))
        #expect(before > 0.97 && before - after < 0.005, "\(before) → \(after)")
        #expect((report.after?.bytes ?? .max) < report.before.bytes * 2 / 5)
        // Where bytes are not multiplied and added up in 32 bits, the engine cuts sums of pairs.
        let isExact = Machine.present.extensions.contains { $0.hasSuffix("_vnni") }
        #expect(report.agreement?.cosine ?? 0 > (isExact ? 0.999 : 0.99))
        #expect(small.graph.outputs == model.graph.outputs)
        let kernels = try KernelCount(of: small, try Made.runner())
        #expect(kernels.integer["Conv"] == 3 && kernels.integer["Gemm"] == 2 && kernels.floats.isEmpty, "\(kernels)")
    }

    @Test func nodesAreGivenBackUntilTheDropIsAllowed() throws {
        // Weights of one node that 8 bits cannot hold: one number a million times the others.
        var model = try Made.network(width: 32)
        let place = try #require(model.graph.initializers.firstIndex { $0.name == "w2" })
        var values = try model.graph.initializers[place].tensor().values(as: Float.self) ?? []
        for channel in 0..<32 { values[channel * 288] = 40 }
        model.graph.initializers[place] = TensorValue("w2", try Made.tensor(values, [32, 32, 3, 3]))
        let rows = HeldRows(try (0..<4).map { [try Made.random([4, 3, 8, 8], seed: UInt64(50 + $0))] }, words: "rows")
        let source = try Made.source([32, 3, 8, 8])
        let (_, strict) = try Self.work(Self.quick(0)).run(model, calibration: source, rows: rows)
        #expect(strict.outcome == .improved || strict.reason?.contains("allowed") == true, "\(strict.reason ?? "")")
        if strict.dropBefore != nil { #expect(strict.left.first == "second", "\(strict.left)") }
        let (_, mild) = try Self.work(Self.quick(0.9)).run(model, calibration: source, rows: rows)
        #expect(mild.outcome == .improved && mild.left.isEmpty, "\(mild.reason ?? "")")
        #expect(mild.layers.filter(\.isChanged).allSatisfy { ($0.decibels ?? 0) > 0 })
    }

    @Test func whatIsWorseIsRefusedAndTheOriginalKept() throws {
        let model = try Made.network()
        // Ranges from nothing but zeros: everything is cut off.
        let source = TensorCalibration([try Tensor(zeros: .float32, Shape([8, 3, 8, 8]))], source: "zeros")
        let rows = HeldRows([[try Made.random([8, 3, 8, 8], seed: 5, -8, 8)]], words: "rows")
        let (kept, report) = try Self.work(Self.quick(0.001)).run(model, calibration: source, rows: rows)
        #expect(kept == model && report.outcome == .refused, "\(report.reason ?? "")")
    }

    @Test func dataThatDoNotFitAreAnErrorAndNotARefusal() throws {
        let model = try Made.network()
        let rows = HeldRows([[try Made.random([8, 3, 8, 8], seed: 5)]], words: "rows")
        #expect(throws: RuleFault.self) {
            try Self.work(Self.quick()).run(model, calibration: try Made.source([4, 3, 9, 9]), rows: rows)
        }
    }
}
