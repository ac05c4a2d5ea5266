import ModelGraph
import Tensors

/// Functions of one value, element by element.
enum UnaryOperators {
    /// By PyTorch's name: ONNX's, and whether whole numbers become fractions first.
    private static let plain: [String: (type: String, isFloating: Bool)] = [
        "sqrt": ("Sqrt", true), "exp": ("Exp", true), "log": ("Log", true), "erf": ("Erf", true), "sin": ("Sin", true),
        "cos": ("Cos", true), "tan": ("Tan", true), "asin": ("Asin", true), "acos": ("Acos", true),
        "atan": ("Atan", true), "sinh": ("Sinh", true), "cosh": ("Cosh", true), "asinh": ("Asinh", true),
        "acosh": ("Acosh", true), "atanh": ("Atanh", true), "reciprocal": ("Reciprocal", true),
        "abs": ("Abs", false), "neg": ("Neg", false), "sign": ("Sign", false), "sgn": ("Sign", false),
        "special_erf": ("Erf", true), "isnan": ("IsNaN", true),
    ]

    static let table: [String: OperatorRule] = plain.mapValues { row -> OperatorRule in
        { @Sendable call in
            let value = row.isFloating ? try ActivationOperators.floating(call) : try call.tensor()
            return [.tensor(try call.make(row.type, [value]))]
        }
    }.merging(others) { first, _ in first }

    private static let others: [String: OperatorRule] = [
        "rsqrt": { call in
            let root = try call.make("Sqrt", [try ActivationOperators.floating(call)])
            return [.tensor(try call.make("Reciprocal", [root]))]
        },
        "square": { call in [.tensor(try call.make("Mul", [try call.tensor(), try call.tensor()]))] },
        "log2": { try logarithm($0, base: 2) }, "log10": { try logarithm($0, base: 10) },
        "log1p": { call in
            let value = try ActivationOperators.floating(call)
            return [
                .tensor(try call.make("Log", [try call.make("Add", [value, try call.graph.scalar(1, value.type)])]))
            ]
        },
        "expm1": { call in
            let power = try call.make("Exp", [try ActivationOperators.floating(call)])
            return [.tensor(try call.make("Sub", [power, try call.graph.scalar(1, power.type)]))]
        },
        "exp2": { call in
            let value = try ActivationOperators.floating(call)
            return [.tensor(try call.make("Pow", [try call.graph.scalar(2, value.type), value]))]
        },
        "floor": { try rounded($0, "Floor") }, "ceil": { try rounded($0, "Ceil") },
        "round": { try rounded($0, "Round") },
        "trunc": { call in
            let value = try call.tensor()
            guard value.type.isFloatingPoint else { return [.tensor(value)] }
            let whole = try call.make("Floor", [try call.make("Abs", [value])])
            return [.tensor(try call.make("Mul", [whole, try call.make("Sign", [value])]))]
        },
    ]

    private static func logarithm(_ call: OperatorCall, base: Double) throws(TorchError) -> [ProgramValue] {
        let value = try call.make("Log", [try ActivationOperators.floating(call)])
        let factor = base == 2 ? 1.4426950408889634 : 0.4342944819032518
        return [.tensor(try call.make("Mul", [value, try call.graph.scalar(factor, value.type)]))]
    }

    /// Whole numbers stay as they are.
    private static func rounded(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        guard try call.int("decimals", default: 0) == 0 else { throw call.refusal("rounds to decimal places") }
        let value = try call.tensor()
        return [.tensor(value.type.isFloatingPoint ? try call.make(type, [value]) : value)]
    }
}
