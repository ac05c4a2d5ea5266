import Tensors

extension ElementType {
    /// `ONNXTensorElementDataType`: the numbers of `TensorProto.DataType` up to 23, then in an order of its own.
    /// `nil` for a type the library's C interface has no number for.
    var onnxRuntimeCode: Int32? {
        switch self {
        case .uint2: 24
        case .int2: 25
        case .float8e8m0: nil
        default: onnxCode
        }
    }

    /// The type with this `ONNXTensorElementDataType` number; `nil` for undefined and unknown numbers.
    init?(onnxRuntimeCode code: Int32) {
        switch code {
        case 24: self = .uint2
        case 25: self = .int2
        case 1...23: self.init(onnxCode: code)
        default: return nil
        }
    }
}
