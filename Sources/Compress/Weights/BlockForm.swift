import ModelGraph
import Optimize
import Tensors

/// How a product with weights in blocks is written for an engine.
struct BlockForm {
    private let layer: WeightLayer
    private let weights: BlockQuantization

    init(_ layer: WeightLayer, _ weights: BlockQuantization) {
        self.layer = layer
        self.weights = weights
    }

    /// As ONNX Runtime's `MatMulNBits`, with activations rounded to 8 bits by block inside of it.
    ///
    /// Source: onnxruntime, `docs/ContribOperators.md`, `MatMulNBits`: values column by column, the first in the low bits.
    func own(_ editor: inout GraphEditor) throws -> [Node] {
        let base = layer.node.input(1)
        let bytes = weights.block * weights.bits / 8
        var packed = [UInt8](repeating: 0, count: layer.columns * weights.blocks * bytes)
        for column in 0..<layer.columns {
            for place in 0..<weights.blocks * weights.block {
                let value = place < layer.depth ? weights.values[place * layer.columns + column] : UInt8(weights.zero)
                let start = column * weights.blocks * bytes
                if weights.bits == 8 {
                    packed[start + place] = value
                } else {
                    packed[start + place / 2] |= place.isMultiple(of: 2) ? value : value << 4
                }
            }
        }
        var scales = [Float](repeating: 1, count: layer.columns * weights.blocks)
        for block in 0..<weights.blocks {
            for column in 0..<layer.columns {
                scales[column * weights.blocks + block] = weights.scales[block * layer.columns + column]
            }
        }
        let shape = try Shape([layer.columns, weights.blocks, bytes])
        let values = editor.addConstant("\(base)_int\(weights.bits)", try Tensor(.uint8, shape, values: packed))
        let factors = editor.addConstant(
            "\(base)_scales", try Tensor(.float32, Shape([layer.columns, weights.blocks]), values: scales))
        let attributes: [(String, Int)] = [
            ("K", layer.depth), ("N", layer.columns), ("bits", weights.bits), ("block_size", weights.block),
            ("accuracy_level", 4),
        ]
        return biased(&editor) { output in
            [
                Node(
                    "MatMulNBits", [layer.input, values, factors], [output], name: layer.node.name,
                    domain: "com.microsoft",
                    attributes: attributes.map { Attribute($0.0, .int(Int64($0.1))) })
            ]
        }
    }

    /// As `DequantizeLinear` before the product, which engines take into it.
    func standard(_ editor: inout GraphEditor) throws -> [Node] {
        guard layer.depth.isMultiple(of: weights.block) else {
            throw RuleFault("\(layer.label): its \(layer.depth) rows of weights are not blocks of \(weights.block)")
        }
        let base = layer.node.input(1)
        let values = editor.addConstant("\(base)_int\(weights.bits)", try signed())
        let isByColumn = weights.blocks == 1
        let shape = try Shape(isByColumn ? [layer.columns] : [weights.blocks, layer.columns])
        let factors = editor.addConstant("\(base)_scales", try Tensor(.float32, shape, values: weights.scales))
        let restored = editor.freshName("\(base)_restored")
        let attributes =
            isByColumn
            ? [Attribute("axis", .int(1))]
            : [Attribute("axis", .int(0)), Attribute("block_size", .int(Int64(weights.block)))]
        return biased(&editor) { output in
            [
                Node("DequantizeLinear", [values, factors], [restored], attributes: attributes),
                Node("MatMul", [layer.input, restored], [output], name: layer.node.name),
            ]
        }
    }

    /// The integers with 0 in the middle; of 4 bits, two in a byte.
    private func signed() throws -> Tensor {
        let shape = try Shape([layer.depth, layer.columns])
        let zero = weights.zero
        guard weights.bits == 4 else {
            return try Tensor(.int8, shape, values: weights.values.map { Int8(Int($0) - zero) })
        }
        let buffer = TensorBuffer(capacity: (weights.values.count + 1) / 2)
        for (place, value) in weights.values.enumerated() {
            let digit = UInt8(truncatingIfNeeded: Int(value) - zero) & 15
            let before = place.isMultiple(of: 2) ? 0 : buffer.mutableBytes[place / 2]
            buffer.mutableBytes[place / 2] = before | (place.isMultiple(of: 2) ? digit : digit << 4)
        }
        return try Tensor(.int4, shape, buffer: buffer)
    }

    private func biased(_ editor: inout GraphEditor, _ product: (String) -> [Node]) -> [Node] {
        let output = layer.node.output(0)
        guard !layer.bias.isEmpty else { return product(output) }
        let sum = editor.freshName("\(output)_product")
        return product(sum) + [Node("Add", [sum, layer.bias], [output])]
    }
}
