import ModelGraph
import Tensors

/// Integers that stand for numbers. ONNX says so with a node on either side of what is computed, LiteRT with the scale
/// of each tensor; `joinIntegers` makes the one of the other.
extension LoweringRules {
    static let quantisation: [String: LoweringRule] = ["QuantizeLinear": quantize, "DequantizeLinear": dequantize]

    /// Integers between operators are INT8 whatever the model has: LiteRT's kernels are made for them.
    private static let quantize: LoweringRule = { node in
        let input = try node.input(0)
        let (type, shape) = try node.outputType()
        let quantization = try node.quantization(type, rank: input.rank)
        guard quantization.scales.count == 1 else {
            throw LoweringFault("quantises values with a scale for each slice; LiteRT has that for weights only")
        }
        let order = input.order
        let numbers = try node.graph.tensor(input, in: order)
        var made = try node.emit(.quantize, [numbers], node.shape(numbers), type: .int8)
        node.graph.model.tensors[made].quantization = quantization.signed(type)
        if type == .uint8 {
            let signed = made
            made = try node.emit(.quantize, [signed], node.shape(numbers), type: .uint8, version: 2)
            node.graph.model.tensors[made].quantization = quantization
            node.graph.signed[made] = signed
        }
        let value = LoweredValue(node.node.outputs[0], type, shape)
        value.hold(made, in: order)
        node.graph.define(value)
    }

    private static let dequantize: LoweringRule = { node in
        let input = try node.input(0)
        let (type, shape) = try node.outputType()
        guard type == .float32 else {
            throw LoweringFault("makes \(type.displayName) of integers; expected FP32")
        }
        let quantization = try node.quantization(input.type, rank: input.rank)
        if let constant = input.constant {
            let value = LoweredValue(
                node.node.outputs[0], type, shape, constant: try constant.numbers(quantization))
            value.quantization = input.type == .int32 ? nil : quantization.signed(input.type)
            return node.graph.define(value)
        }
        guard quantization.scales.count == 1, input.type != .int32 else {
            throw LoweringFault("takes integers that are worked out with a scale for each slice, or of 32 bits")
        }
        let order = input.order
        var integers = try node.graph.tensor(input, in: order)
        node.graph.model.tensors[integers].quantization = quantization
        if input.type == .uint8 {
            if let signed = node.graph.signed[integers] {
                integers = signed
            } else {
                let signed = try node.emit(.quantize, [integers], node.shape(integers), type: .int8, version: 2)
                node.graph.model.tensors[signed].quantization = quantization.signed(.uint8)
                integers = signed
            }
        }
        try node.define(node.emit(.dequantize, [integers], node.shape(integers), version: 2), in: order)
    }
}

extension NodeLowering {
    /// The scales and zero points of a node for integers of `type`.
    fileprivate func quantization(_ type: ElementType, rank: Int) throws -> LiteQuantization {
        guard [.int8, .uint8, .int32].contains(type) else {
            throw LoweringFault("has integers of \(type.displayName); LiteRT's kernels take 8 bits here")
        }
        guard (int("block_size") ?? 0) == 0 else {
            throw LoweringFault("has a scale for each block, which LiteRT does not have")
        }
        guard let scales = try constant(1, "scale").floatValues, !scales.isEmpty,
            scales.allSatisfy({ $0.isFinite && $0 > 0 })
        else { throw LoweringFault("has scales that are not positive numbers in FP32") }
        var points = [Int64](repeating: 0, count: scales.count)
        if let given = try optionalConstant(2, "zero point") {
            points = try given.doubles().map { point in
                guard let whole = Int32(exactly: point) else {
                    throw LoweringFault("has a zero point of \(point); expected an integer of 32 bits")
                }
                return Int64(whole)
            }
        }
        guard points.count == scales.count else {
            throw LoweringFault("has \(scales.count) scales and \(points.count) zero points")
        }
        // One scale belongs to no axis, and LiteRT looks whether there is one.
        let axis = scales.count == 1 ? 0 : int("axis") ?? 1
        return LiteQuantization(scales: scales, zeroPoints: points, axis: axis < 0 ? axis + rank : axis)
    }
}

extension LiteQuantization {
    /// The same numbers in INT8, of which the zero point lies 128 lower.
    fileprivate func signed(_ type: ElementType) -> LiteQuantization {
        guard type == .uint8 else { return self }
        var result = self
        result.zeroPoints = zeroPoints.map { $0 - 128 }
        return result
    }

    /// With the axes of the tensor in another order.
    func stored(in order: AxisOrder) -> LiteQuantization {
        guard scales.count > 1 else { return self }
        var result = self
        result.axis = order.position(of: axis)
        return result
    }
}

extension Tensor {
    /// What integers stand for.
    fileprivate func numbers(_ quantization: LiteQuantization) throws -> Tensor {
        let dimensions = shape.dimensions
        let count = quantization.scales.count
        guard count == 1 || dimensions.indices.contains(quantization.axis) && dimensions[quantization.axis] == count
        else { throw LoweringFault("has \(count) scales for a constant of shape \(shape)") }
        let inner = count == 1 ? 1 : max(1, dimensions[(quantization.axis + 1)...].reduce(1, *))
        let values = try doubles().enumerated().map { place, integer in
            let slice = count == 1 ? 0 : place / inner % count
            return Float(integer - Double(quantization.zeroPoints[slice])) * quantization.scales[slice]
        }
        return try .floats(values, dimensions)
    }
}
