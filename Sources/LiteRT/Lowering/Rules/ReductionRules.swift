import ModelGraph
import Tensors

/// Sums, means, extremes along axes. What is kept stays in its order.
extension LoweringRules {
    static let reductions: [String: LoweringRule] = {
        var rules: [String: LoweringRule] = [:]
        for (name, code) in reductionCodes { rules[name] = { try reduce($0, code) } }
        rules["ReduceL2"] = { node in
            try reduce(
                node, .sum, before: { try node.binary(.multiply, $0, $0) }, after: { try node.unary(.squareRoot, $0) })
        }
        rules["ReduceSumSquare"] = { node in try reduce(node, .sum, before: { try node.binary(.multiply, $0, $0) }) }
        rules["ReduceL1"] = { node in try reduce(node, .sum, before: { try node.unary(.absolute, $0) }) }
        rules["ReduceLogSumExp"] = { node in
            // The largest element is taken out, so that nothing overflows; without that this is another number.
            throw LoweringFault("is ReduceLogSumExp", remedy: "write it as ReduceMax, Sub, Exp, ReduceSum, Log, Add")
        }
        rules["ArgMax"] = { try argument($0, .argMax) }
        rules["ArgMin"] = { try argument($0, .argMin) }
        rules["TopK"] = topK
        rules["CumSum"] = cumulativeSum
        return rules
    }()

    private static let reductionCodes: [String: LiteOperatorCode] = [
        "ReduceMean": .mean, "ReduceSum": .sum, "ReduceMax": .reduceMax, "ReduceMin": .reduceMin,
        "ReduceProd": .reduceProduct,
    ]

    private static func reduce(
        _ node: NodeLowering, _ code: LiteOperatorCode, before: ((Int) throws -> Int)? = nil,
        after: ((Int) throws -> Int)? = nil
    ) throws {
        let input = try node.input(0)
        let given = try node.integers("axes", input: 1) ?? []
        if given.isEmpty, node.flag("noop_with_empty_axes") {
            return node.graph.alias(node.node.outputs[0], input)
        }
        let axes = Set(given.isEmpty ? Array(0..<input.rank) : try given.map(input.axis))
        let keeps = (node.int("keepdims") ?? 1) != 0
        let order = input.order
        var tensor = try node.graph.tensor(input, in: order)
        if let before { tensor = try before(tensor) }
        let result = keeps ? order : order.removing(axes)
        let positions = try node.integers(axes.map(order.position(of:)).sorted(), "axes")
        var made = try node.emit(
            code, [tensor, positions], result.stored(node.outputShape()), type: input.type,
            options: .reduction(keepsDimensions: keeps))
        if let after { made = try after(made) }
        try node.define(made, in: result)
    }

    private static func argument(_ node: NodeLowering, _ code: LiteOperatorCode) throws {
        guard !node.flag("select_last_index") else {
            throw LoweringFault("takes the last of equal elements; LiteRT takes the first")
        }
        let input = try node.input(0)
        let axis = try input.axis(node.int("axis") ?? 0)
        let tensor = try node.graph.tensor(input, in: .plain(input.rank))
        let shape = try node.outputShape()
        var dropped = input.shape
        dropped.remove(at: axis)
        let made = try node.emit(
            code, [tensor, node.graph.constant(.integers([axis], []), "axis")], dropped, type: .int64,
            options: .argument(code, .int64))
        try node.define(node.reshape(made, shape), in: .plain(shape.count))
    }

    private static let topK: LoweringRule = { node in
        let input = try node.input(0)
        let count = try node.constant(1, "k").integerValues?.first ?? 0
        let axis = try input.axis(node.int("axis") ?? -1)
        guard (node.int("largest") ?? 1) != 0, (node.int("sorted") ?? 1) != 0 else {
            throw LoweringFault("wants the smallest, or unsorted ones; LiteRT gives the largest, sorted")
        }
        let order = AxisOrder.last(axis, rank: input.rank)
        let tensor = try node.graph.tensor(input, in: order)
        let shape = try order.stored(node.outputShape())
        let values = try node.emit(
            .topK, [tensor, node.graph.constant(.integers([count], []), "k")], shape, type: input.type)
        let places = try node.graph.addTensor("places", .int32, shape)
        node.graph.model.operators[node.graph.model.operators.count - 1].outputs.append(places)
        try node.define(values, in: order)
        guard node.node.outputs.count > 1, !node.node.outputs[1].isEmpty else { return }
        let wide = try node.emit(.cast, [places], shape, type: .int64, options: .cast(from: .int32, to: .int64))
        try node.define(wide, in: order, output: 1)
    }

    private static let cumulativeSum: LoweringRule = { node in
        let input = try node.input(0)
        let axis = try input.axis(node.constant(1, "axis").integerValues?.first ?? 0)
        let order = input.order
        let made = try node.emit(
            .cumulativeSum,
            [
                node.graph.tensor(input, in: order),
                node.graph.constant(.integers([order.position(of: axis)], []), "axis"),
            ], order.stored(input.shape), type: input.type,
            options: .cumulative(exclusive: node.flag("exclusive"), reverse: node.flag("reverse")))
        try node.define(made, in: order)
    }
}
