import Tensors

/// Choices between values.
extension LoweringRules {
    static let logic: [String: LoweringRule] = ["Where": choice]

    private static let choice: LoweringRule = { node in
        let values = try (0..<3).map { try node.input($0) }
        let (type, shape) = try node.outputType()
        let order = node.sharedOrder(of: values, rank: shape.count)
        let operands = try values.map { try node.operand($0, in: order) }
        guard shape.count <= 5 else {
            throw LoweringFault("chooses between values with \(shape.count) axes; LiteRT takes 5 at most")
        }
        try node.define(node.emit(.select, operands, order.stored(shape), type: type), in: order)
    }
}
