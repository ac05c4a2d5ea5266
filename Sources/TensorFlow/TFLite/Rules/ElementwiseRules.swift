import ModelGraph
import Tensors

/// Arithmetic, comparisons and logic, element by element.
enum ElementwiseRules {
    static let all: [String: LiteRule] = [
        "ADD": fused("Add"), "SUB": fused("Sub"), "MUL": fused("Mul"), "DIV": divide,
        "MAXIMUM": plain("Max"), "MINIMUM": plain("Min"), "POW": plain("Pow"), "ADD_N": plain("Sum"),
        "FLOOR_DIV": floorDivide, "FLOOR_MOD": floorModulo, "SQUARED_DIFFERENCE": squaredDifference,
        "LESS": plain("Less"), "LESS_EQUAL": plain("LessOrEqual"), "GREATER": plain("Greater"),
        "GREATER_EQUAL": plain("GreaterOrEqual"), "EQUAL": plain("Equal"), "NOT_EQUAL": notEqual,
        "LOGICAL_AND": plain("And"), "LOGICAL_OR": plain("Or"), "LOGICAL_NOT": plain("Not"),
        "ABS": plain("Abs"), "NEG": plain("Neg"), "EXP": plain("Exp"), "LOG": plain("Log"), "SQRT": plain("Sqrt"),
        "SIN": plain("Sin"), "COS": plain("Cos"), "FLOOR": plain("Floor"), "CEIL": plain("Ceil"),
        "ROUND": plain("Round"), "SIGN": plain("Sign"), "RSQRT": reciprocalRoot, "SQUARE": square,
        "SELECT": select, "SELECT_V2": select, "CAST": cast, "QUANTIZE": plain("Identity"), "DEQUANTIZE": dequantize,
    ]

    static func plain(_ operatorType: String) -> LiteRule {
        { (call) throws(TensorFlowError) in
            try call.give(try call.graph.elementwise(operatorType, try call.all(), call.stem))
        }
    }

    /// With an activation at the end.
    private static func fused(_ operatorType: String) -> LiteRule {
        { (call) throws(TensorFlowError) in
            let made = try call.graph.elementwise(operatorType, try call.all(), call.stem)
            try call.give(made, activation: try call.byte(0))
        }
    }

    private static func divide(_ call: LiteCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Div", try call.all(), call.stem)
        try call.give(made, activation: try call.byte(0))
    }

    /// Rounded down. ONNX's whole numbers are rounded towards zero, so the rest is taken away first.
    private static func floorDivide(_ call: LiteCall) throws(TensorFlowError) {
        let (names, first) = try call.graph.aligned(try call.all())
        let graph = call.graph
        if try call.type().isFloatingPoint {
            let quotient = graph.node("Div", names, call.stem + "_quotient")
            return try call.give(Made(graph.node("Floor", [quotient], call.stem), channelsFirst: first))
        }
        guard names.count == 2 else { throw .broken("has \(names.count) inputs; expected 2") }
        let rest = graph.node("Mod", names, call.stem + "_rest")
        let even = graph.node("Sub", [names[0], rest], call.stem + "_even")
        try call.give(Made(graph.node("Div", [even, names[1]], call.stem), channelsFirst: first))
    }

    /// With the divisor's sign.
    private static func floorModulo(_ call: LiteCall) throws(TensorFlowError) {
        let (names, first) = try call.graph.aligned(try call.all())
        let graph = call.graph
        guard names.count == 2 else { throw .broken("has \(names.count) inputs; expected 2") }
        guard try call.type().isFloatingPoint else {
            return try call.give(Made(graph.node("Mod", names, call.stem), channelsFirst: first))
        }
        let quotient = graph.node("Floor", [graph.node("Div", names, call.stem + "_quotient")], call.stem + "_floor")
        let whole = graph.node("Mul", [quotient, names[1]], call.stem + "_whole")
        try call.give(Made(graph.node("Sub", [names[0], whole], call.stem), channelsFirst: first))
    }

    private static func squaredDifference(_ call: LiteCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Sub", try call.all(), call.stem + "_difference")
        try call.give(
            Made(call.graph.node("Mul", [made.name, made.name], call.stem), channelsFirst: made.isChannelsFirst))
    }

    private static func square(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        try call.give(try call.graph.elementwise("Mul", [value, value], call.stem))
    }

    private static func notEqual(_ call: LiteCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Equal", try call.all(), call.stem + "_equal")
        try call.give(Made(call.graph.node("Not", [made.name], call.stem), channelsFirst: made.isChannelsFirst))
    }

    private static func reciprocalRoot(_ call: LiteCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Sqrt", try call.all(), call.stem + "_root")
        try call.give(Made(call.graph.node("Reciprocal", [made.name], call.stem), channelsFirst: made.isChannelsFirst))
    }

    /// The older operator takes a list of conditions for whole rows, too.
    private static func select(_ call: LiteCall) throws(TensorFlowError) {
        let values = try call.all()
        guard values.count == 3 else { throw .broken("has \(values.count) inputs; expected 3") }
        if call.operation.code.name == "SELECT", values[0].rank == 1, values[1].rank > 1 {
            let rows = try call.graph.plain(values[0])
            let shape = [-1] + [Int](repeating: 1, count: values[1].rank - 1)
            let condition = call.graph.reshaped(rows, shape, call.stem + "_condition")
            let names = [condition, try call.graph.plain(values[1]), try call.graph.plain(values[2])]
            return try call.give(call.graph.node("Where", names, call.stem))
        }
        try call.give(try call.graph.elementwise("Where", values, call.stem))
    }

    /// Of quantised values the integers themselves are taken, as LiteRT does.
    private static func cast(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let to = Attribute("to", .int(Int64(try call.type().onnxCode)))
        guard value.quantization == nil else {
            return try call.give(call.graph.node("Cast", [try call.graph.integers(value)], call.stem, [to]))
        }
        try call.give(try call.graph.elementwise("Cast", [value], call.stem, [to]))
    }

    /// Half precision becomes single; of quantised values operators see the numbers anyway.
    private static func dequantize(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        guard value.type == .float16 else {
            return try call.give(try call.graph.elementwise("Identity", [value], call.stem))
        }
        guard let constant = value.constant, let halves = constant.values(as: UInt16.self),
            let single = try? Tensor(.float32, constant.shape, values: halves.map(Half.single))
        else {
            let to = Attribute("to", .int(Int64(ElementType.float32.onnxCode)))
            return try call.give(try call.graph.elementwise("Cast", [value], call.stem, [to]))
        }
        call.graph.note("weights in half precision are written in single precision, with the same values")
        try call.give(constant: single)
    }
}

/// Numbers of half precision.
enum Half {
    /// The same number in single precision. Source: IEEE 754-2008, 3.6.
    static func single(_ bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int((bits >> 10) & 0x1f)
        let fraction = Float(bits & 0x3ff)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
