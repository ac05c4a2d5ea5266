import Engines
import Tensors

/// Tells answers that cannot be right whatever the question was.
enum AnswerCheck {
    /// Values of each output that are looked at: the first ones. Four thousand take half a microsecond.
    static let mostElements = 16_384

    /// Whether an output has a value that is NaN or infinite, or none at all where the question had rows.
    static func isInvalid(_ job: InferenceJob) -> Bool {
        for slot in job.slots {
            guard case .tensor(let tensor) = slot else { continue }
            if tensor.shape.elementCount == 0, job.elementCount > 0 { return true }
            if hasNonFinite(tensor) { return true }
        }
        return false
    }

    static func hasNonFinite(_ tensor: Tensor) -> Bool {
        let bytes = tensor.bytes
        switch tensor.elementType {
        case .float32: return hasNonFinite(bytes, UInt32.self, 0x7F80_0000)
        case .float64: return hasNonFinite(bytes, UInt64.self, 0x7FF0_0000_0000_0000)
        case .float16: return hasNonFinite(bytes, UInt16.self, 0x7C00)
        case .bfloat16: return hasNonFinite(bytes, UInt16.self, 0x7F80)
        default: return false
        }
    }

    /// All bits of the exponent are set in what is not finite. No branch in the loop, so that it becomes vector code.
    private static func hasNonFinite<Bits: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _: Bits.Type, _ exponent: Bits
    ) -> Bool {
        let values = bytes.assumingMemoryBound(to: Bits.self).prefix(mostElements)
        var found: Bits = 0
        for value in values { found |= value & exponent == exponent ? 1 : 0 }
        return found != 0
    }
}
