import ModelGraph
import Tensors

/// Operators that work on each element by itself, with operands stretched to fit each other. They keep the order of
/// axes in which their largest operand is.
extension LoweringRules {
    static let elementwise: [String: LoweringRule] = {
        var rules: [String: LoweringRule] = [:]
        for (name, code) in unaryCodes { rules[name] = { try unary($0, code) } }
        for (name, code) in variadicCodes { rules[name] = { try variadic($0, code) } }
        rules["Mean"] = { node in try variadic(node, .add, scale: 1 / Float(node.node.inputs.count)) }
        rules["Reciprocal"] = { node in
            try node.mapping { try node.binary(.divide, node.scalar(1), $0) }
        }
        rules["Mod"] = { node in
            guard !node.flag("fmod") else { throw LoweringFault("has fmod = 1, which LiteRT does not have") }
            try variadic(node, .floorModulo)
        }
        rules["Identity"] = { node in try node.graph.alias(node.node.outputs[0], node.input(0)) }
        rules["Dropout"] = { node in
            guard node.node.outputs.count < 2 || node.node.outputs[1].isEmpty else {
                throw LoweringFault("also gives its mask, which only training needs", remedy: "export for inference")
            }
            if let mode = try node.optionalInput(2), try mode.constant?.doubles().first != 0 {
                throw LoweringFault("is in training mode", remedy: "export for inference")
            }
            try node.graph.alias(node.node.outputs[0], node.input(0))
        }
        rules["Cast"] = cast
        rules["Erf"] = { node in try node.mapping { try node.errorFunction($0) } }
        return rules
    }()

    private static let unaryCodes: [String: LiteOperatorCode] = [
        "Abs": .absolute, "Neg": .negate, "Sqrt": .squareRoot, "Exp": .exponential, "Log": .logarithm,
        "Floor": .floor, "Ceil": .ceiling, "Round": .round, "Sin": .sine, "Cos": .cosine, "Not": .logicalNot,
        "Relu": .relu, "Sigmoid": .logistic, "Tanh": .tanh, "HardSwish": .hardSwish, "Sign": .sign,
    ]

    private static let variadicCodes: [String: LiteOperatorCode] = [
        "Add": .add, "Sub": .subtract, "Mul": .multiply, "Div": .divide, "Pow": .power, "Min": .minimum,
        "Max": .maximum, "Sum": .add, "And": .logicalAnd, "Or": .logicalOr, "Equal": .equal, "Less": .less,
        "Greater": .greater, "LessOrEqual": .lessOrEqual, "GreaterOrEqual": .greaterOrEqual,
    ]

    private static func unary(_ node: NodeLowering, _ code: LiteOperatorCode) throws {
        try node.requireArithmetic([node.input(0)])
        try node.mapping { try node.unary(code, $0) }
    }

    /// Folds the operands from the left, as ONNX does for more than two.
    private static func variadic(_ node: NodeLowering, _ code: LiteOperatorCode, scale: Float? = nil) throws {
        let values = try node.node.inputs.indices.map { try node.input($0) }
        let (type, shape) = try node.outputType()
        try node.requireArithmetic(values)
        let order = node.sharedOrder(of: values, rank: shape.count)
        let operands = try values.map { try node.operand($0, in: order) }
        guard var made = operands.first else { throw LoweringFault("has no inputs") }
        for operand in operands.dropFirst() {
            let next = Broadcast.shape(node.shape(made), node.shape(operand))
            try node.requireBroadcast(node.shape(made), node.shape(operand))
            made = try node.emit(code, [made, operand], next, type: type)
        }
        if let scale { made = try node.binary(.multiply, made, node.scalar(scale)) }
        if operands.count == 1 || node.shape(made) != order.stored(shape) {
            made = try node.emit(
                .reshape, [made, node.integers(order.stored(shape), "shape")], order.stored(shape), type: type)
        }
        try node.define(made, in: order)
    }

    private static let cast: LoweringRule = { node in
        let input = try node.input(0)
        let (type, shape) = try node.outputType()
        if type == input.type { return node.graph.alias(node.node.outputs[0], input) }
        let order = input.order
        let operand = try node.graph.tensor(input, in: order)
        let made = try node.emit(
            .cast, [operand], order.stored(shape), type: type, options: .cast(from: input.type, to: type))
        try node.define(made, in: order)
    }
}

extension NodeLowering {
    /// Lowers a node with one input of the output's shape by operators that keep the order of its axes.
    func mapping(_ body: (Int) throws -> Int) throws {
        let input = try input(0)
        let made = try body(graph.tensor(input, in: input.order))
        try define(made, in: input.order)
    }

    /// The order in which most elements are already; plain where no operand has all axes.
    func sharedOrder(of values: [LoweredValue], rank: Int) -> AxisOrder {
        let whole = values.filter { $0.rank == rank && $0.constant == nil }
        guard let most = whole.map(\.elementCount).max() else { return .plain(rank) }
        var weights: [AxisOrder: Int] = [:]
        for value in whole where value.elementCount == most { weights[value.order, default: 0] += 1 }
        let best = weights.values.max() ?? 0
        return whole.first { $0.elementCount == most && weights[$0.order] == best }?.order ?? .plain(rank)
    }

    /// A value as an operand of something whose axes are in `order`: axes that it lacks in front become 1.
    func operand(_ value: LoweredValue, in order: AxisOrder) throws -> Int {
        if value.rank == order.rank { return try graph.tensor(value, in: order) }
        guard value.elementCount > 1 || value.constant == nil else {
            return try graph.tensor(value, in: .plain(value.rank))
        }
        guard value.rank < order.rank else { throw LoweringFault("has an operand with more axes than its result") }
        if order.isPlain { return try graph.tensor(value, in: order.isPlain ? .plain(value.rank) : order) }
        let missing = order.rank - value.rank
        let widened = [Int](repeating: 1, count: missing) + value.shape
        if let constant = value.constant {
            return try graph.constant(constant.reshaped(widened).ordered(order), value.name)
        }
        let stretched = LoweredValue(value.name, value.type, widened)
        stretched.hold(
            try reshape(graph.tensor(value, in: .plain(value.rank)), widened), in: .plain(order.rank))
        return try graph.tensor(stretched, in: order)
    }

    /// LiteRT computes with FP32, INT32 and INT64, and with both operands of one type; small integers are quantised
    /// numbers there.
    func requireArithmetic(_ values: [LoweredValue]) throws {
        let types = Set(values.map(\.type))
        guard types.count == 1, let type = types.first, [.float32, .int32, .int64, .bool].contains(type),
            operatorType != "Pow" || type == .float32 || type == .int32
        else {
            let names = types.map(\.displayName).sorted().joined(separator: " and ")
            throw LoweringFault(
                "computes with \(names); LiteRT's operator does not", remedy: "put a Cast to FP32 before it")
        }
    }

    /// LiteRT stretches operands with up to five axes, of comparisons and powers four.
    func requireBroadcast(_ left: [Int], _ right: [Int]) throws {
        let rank = max(left.count, right.count)
        guard rank > 4, left != right, left.reduce(1, *) > 1, right.reduce(1, *) > 1 else { return }
        let isArithmetic = ["Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min"].contains(operatorType)
        guard rank == 5, isArithmetic else {
            throw LoweringFault("stretches operands with \(rank) axes, which LiteRT does not")
        }
    }
}
