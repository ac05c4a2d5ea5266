import Engines
import Tensors

@testable import Scoring

/// A model of `x` FP32 [N, 2] that gives `sum` FP32 [N, 1] and `parts` FP32 [N, 2], and fails on negative numbers.
final class FakeSession: Session {
    let engine = EngineKind.onnxRuntime
    let device = Device.cpu
    let signature: Signature

    /// - Parameter rows: the first dimension; free when `nil`.
    init(rows: Int? = nil) {
        let first = rows.map(Dimension.fixed) ?? .symbol("N")
        signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [first, .fixed(2)])],
            outputs: [
                TensorSpec(name: "sum", elementType: .float32, dimensions: [first, .fixed(1)]),
                TensorSpec(name: "parts", elementType: .float32, dimensions: [first, .fixed(2)]),
            ])
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        guard let values = inputs[0].values(as: Float.self), let rows = inputs[0].rowCount else { return }
        if let fixed = signature.inputs[0].dimensions?.first?.size, rows != fixed {
            throw EngineError(.invalidInput, engine, "\(rows) rows")
        }
        guard !values.contains(where: { $0 < 0 }) else {
            throw EngineError(.runFailed, engine, "a number is negative")
        }
        let sums = (0..<rows).map { values[2 * $0] + values[2 * $0 + 1] }
        do throws(TensorError) {
            if case .allocate = outputs[0] {
                outputs[0] = .tensor(try Tensor(.float32, try Shape([rows, 1]), values: sums))
            }
            if case .allocate = outputs[1] {
                outputs[1] = .tensor(try Tensor(.float32, try Shape([rows, 2]), values: values))
            }
        } catch {
            throw EngineError(.runFailed, engine, error.message)
        }
    }
}

extension ScoredVersion {
    static func fake(rows: Int? = nil, classes: [String] = []) -> ScoredVersion {
        ScoredVersion(
            reference: "fake:1", digest: "sha256:fa4e", session: FakeSession(rows: rows), classes: classes)
    }
}
