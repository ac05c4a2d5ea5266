import ModelGraph
import Tensors

/// Arithmetic, comparisons and logic, element by element.
enum SavedElementwise {
    static let all: [String: SavedRule] = own.merging(names.mapValues { plain($0) }) { rule, _ in rule }

    private static let own: [String: SavedRule] = [
        "Rsqrt": reciprocalRoot, "Erfc": complement, "Log1p": logarithm, "Expm1": exponential, "Square": square,
        "SquaredDifference": squaredDifference, "NotEqual": notEqual, "FloorDiv": floorDivide, "FloorMod": floorModulo,
        "DivNoNan": safeDivide, "Xdivy": safeDivide, "Select": select, "SelectV2": select, "Cast": cast,
        "IsFinite": isFinite,
    ]

    /// Operators that ONNX has with the same meaning.
    private static let names = [
        "Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul", "RealDiv": "Div", "Div": "Div", "TruncateDiv": "Div",
        "Maximum": "Max", "Minimum": "Min", "Pow": "Pow", "AddN": "Sum", "Less": "Less", "LessEqual": "LessOrEqual",
        "Greater": "Greater", "GreaterEqual": "GreaterOrEqual", "Equal": "Equal", "LogicalAnd": "And",
        "LogicalOr": "Or", "LogicalNot": "Not", "Abs": "Abs", "Neg": "Neg", "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt",
        "Reciprocal": "Reciprocal", "Inv": "Reciprocal", "Sin": "Sin", "Cos": "Cos", "Tan": "Tan", "Asin": "Asin",
        "Acos": "Acos", "Atan": "Atan", "Sinh": "Sinh", "Cosh": "Cosh", "Asinh": "Asinh", "Acosh": "Acosh",
        "Atanh": "Atanh", "Erf": "Erf", "Floor": "Floor", "Ceil": "Ceil", "Rint": "Round", "Round": "Round",
        "Sign": "Sign", "IsNan": "IsNaN", "IsInf": "IsInf",
    ]

    static func plain(_ operatorType: String) -> SavedRule {
        { (call) throws(TensorFlowError) in
            try call.give(try call.graph.elementwise(operatorType, try call.all(), call.stem))
        }
    }

    private static func reciprocalRoot(_ call: SavedCall) throws(TensorFlowError) {
        let root = try call.graph.elementwise("Sqrt", [try call.input(0)], call.stem + "_root")
        try call.give(Made(call.graph.node("Reciprocal", [root.name], call.stem), channelsFirst: root.isChannelsFirst))
    }

    private static func complement(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let error = try call.graph.elementwise("Erf", [value], call.stem + "_error")
        let name = call.graph.node("Sub", [call.number(1, value.type), error.name], call.stem)
        try call.give(Made(name, channelsFirst: error.isChannelsFirst))
    }

    private static func logarithm(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let (names, first) = try call.graph.aligned([value])
        let sum = call.graph.node("Add", [names[0], call.number(1, value.type)], call.stem + "_sum")
        try call.give(Made(call.graph.node("Log", [sum], call.stem), channelsFirst: first))
    }

    private static func exponential(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let power = try call.graph.elementwise("Exp", [value], call.stem + "_power")
        let name = call.graph.node("Sub", [power.name, call.number(1, value.type)], call.stem)
        try call.give(Made(name, channelsFirst: power.isChannelsFirst))
    }

    private static func square(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        try call.give(try call.graph.elementwise("Mul", [value, value], call.stem))
    }

    private static func squaredDifference(_ call: SavedCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Sub", try call.all(), call.stem + "_difference")
        try call.give(
            Made(call.graph.node("Mul", [made.name, made.name], call.stem), channelsFirst: made.isChannelsFirst))
    }

    private static func notEqual(_ call: SavedCall) throws(TensorFlowError) {
        let made = try call.graph.elementwise("Equal", try call.all(), call.stem + "_equal")
        try call.give(Made(call.graph.node("Not", [made.name], call.stem), channelsFirst: made.isChannelsFirst))
    }

    private static func isFinite(_ call: SavedCall) throws(TensorFlowError) {
        let graph = call.graph
        let (names, first) = try graph.aligned([try call.input(0)])
        let wrong = graph.node(
            "Or", [graph.node("IsNaN", names, call.stem), graph.node("IsInf", names, call.stem)], call.stem)
        try call.give(Made(graph.node("Not", [wrong], call.stem), channelsFirst: first))
    }

    /// Rounded down. ONNX's whole numbers are rounded towards zero, so the rest is taken away first.
    private static func floorDivide(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all(2)
        let graph = call.graph
        let (names, first) = try graph.aligned(values)
        if values[0].type.isFloatingPoint {
            let quotient = graph.node("Div", names, call.stem + "_quotient")
            return try call.give(Made(graph.node("Floor", [quotient], call.stem), channelsFirst: first))
        }
        let rest = graph.node("Mod", names, call.stem + "_rest")
        let even = graph.node("Sub", [names[0], rest], call.stem + "_even")
        try call.give(Made(graph.node("Div", [even, names[1]], call.stem), channelsFirst: first))
    }

    /// With the divisor's sign.
    private static func floorModulo(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all(2)
        let graph = call.graph
        let (names, first) = try graph.aligned(values)
        guard values[0].type.isFloatingPoint else {
            return try call.give(Made(graph.node("Mod", names, call.stem), channelsFirst: first))
        }
        let quotient = graph.node("Floor", [graph.node("Div", names, call.stem + "_quotient")], call.stem + "_floor")
        let whole = graph.node("Mul", [quotient, names[1]], call.stem + "_whole")
        try call.give(Made(graph.node("Sub", [names[0], whole], call.stem), channelsFirst: first))
    }

    /// Zero where it is divided by zero; of `Xdivy`, where zero is divided.
    private static func safeDivide(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all(2)
        let graph = call.graph
        let (names, first) = try graph.aligned(values)
        let zero = call.number(0, values[0].type)
        let tested = call.node.operatorType == "Xdivy" ? names[0] : names[1]
        let isZero = graph.node("Equal", [tested, zero], call.stem + "_none")
        let quotient = graph.node("Div", names, call.stem + "_quotient")
        try call.give(Made(graph.node("Where", [isZero, zero, quotient], call.stem), channelsFirst: first))
    }

    /// The older operator takes a list of conditions for whole rows, too.
    private static func select(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all(3)
        let graph = call.graph
        if call.node.operatorType == "Select", values[0].rank == 1, values[1].rank > 1 {
            let shape = [-1] + [Int](repeating: 1, count: values[1].rank - 1)
            let condition = graph.reshaped(try graph.plain(values[0]), shape, call.stem + "_condition")
            let names = [condition, try graph.plain(values[1]), try graph.plain(values[2])]
            return try call.give(graph.node("Where", names, call.stem))
        }
        try call.give(try graph.elementwise("Where", values, call.stem))
    }

    private static func cast(_ call: SavedCall) throws(TensorFlowError) {
        guard let number = call.node.type("DstT"), let type = SavedType.element(number), type != .string else {
            throw TensorFlowError("becomes \(SavedType.name(call.node.type("DstT") ?? 0))")
        }
        let to = Attribute("to", .int(Int64(type.onnxCode)))
        try call.give(try call.graph.elementwise("Cast", [try call.input(0)], call.stem, [to]))
    }
}

extension SavedCall {
    /// A number of a type, without axes.
    func number(_ value: Float, _ type: ElementType) -> String {
        type == .float32 ? graph.scalar(value) : graph.cast(graph.scalar(value), to: type, stem + "_number")
    }
}
