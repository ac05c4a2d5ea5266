import Tensors

/// A value of the ONNX graph, and the LiteRT tensors that hold it, in one order of axes or several.
final class LoweredValue {
    let name: String
    /// As ONNX has it.
    let shape: [Int]
    let type: ElementType
    /// The elements, where they are known before anything runs; in plain order.
    let constant: Tensor?
    /// Of a constant that the model has as integers: what they stand for, by ONNX's axes.
    var quantization: LiteQuantization?
    private(set) var tensors: [AxisOrder: Int] = [:]
    /// The order in which it was made.
    private(set) var order: AxisOrder

    init(_ name: String, _ type: ElementType, _ shape: [Int], constant: Tensor? = nil, order: AxisOrder? = nil) {
        self.name = name
        self.type = type
        self.shape = shape
        self.constant = constant
        self.order = order ?? .plain(shape.count)
    }

    var rank: Int { shape.count }
    var elementCount: Int { shape.reduce(1, *) }

    /// Says that a tensor holds the value in this order.
    func hold(_ tensor: Int, in order: AxisOrder) {
        if tensors.isEmpty { self.order = order }
        tensors[order] = tensor
    }

    /// Says in which order those who do not care should take it.
    func prefer(_ order: AxisOrder) { self.order = order }

    /// An axis counted from the front.
    func axis(_ axis: Int) throws -> Int {
        let result = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(result) else {
            throw LoweringFault("names axis \(axis) of a value with \(rank) axes")
        }
        return result
    }
}
