import ModelGraph
import Tensors

/// Activations.
enum ActivationOperators {
    static let table: [String: OperatorRule] = [
        "relu": { try plain($0, "Relu") }, "sigmoid": { try plain($0, "Sigmoid") }, "tanh": { try plain($0, "Tanh") },
        "relu6": { try bounded($0, 0, 6) },
        "hardtanh": { try bounded($0, try $0.number("min_val", default: -1), try $0.number("max_val", default: 1)) },
        "hardswish": { try plain($0, "HardSwish") },
        "hardsigmoid": { try plain($0, "HardSigmoid", [.float("alpha", 1.0 / 6), .float("beta", 0.5)]) },
        "leaky_relu": { try plain($0, "LeakyRelu", [.float("alpha", try $0.number("negative_slope", default: 0.01))]) },
        "selu": { try plain($0, "Selu") },
        "celu": { try plain($0, "Celu", [.float("alpha", try $0.number("alpha", default: 1))]) },
        "elu": elu, "gelu": gelu, "silu": silu, "mish": mish, "softplus": softplus, "prelu": prelu,
        "_prelu_kernel": prelu,
        "log_sigmoid": logSigmoid, "glu": glu, "threshold": threshold,
        "softmax": { try alongAxis($0, "Softmax") }, "_softmax": { try alongAxis($0, "Softmax") },
        "_safe_softmax": { try alongAxis($0, "Softmax") },
        "log_softmax": { try alongAxis($0, "LogSoftmax") }, "_log_softmax": { try alongAxis($0, "LogSoftmax") },
        "special_log_softmax": { try alongAxis($0, "LogSoftmax") },
    ]

    private static func plain(
        _ call: OperatorCall, _ type: String, _ attributes: [Attribute] = []
    ) throws(TorchError) -> [ProgramValue] {
        [.tensor(try call.make(type, [try floating(call)], attributes))]
    }

    /// The operand, with a fraction.
    static func floating(_ call: OperatorCall, _ name: String = "self") throws(TorchError) -> ProgramTensor {
        let value = try call.tensor(name)
        return value.type.isFloatingPoint ? value : try call.cast(value, .float32)
    }

    private static func bounded(_ call: OperatorCall, _ least: Double, _ most: Double) throws(TorchError)
        -> [ProgramValue]
    {
        let value = try call.tensor()
        let bounds = (try call.graph.scalar(least, value.type), try call.graph.scalar(most, value.type))
        return [.tensor(try call.make("Clip", [value, bounds.0, bounds.1]))]
    }

    private static func elu(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        guard try call.number("scale", default: 1) == 1, try call.number("input_scale", default: 1) == 1 else {
            throw call.refusal("scales its argument or its result")
        }
        return try plain(call, "Elu", [.float("alpha", try call.number("alpha", default: 1))])
    }

    private static func gelu(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let graph = call.graph
        let isApproximate = call.text("approximate") == "tanh"
        let curve: ProgramTensor
        if isApproximate {
            let cube = try call.make("Mul", [try call.make("Mul", [value, value]), value])
            let small = try call.make("Mul", [cube, try graph.scalar(0.044715, value.type)])
            let sum = try call.make("Add", [value, small])
            curve = try call.make(
                "Tanh",
                [
                    try call.make("Mul", [sum, try graph.scalar((2 / Double.pi).squareRoot(), value.type)])
                ])
        } else {
            let scaled = try call.make("Div", [value, try graph.scalar(2.0.squareRoot(), value.type)])
            curve = try call.make("Erf", [scaled])
        }
        let raised = try call.make("Add", [curve, try graph.scalar(1, value.type)])
        let product = try call.make("Mul", [value, raised])
        return [.tensor(try call.make("Mul", [product, try graph.scalar(0.5, value.type)]))]
    }

    private static func silu(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        return [.tensor(try call.make("Mul", [value, try call.make("Sigmoid", [value])]))]
    }

    private static func mish(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let curve = try call.make("Tanh", [try call.make("Softplus", [value])])
        return [.tensor(try call.make("Mul", [value, curve]))]
    }

    /// Above the threshold PyTorch leaves values as they are, which single precision cannot tell from the curve.
    private static func softplus(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let beta = try call.number("beta", default: 1)
        guard try call.number("threshold", default: 20) >= 15, beta > 0 else {
            throw call.refusal("has a threshold below 15, or a beta that is not positive")
        }
        guard beta != 1 else { return [.tensor(try call.make("Softplus", [value]))] }
        let factor = try call.graph.scalar(beta, value.type)
        let curve = try call.make("Softplus", [try call.make("Mul", [value, factor])])
        return [.tensor(try call.make("Div", [curve, factor]))]
    }

    private static func prelu(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        var slope = try call.tensor("weight")
        if slope.rank == 1, value.rank > 2, slope.elementCount != 1, let count = slope.elementCount {
            slope = try call.make(
                "Reshape",
                names: [slope.name, call.graph.list([count] + [Int](repeating: 1, count: value.rank - 2))])
        }
        return [.tensor(try call.make("PRelu", [value, slope]))]
    }

    private static func logSigmoid(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let curve = try call.make("Softplus", [try call.make("Neg", [value])])
        return [.tensor(try call.make("Neg", [curve]))]
    }

    private static func glu(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: -1)
        guard axis < value.rank, let size = value.sizes[axis].size, size % 2 == 0 else {
            throw call.refusal("halves an axis whose size is odd or not known")
        }
        let halves = try call.makeSeveral(
            "Split", names: [value.name, call.graph.list([size / 2, size / 2])], count: 2, [.int("axis", axis)])
        return [.tensor(try call.make("Mul", [halves[0], try call.make("Sigmoid", [halves[1]])]))]
    }

    private static func threshold(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let edge = try call.graph.scalar(try call.number("threshold"), value.type)
        let other = try call.graph.scalar(try call.number("value"), value.type)
        return [.tensor(try call.make("Where", [try call.make("Greater", [value, edge]), value, other]))]
    }

    private static func alongAxis(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        if let wanted = try call.elementType("dtype") { value = try call.cast(value, wanted) }
        if try call.bool("half_to_float") { value = try call.cast(value, .float32) }
        guard value.rank > 0 else { throw call.refusal("is given a tensor without axes") }
        let axis = try call.axis("dim", rank: value.rank)
        return [.tensor(try call.make(type, [value], [.int("axis", axis)]))]
    }
}
