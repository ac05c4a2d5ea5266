import Engines
import Tensors

@testable import Serve

/// A session whose run is a closure: from input tensors to all output tensors.
final class ScriptedSession: Session {
    typealias Script = @Sendable ([Tensor]) throws(EngineError) -> [Tensor]

    let engine = EngineKind.onnxRuntime
    let device = Device.cpu
    let signature: Signature
    private let script: Script

    init(_ signature: Signature, _ script: @escaping Script) {
        self.signature = signature
        self.script = script
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        let results = try script(inputs)
        for (index, result) in results.enumerated() {
            switch outputs[index] {
            case .skip: break
            case .allocate: outputs[index] = .tensor(result)
            case .tensor(let target):
                guard case .buffer(let buffer) = target.storage, target.shape == result.shape else {
                    throw EngineError(.runFailed, engine, "the slot has another shape")
                }
                UnsafeMutableRawBufferPointer(start: buffer.base, count: target.byteCount).copyMemory(
                    from: result.bytes)
            }
        }
    }
}

extension ScriptedSession {
    /// `y = 2 x`, FP32 [N, 4].
    static func doubler() -> ScriptedSession { scaling(by: 2) }

    /// `y = factor x`, FP32 [N, 4].
    static func scaling(by factor: Float) -> ScriptedSession {
        ScriptedSession(rows("x", "y", .float32, width: 4)) { inputs in
            let values = (inputs[0].values(as: Float.self) ?? []).map { $0 * factor }
            return [tensor(.float32, inputs[0].shape, values)]
        }
    }

    /// Returns what it gets, of any type; shape as given, or [N] when `nil`.
    static func identity(_ type: ElementType, _ dimensions: [Dimension]? = [.symbol("N")]) -> ScriptedSession {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: type, dimensions: dimensions)],
            outputs: [TensorSpec(name: "y", elementType: type, dimensions: dimensions)])
        return ScriptedSession(signature) { inputs in inputs }
    }

    /// `sum = a + b` and `difference = a - b`, FP32 [N, 2]; `b` may have one row for all.
    static func pair() -> ScriptedSession {
        let shape: [Dimension] = [.symbol("N"), .fixed(2)]
        let signature = Signature(
            inputs: ["a", "b"].map { TensorSpec(name: $0, elementType: .float32, dimensions: shape) },
            outputs: ["sum", "difference"].map { TensorSpec(name: $0, elementType: .float32, dimensions: shape) })
        return ScriptedSession(signature) { inputs in
            let a = inputs[0].values(as: Float.self) ?? []
            let b = inputs[1].values(as: Float.self) ?? []
            return [
                tensor(.float32, inputs[0].shape, zip(a, b).map { $0 + $1 }),
                tensor(.float32, inputs[0].shape, zip(a, b).map { $0 - $1 }),
            ]
        }
    }

    /// Fails as an engine does, naming a file of the machine it was built on.
    static func failing() -> ScriptedSession {
        ScriptedSession(rows("x", "y", .float32, width: 4)) { _ throws(EngineError) in
            throw EngineError(.runFailed, .onnxRuntime, "/build/core/gather.cc:71 index out of bounds", nativeCode: 1)
        }
    }

    static func rows(_ input: String, _ output: String, _ type: ElementType, width: Int) -> Signature {
        let shape: [Dimension] = [.symbol("N"), .fixed(width)]
        return Signature(
            inputs: [TensorSpec(name: input, elementType: type, dimensions: shape)],
            outputs: [TensorSpec(name: output, elementType: type, dimensions: shape)])
    }

    private static func tensor(_ type: ElementType, _ shape: Shape, _ values: [Float]) -> Tensor {
        guard let tensor = try? Tensor(type, shape, values: values) else { preconditionFailure("sizes differ") }
        return tensor
    }
}

extension Calibration {
    /// Every run is taken for a short one.
    static let instant = Calibration(
        points: [Point(elements: 0, nanoseconds: 1), Point(elements: 1 << 40, nanoseconds: 2)],
        predictsOutputShapes: true)
    /// Every run goes to the run threads.
    static let long = Calibration(points: [], predictsOutputShapes: true)
}
