import ModelGraph
import Optimize
import Tensors

/// A node with constant weights that engines have integer kernels for: `Conv`, `Gemm`, `MatMul`.
struct WeightedNode {
    let index: Int
    let node: Node
    /// The weights' name, and their shape.
    let weights: String
    let shape: Shape
    /// The weights' axis of output channels.
    let axis: Int
    /// The bias's name; empty when there is none.
    let bias: String

    static let operators: Set<String> = ["Conv", "Gemm", "MatMul"]

    /// - Throws: `RuleFault` saying why it has no integer kernel.
    init(_ index: Int, _ view: GraphView) throws {
        self.index = index
        node = view.nodes[index]
        weights = node.input(1)
        guard view.elementType(node.input(0)) == .float32 else {
            throw RuleFault("its input is not known to be FP32")
        }
        guard view.constant(node.input(0)) == nil else { throw RuleFault("its input is constant") }
        guard let constant = view.constant(weights), constant.elementType == .float32,
            let shape = try? Shape(constant.dimensions.map { Int($0) }), shape.elementCount > 0
        else { throw RuleFault("its weights are not constant in FP32") }
        self.shape = shape
        let rank = shape.dimensions.count
        switch node.operatorType {
        case "Conv":
            guard rank >= 3 else { throw RuleFault("its weights have no such shape") }
            axis = 0
        case "Gemm":
            guard rank == 2 else { throw RuleFault("its weights are no matrix") }
            guard node.int("transA") ?? 0 == 0, (node.float("alpha") ?? 1) == 1, (node.float("beta") ?? 1) == 1 else {
                throw RuleFault("integer kernels know no alpha, beta and turned input")
            }
            axis = node.int("transB") ?? 0 != 0 ? 0 : 1
        default:
            guard rank == 2 else { throw RuleFault("its weights are no matrix") }
            axis = 1
        }
        bias = node.operatorType == "MatMul" ? "" : node.input(2)
        guard bias.isEmpty || view.constant(bias).map({ $0.elementType == .float32 }) ?? false else {
            throw RuleFault("its bias is not constant in FP32")
        }
        if let constant = view.constant(bias) {
            guard constant.elementCount == shape.dimensions[axis],
                constant.dimensions.dropLast().allSatisfy({ $0 == 1 })
            else {
                throw RuleFault("its bias is not one number for each output channel")
            }
        }
    }

    var channels: Int { shape.dimensions[axis] }

    func weightValues(_ view: GraphView) throws -> [Float] {
        guard let values = try view.constant(weights)?.floats() else { throw RuleFault("its weights cannot be read") }
        return values
    }

    func biasValues(_ view: GraphView) throws -> [Float]? {
        guard !bias.isEmpty else { return nil }
        return try view.constant(bias)?.floats()
    }

    /// For each output channel: Σ over inputs of (restored − original) · mean of the input's channel: by how much rounded
    /// weights move what it makes. Where a convolution pads, the border is moved less; that is left out.
    ///
    /// Source: M. Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019, 4.2.
    func biasShift(_ original: [Float], _ restored: [Float], means: [Double]) -> [Double]? {
        guard restored.count == original.count, original.count == shape.elementCount else { return nil }
        switch node.operatorType {
        case "Conv":
            let group = Int(node.int("group") ?? 1)
            let (perGroup, kernel) = (shape.dimensions[1], shape.dimensions.dropFirst(2).reduce(1, *))
            guard group > 0, channels % group == 0, means.count == perGroup * group else { return nil }
            return shift(restored, original, kernel: kernel) { channel, input in
                means[channel / (channels / group) * perGroup + input]
            }
        case _ where axis == 0:
            guard means.count == shape.dimensions[1] else { return nil }
            return shift(restored, original, kernel: 1) { _, input in means[input] }
        default:
            guard means.count == shape.dimensions[0] else { return nil }
            var shift = [Double](repeating: 0, count: channels)
            for (place, pair) in zip(restored, original).enumerated() {
                shift[place % channels] += (Double(pair.0) - Double(pair.1)) * means[place / channels]
            }
            return shift
        }
    }

    /// The same where the weights of a channel lie together, `kernel` of them for each input.
    private func shift(
        _ restored: [Float], _ original: [Float], kernel: Int, mean: (_ channel: Int, _ input: Int) -> Double
    ) -> [Double] {
        let inputs = original.count / max(1, channels * kernel)
        return restored.withUnsafeBufferPointer { restored in
            original.withUnsafeBufferPointer { original in
                (0..<channels).map { channel in
                    var shift = 0.0
                    for input in 0..<inputs {
                        let start = (channel * inputs + input) * kernel
                        var sum = 0.0
                        for place in start..<(start + kernel) {
                            sum += Double(restored[place]) - Double(original[place])
                        }
                        shift += sum * mean(channel, input)
                    }
                    return shift
                }
            }
        }
    }
}

extension TensorValue {
    /// The elements of a constant of 32-bit floats, copied once; `nil` for other types.
    ///
    /// - Throws: as `tensor()`.
    func floats() throws -> [Float]? {
        guard elementType == .float32 else { return nil }
        if case .raw(let view) = elements, let count = elementCount, view.count == 4 * count {
            return view.withUnsafeBytes { bytes in
                [Float](unsafeUninitializedCapacity: count) { values, filled in
                    UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
                    filled = count
                }
            }
        }
        return try tensor().values(as: Float.self)
    }
}
