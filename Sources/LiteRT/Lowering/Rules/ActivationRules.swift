import Tensors

/// Activations: LiteRT's own where it has them, else made of simpler operators.
extension LoweringRules {
    static let activations: [String: LoweringRule] = [
        "Clip": clip,
        "LeakyRelu": { node in
            let slope = node.float("alpha") ?? 0.01
            try node.mapping { try node.emit(.leakyRelu, [$0], node.shape($0), options: .leakyRelu(slope)) }
        },
        "Elu": { node in try node.mapping { try node.elu($0, alpha: node.float("alpha") ?? 1) } },
        "Celu": celu,
        "Selu": { node in
            let alpha = node.float("alpha") ?? 1.6732632
            let gamma = node.float("gamma") ?? 1.0507010
            try node.mapping { try node.binary(.multiply, node.elu($0, alpha: alpha), node.scalar(gamma)) }
        },
        "HardSigmoid": { node in
            try node.mapping {
                let scaled = try node.binary(.multiply, $0, node.scalar(node.float("alpha") ?? 0.2))
                return try node.clamped(node.binary(.add, scaled, node.scalar(node.float("beta") ?? 0.5)), 0, 1)
            }
        },
        "Gelu": { node in
            let isApproximate = node.text("approximate") == "tanh"
            try node.mapping {
                try node.emit(.gelu, [$0], node.shape($0), options: .gelu(approximate: isApproximate))
            }
        },
        "Softplus": { node in try node.mapping { try node.softplus($0) } },
        "Softsign": { node in
            try node.mapping {
                try node.binary(.divide, $0, node.binary(.add, node.unary(.absolute, $0), node.scalar(1)))
            }
        },
        "Mish": { node in
            try node.mapping { try node.binary(.multiply, $0, node.unary(.tanh, node.softplus($0))) }
        },
        "Swish": { node in
            try node.mapping {
                let scaled = try node.binary(.multiply, $0, node.scalar(node.float("alpha") ?? 1))
                return try node.binary(.multiply, $0, node.unary(.logistic, scaled))
            }
        },
        "PRelu": slopes,
        "Softmax": { try softmax($0, .softmax) },
        "LogSoftmax": { try softmax($0, .logSoftmax) },
    ]

    /// RELU and RELU6 where the bounds are theirs: those can become a part of what comes before.
    private static let clip: LoweringRule = { node in
        func bound(_ attribute: String, _ index: Int) throws -> Float? {
            if let given = node.float(attribute) { return given }
            return try node.optionalConstant(index, attribute).flatMap {
                try $0.converted(to: .float32).floatValues?.first
            }
        }
        let low = try bound("min", 1)
        let high = try bound("max", 2)
        let isFloat = try node.input(0).type == .float32
        try node.mapping { operand in
            switch (low, high) {
            case (0?, nil) where isFloat: return try node.unary(.relu, operand)
            case (0?, 6?) where isFloat: return try node.unary(.relu6, operand)
            case (0?, let most?) where isFloat && most >= .greatestFiniteMagnitude:
                return try node.unary(.relu, operand)
            default: return try node.clamped(operand, low, high)
            }
        }
    }

    /// PRELU where each channel has a slope, else `max(x, 0) + slope * min(x, 0)`.
    private static let slopes: LoweringRule = { node in
        let input = try node.input(0)
        let slopes = try node.input(1)
        let order = input.order
        guard input.type == .float32, slopes.rank <= input.rank else {
            throw LoweringFault("takes \(input.type.displayName), or slopes with more axes than its input")
        }
        let shape = [Int](repeating: 1, count: input.rank - slopes.rank) + slopes.shape
        let stored = order.stored(shape)
        let tensor = try node.graph.tensor(input, in: order)
        if input.rank == 4, let constant = slopes.constant, stored.dropLast().allSatisfy({ $0 == 1 }),
            stored.last == order.stored(input.shape).last
        {
            let alpha = try node.graph.constant(
                constant.reshaped(shape).ordered(order).reshaped(Array(stored.dropFirst())), slopes.name)
            return try node.define(
                node.emit(.prelu, [tensor, alpha], order.stored(input.shape)), in: order)
        }
        let negative = try node.binary(
            .multiply, node.binary(.minimum, tensor, node.scalar(0)), node.operand(slopes, in: order))
        try node.define(node.binary(.add, node.unary(.relu, tensor), negative), in: order)
    }

    private static let celu: LoweringRule = { node in
        let alpha = node.float("alpha") ?? 1
        try node.mapping {
            let scaled = try node.binary(.divide, $0, node.scalar(alpha))
            return try node.binary(.multiply, node.unary(.elu, scaled), node.scalar(alpha))
        }
    }

    /// LiteRT's softmax goes along the last axis. Before version 13 ONNX's took all axes from `axis` on as one.
    private static func softmax(_ node: NodeLowering, _ code: LiteOperatorCode) throws {
        let input = try node.input(0)
        let axis = try input.axis(node.int("axis") ?? (node.opset < 13 ? 1 : -1))
        let options: LiteOptions? = code == .softmax ? .softmax : nil
        if node.opset < 13, input.shape.dropFirst(axis + 1).contains(where: { $0 != 1 }) {
            let flat = [input.shape[..<axis].reduce(1, *), input.shape[axis...].reduce(1, *)]
            let tensor = try node.reshape(node.graph.tensor(input, in: .plain(input.rank)), flat)
            let made = try node.emit(code, [tensor], flat, options: options)
            return try node.define(node.reshape(made, input.shape), in: .plain(input.rank))
        }
        let order = input.order.axes.last == axis ? input.order : .last(axis, rank: input.rank)
        let tensor = try node.graph.tensor(input, in: order)
        try node.define(node.emit(code, [tensor], order.stored(input.shape), options: options), in: order)
    }
}

extension NodeLowering {
    /// Between two bounds, where they are given.
    func clamped(_ operand: Int, _ low: Float?, _ high: Float?) throws -> Int {
        var made = operand
        if let low { made = try binary(.maximum, made, scalar(Double(low), like: made)) }
        if let high { made = try binary(.minimum, made, scalar(Double(high), like: made)) }
        return made == operand ? try reshapedCopy(operand) : made
    }

    /// The same values as a result of an operator.
    func reshapedCopy(_ operand: Int) throws -> Int {
        let shape = shape(operand)
        return try emit(.reshape, [operand, integers(shape, "shape")], shape, type: type(operand))
    }

    /// `x` above 0, `alpha * (exp(x) - 1)` below.
    func elu(_ operand: Int, alpha: Float) throws -> Int {
        guard alpha != 1 else { return try unary(.elu, operand) }
        let negative = try binary(.multiply, unary(.elu, binary(.minimum, operand, scalar(0))), scalar(alpha))
        return try binary(.add, unary(.relu, operand), negative)
    }

    /// `log(1 + exp(x))`, so that nothing overflows: `max(x, 0) + log(1 + exp(-|x|))`.
    func softplus(_ operand: Int) throws -> Int {
        let small = try unary(.exponential, unary(.negate, unary(.absolute, operand)))
        return try binary(.add, unary(.relu, operand), unary(.logarithm, binary(.add, small, scalar(1))))
    }

    /// The error function, which LiteRT does not have, by a rational approximation with an error of 1.5e-7.
    ///
    /// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
    func errorFunction(_ operand: Int) throws -> Int {
        let magnitude = try unary(.absolute, operand)
        let t = try binary(
            .divide, scalar(1), binary(.add, binary(.multiply, magnitude, scalar(0.3275911)), scalar(1)))
        var sum = try scalar(1.061405429)
        for coefficient: Float in [-1.453152027, 1.421413741, -0.284496736, 0.254829592] {
            sum = try binary(.add, binary(.multiply, t, sum), scalar(coefficient))
        }
        let bell = try unary(.exponential, unary(.negate, binary(.multiply, operand, operand)))
        let rest = try binary(.multiply, binary(.multiply, sum, t), bell)
        return try binary(.multiply, unary(.sign, operand), binary(.subtract, scalar(1), rest))
    }
}
