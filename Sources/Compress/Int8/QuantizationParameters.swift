import ModelGraph
import Tensors

/// What a quantised number stands for: `x = scale · (q − zero)`.
package struct QuantizationParameters: Hashable, Sendable {
    /// The numbers that quantised activations have.
    package enum Kind: Hashable, Sendable {
        /// 0 to 255, with a zero anywhere.
        case unsigned
        /// -127 to 127, with a zero at 0.
        case symmetric
    }

    package let kind: Kind
    package let scale: Float
    package let zero: Int

    /// For numbers of a range. `unsigned`: `scale = (high − low) / 255`, `zero = round(−low / scale)`;
    /// `symmetric`: `scale = max(|low|, |high|) / 127`.
    ///
    /// Source: B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
    /// inference", 2018.
    package init(_ range: ValueRange, _ kind: Kind) {
        self.kind = kind
        // The engine divides by it; smaller ones have no inverse.
        let least: Float = 1e-30
        switch kind {
        case .unsigned:
            scale = max(Float((range.high - range.low) / 255), least)
            let width = max(range.high - range.low, Double(least))
            zero = Int(min(max((-range.low * 255 / width).rounded(), 0), 255))
        case .symmetric:
            scale = max(Float(max(-range.low, range.high) / 127), least)
            zero = 0
        }
    }

    var elementType: ElementType { kind == .unsigned ? .uint8 : .int8 }

    func zeroTensor() throws -> Tensor {
        kind == .unsigned
            ? try Tensor(.uint8, Shape([]), values: [UInt8(zero)])
            : try Tensor(.int8, Shape([]), values: [Int8(zero)])
    }

    func scaleTensor() throws -> Tensor { try Tensor(.float32, Shape([]), values: [scale]) }

    /// What a number becomes and stands for afterwards.
    package func rounded(_ value: Float) -> Float {
        let step = (value / scale).rounded(.toNearestOrEven) + Float(zero)
        let limits: ClosedRange<Float> = kind == .unsigned ? 0...255 : -127...127
        return (min(max(step, limits.lowerBound), limits.upperBound) - Float(zero)) * scale
    }
}
