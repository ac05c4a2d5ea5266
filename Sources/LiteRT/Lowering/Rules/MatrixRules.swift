import Tensors

/// Products of matrices: FULLY_CONNECTED where the right one is constant, else BATCH_MATMUL.
extension LoweringRules {
    static let matrices: [String: LoweringRule] = ["MatMul": product, "Gemm": gemm]

    private static let product: LoweringRule = { node in
        let left = try node.input(0)
        let right = try node.input(1)
        let shape = try node.outputShape()
        guard left.type == .float32, right.type == .float32, left.rank > 0, right.rank > 0 else {
            throw LoweringFault("multiplies \(left.type.displayName); expected FP32")
        }
        if right.constant != nil, right.rank == 2, left.rank >= 2 {
            let rows = try node.graph.tensor(left, in: .plain(left.rank))
            let weights = try node.graph.tensor(right, in: AxisOrder([1, 0]))
            let bias = try node.bias(nil, count: right.shape[1])
            return try node.define(node.fullyConnected(rows, weights, bias, shape), in: .plain(shape.count))
        }
        let rank = max(2, left.rank, right.rank)
        guard rank <= 5 else { throw LoweringFault("multiplies values with \(rank) axes; LiteRT takes 5 at most") }
        // A vector is a row on the left and a column on the right.
        let leftShape = widened(left.rank == 1 ? [1] + left.shape : left.shape, rank)
        let rightShape = widened(right.rank == 1 ? right.shape + [1] : right.shape, rank)
        let one = try node.reshape(node.graph.tensor(left, in: .plain(left.rank)), leftShape)
        let isTransposed = right.rank >= 2 && right.constant == nil && right.order == swapped(right.rank)
        let other =
            isTransposed
            ? try node.reshape(
                node.graph.tensor(right, in: right.order), widened(right.order.stored(right.shape), rank))
            : try node.reshape(node.graph.tensor(right, in: .plain(right.rank)), rightShape)
        let batch = Broadcast.shape(Array(leftShape.dropLast(2)), Array(rightShape.dropLast(2)))
        let made = try node.emit(
            .batchMatrixMultiply, [one, other], batch + [leftShape[rank - 2], rightShape[rank - 1]],
            options: .matrixMultiply(transposesRight: isTransposed))
        try node.define(node.reshape(made, shape), in: .plain(shape.count))
    }

    /// `alpha * A * B + beta * C`.
    private static let gemm: LoweringRule = { node in
        let left = try node.input(0)
        let right = try node.input(1)
        let shape = try node.outputShape()
        guard left.type == .float32, right.type == .float32, left.rank == 2, right.rank == 2 else {
            throw LoweringFault("multiplies \(left.type.displayName) with \(left.rank) axes; expected FP32 with 2")
        }
        let alpha = node.float("alpha") ?? 1
        let rows = try node.graph.tensor(left, in: AxisOrder(node.flag("transA") ? [1, 0] : [0, 1]))
        // LiteRT's weights have a row for each output.
        let order = AxisOrder(node.flag("transB") ? [0, 1] : [1, 0])
        var scale: Float? = alpha == 1 ? nil : alpha
        var weights: Int
        if let constant = right.constant, let factor = scale {
            weights = try node.graph.constant(constant.ordered(order).mapFloats { $0 * factor }, right.name)
            scale = nil
        } else {
            weights = try node.graph.tensor(right, in: order)
        }
        let addend = try node.optionalInput(2)
        let beta = node.float("beta") ?? 1
        let isBias = addend?.constant != nil && addend?.elementCount == shape[1] && scale == nil && beta != 0
        var bias = try node.bias(nil, count: shape[1])
        if isBias, let constant = addend?.constant {
            bias = try node.graph.constant(constant.reshaped([shape[1]]).mapFloats { $0 * beta }, addend?.name ?? "")
        }
        var made = try node.fullyConnected(rows, weights, bias, shape)
        if let scale { made = try node.binary(.multiply, made, node.scalar(scale)) }
        if let addend, !isBias, beta != 0 {
            var term = try node.graph.tensor(addend, in: .plain(addend.rank))
            if beta != 1 { term = try node.binary(.multiply, term, node.scalar(beta)) }
            made = try node.binary(.add, made, term)
        }
        try node.define(made, in: .plain(2))
    }

    private static func widened(_ shape: [Int], _ rank: Int) -> [Int] {
        [Int](repeating: 1, count: max(0, rank - shape.count)) + shape
    }

    /// The last two axes exchanged.
    private static func swapped(_ rank: Int) -> AxisOrder {
        AxisOrder(Array(0..<rank - 2) + [rank - 1, rank - 2])
    }
}

extension NodeLowering {
    func fullyConnected(_ rows: Int, _ weights: Int, _ bias: Int, _ shape: [Int]) throws -> Int {
        let keeps = shape.count != 2
        return try emit(
            .fullyConnected, [rows, weights, bias], shape, options: .fullyConnected(keepsDimensions: keeps),
            version: keeps ? 5 : 1)
    }
}
