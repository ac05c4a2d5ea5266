package import Tensors

/// A model as LiteRT runs it: tensors by number, and operators in the order in which they run.
///
/// Source: `tensorflow/compiler/mlir/lite/schema/schema.fbs`, version 3.
package struct LiteModel: Sendable {
    package internal(set) var tensors: [LiteTensor] = []
    package internal(set) var operators: [LiteOperator] = []
    /// What a caller gives, and what it gets, by the names of the ONNX model.
    package internal(set) var inputs: [LitePort] = []
    package internal(set) var outputs: [LitePort] = []
    var name = ""
}

/// A tensor of the model's interface.
package struct LitePort: Hashable, Sendable {
    package let name: String
    package internal(set) var tensor: Int
    package let type: ElementType
    /// As ONNX has it, whatever the order of axes in the file.
    package let shape: [Int]
}

/// A value: what it is, and, of a constant, its elements.
package struct LiteTensor: Sendable {
    package internal(set) var name: String
    package internal(set) var type: ElementType
    package internal(set) var shape: [Int]
    /// The elements of a constant.
    var data: Tensor?
    var quantization: LiteQuantization?
}

/// What the integers of a tensor stand for: `scale * (q - zeroPoint)`, one pair, or one for each slice of an axis.
struct LiteQuantization: Hashable, Sendable {
    var scales: [Float]
    var zeroPoints: [Int64]
    var axis = 0
}

/// One operation.
package struct LiteOperator: Sendable {
    package internal(set) var code: LiteOperatorCode
    var version = 1
    /// Tensors; -1 for one that is left out.
    var inputs: [Int]
    var outputs: [Int]
    var options: LiteOptions?
    var activation = LiteActivation.none
    /// Which node of the ONNX graph asked for it; `nil` for what the interface needed.
    package internal(set) var source: Int?

    /// Whether an activation can be a part of it.
    var takesActivation: Bool { options?.activationSlot != nil }
}

/// What an operator does to its result at the end.
enum LiteActivation: Int, Hashable, Sendable {
    case none = 0
    case relu = 1
    case reluMinusOneToOne = 2
    case relu6 = 3
}

/// How windows treat what is around the edges.
enum LitePadding: Int, Hashable, Sendable {
    case same = 0
    case valid = 1
}
