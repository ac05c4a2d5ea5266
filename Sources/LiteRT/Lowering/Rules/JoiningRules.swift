import ModelGraph
import Tensors

/// Values joined and taken apart along an axis.
extension LoweringRules {
    static let joining: [String: LoweringRule] = ["Concat": concat, "Split": split]

    private static let concat: LoweringRule = { node in
        let values = try node.node.inputs.indices.map { try node.input($0) }.filter { $0.elementCount > 0 }
        let (type, shape) = try node.outputType()
        guard let first = values.first, let given = node.int("axis") else { throw LoweringFault("joins nothing") }
        let axis = try first.axis(given)
        let order = node.sharedOrder(of: values, rank: shape.count)
        let operands = try values.map { try node.graph.tensor($0, in: order) }
        let made = try node.emit(
            .concatenation, operands, order.stored(shape), type: type,
            options: .concatenation(axis: order.position(of: axis)))
        try node.define(made, in: order)
    }

    private static let split: LoweringRule = { node in
        let input = try node.input(0)
        let axis = try input.axis(node.int("axis") ?? 0)
        let order = input.order
        let outputs = node.node.outputs.indices
        let shapes = try outputs.map { index -> [Int] in
            if !node.node.outputs[index].isEmpty { return try node.outputShape(index) }
            throw LoweringFault("leaves out one of its outputs")
        }
        let sizes = shapes.map { $0[axis] }
        let tensor = try node.graph.tensor(input, in: order)
        let made = try outputs.map { index in
            try node.graph.addTensor(node.node.outputs[index], input.type, order.stored(shapes[index]))
        }
        let position = try node.graph.constant(.integers([order.position(of: axis)], []), "axis")
        if Set(sizes).count == 1 {
            node.graph.add(.split, [position, tensor], made, options: .split(count: made.count))
        } else {
            let list = try node.integers(sizes, "sizes")
            node.graph.add(
                .splitBySizes, [tensor, list, position], made, options: .splitBySizes(count: made.count))
        }
        for index in outputs { try node.define(made[index], in: order, output: index) }
    }
}
