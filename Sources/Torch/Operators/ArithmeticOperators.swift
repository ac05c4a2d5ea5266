import ModelGraph
import Tensors

/// Arithmetic of two values, with PyTorch's rules for what type the result has.
enum ArithmeticOperators {
    static let table: [String: OperatorRule] = [
        "add": { try scaled($0, "Add") }, "sub": { try scaled($0, "Sub") },
        "rsub": { try scaled($0, "Sub", turned: true) },
        "subtract": { try scaled($0, "Sub") },
        "mul": { try binary($0, "Mul") }, "multiply": { try binary($0, "Mul") },
        "div": divide, "divide": divide, "true_divide": divide, "floor_divide": { try rounded($0, "floor") },
        "maximum": { try binary($0, "Max") }, "minimum": { try binary($0, "Min") },
        "pow": power, "remainder": { try modulo($0, fmod: 0) }, "fmod": { try modulo($0, fmod: 1) },
        "clamp": { try clamp($0, "min", "max") }, "clip": { try clamp($0, "min", "max") },
        "clamp_min": { try clamp($0, "min", nil) }, "clamp_max": { try clamp($0, nil, "max") },
        "addcmul": { try combined($0, "Mul") }, "addcdiv": { try combined($0, "Div") }, "lerp": interpolated,
    ]

    /// Tensors of one type that holds them all.
    static func promoted(_ tensors: [ProgramTensor], _ call: OperatorCall) throws(TorchError) -> [ProgramTensor] {
        guard let first = tensors.first else { return [] }
        var type = first.type
        for tensor in tensors.dropFirst() {
            guard let next = type.promoted(with: tensor.type) else {
                throw call.refusal("mixes \(type.displayName) with \(tensor.type.displayName)")
            }
            type = next
        }
        var result: [ProgramTensor] = []
        for tensor in tensors { result.append(try call.cast(tensor, type)) }
        return result
    }

    /// Two arguments as tensors of one type. A number, and a tensor without axes beside one with axes, decide the type
    /// only where they are of a larger kind.
    static func operands(
        _ call: OperatorCall, _ left: String, _ right: String, floating: Bool = false
    ) throws(TorchError) -> (ProgramTensor, ProgramTensor) {
        let (one, other) = (call.value(left), call.value(right))
        guard let one, let other else { throw call.refusal("has an operand too few") }
        var type = try resultType(one, other, call)
        if floating, !type.isFloatingPoint { type = .float32 }
        return (try operand(one, type, call), try operand(other, type, call))
    }

    private static func operand(
        _ value: ProgramValue, _ type: ElementType, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        switch value {
        case .tensor(let tensor): return try call.cast(tensor, type)
        case .size(let size): return try call.cast(try call.graph.tensor(size), type)
        default:
            guard let number = value.number else { throw call.refusal("is given \(value.kindName)") }
            return try call.graph.scalar(number, type)
        }
    }

    private static func resultType(
        _ one: ProgramValue, _ other: ProgramValue, _ call: OperatorCall
    ) throws(TorchError) -> ElementType {
        let parts = [one, other].map(kind)
        let strong = parts.filter { $0.weight == (parts.map(\.weight).max() ?? 0) }
        var type = strong[0].type
        for part in strong.dropFirst() {
            guard let next = type.promoted(with: part.type) else {
                throw call.refusal("mixes \(type.displayName) with \(part.type.displayName)")
            }
            type = next
        }
        for part in parts where part.type.category > type.category { type = part.type }
        return type
    }

    /// Numbers count least, then tensors without axes, then the others.
    private static func kind(_ value: ProgramValue) -> (weight: Int, type: ElementType) {
        switch value {
        case .tensor(let tensor): (tensor.rank > 0 ? 2 : 1, tensor.type)
        case .bool: (0, .bool)
        case .float: (0, .float32)
        default: (0, .int64)
        }
    }

    static func binary(
        _ call: OperatorCall, _ type: String, floating: Bool = false
    ) throws(TorchError) -> [ProgramValue] {
        if let size = try ofSizes(call, type) { return [size] }
        let (one, other) = try operands(call, "self", "other", floating: floating)
        // ONNX does not multiply truth values.
        if one.type == .bool, type == "Mul" { return [.tensor(try call.make("And", [one, other]))] }
        if one.type == .bool, type == "Add" || type == "Max" { return [.tensor(try call.make("Or", [one, other]))] }
        return [.tensor(try call.make(type, [one, other]))]
    }

    /// Sizes among themselves stay sizes.
    private static func ofSizes(_ call: OperatorCall, _ type: String) throws(TorchError) -> ProgramValue? {
        guard let one = call.value("self"), let other = call.value("other"), one.tensor == nil, other.tensor == nil,
            let operation = ["Add": "add", "Sub": "sub", "Mul": "mul"][type]
        else { return nil }
        if case .float = one { return nil }
        if case .float = other { return nil }
        return try call.graph.arithmetic(operation, one, other)
    }

    /// `self + alpha * other`; turned, `other - alpha * self`.
    private static func scaled(
        _ call: OperatorCall, _ type: String, turned: Bool = false
    ) throws(TorchError) -> [ProgramValue] {
        let alpha = try call.number("alpha", default: 1)
        if alpha == 1, !turned { return try binary(call, type) }
        var (one, other) = try operands(call, "self", "other")
        if turned { swap(&one, &other) }
        if alpha != 1 { other = try call.make("Mul", [other, try call.graph.scalar(alpha, other.type)]) }
        return [.tensor(try call.make(type, [one, other]))]
    }

    private static func divide(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        if let mode = call.text("rounding_mode") { return try rounded(call, mode) }
        return try binary(call, "Div", floating: true)
    }

    private static func rounded(_ call: OperatorCall, _ mode: String) throws(TorchError) -> [ProgramValue] {
        let (one, other) = try operands(call, "self", "other")
        if one.type.isFloatingPoint {
            let quotient = try call.make("Div", [one, other])
            guard mode == "trunc" else { return [.tensor(try call.make("Floor", [quotient]))] }
            // Towards zero: the sign, and the whole part of the magnitude.
            let whole = try call.make("Floor", [try call.make("Abs", [quotient])])
            return [.tensor(try call.make("Mul", [whole, try call.make("Sign", [quotient])]))]
        }
        let quotient = try call.make("Div", [one, other])
        if mode == "trunc" { return [.tensor(quotient)] }
        // ONNX divides whole numbers towards zero; the remainder with the divisor's sign tells where that is too high.
        let remainder = try call.make("Mod", [one, other])
        let even = try call.make("Sub", [one, remainder])
        return [.tensor(try call.make("Div", [even, other]))]
    }

    private static func modulo(_ call: OperatorCall, fmod: Int) throws(TorchError) -> [ProgramValue] {
        let (one, other) = try operands(call, "self", "other")
        if fmod == 1 { return [.tensor(try call.make("Mod", [one, other], [.int("fmod", 1)]))] }
        guard one.type.isFloatingPoint else { return [.tensor(try call.make("Mod", [one, other]))] }
        let quotient = try call.make("Floor", [try call.make("Div", [one, other])])
        return [.tensor(try call.make("Sub", [one, try call.make("Mul", [quotient, other])]))]
    }

    private static func power(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        if let exponent = call.value("exponent")?.number, let base = call.value("self")?.tensor,
            base.type.isFloatingPoint
        {
            if exponent == 2 { return [.tensor(try call.make("Mul", [base, base]))] }
            if exponent == 1 { return [.tensor(base)] }
            if exponent == 0.5 { return [.tensor(try call.make("Sqrt", [base]))] }
        }
        let (one, other) = try operands(call, "self", "exponent")
        return [.tensor(try call.make("Pow", [one, other]))]
    }

    private static func clamp(
        _ call: OperatorCall, _ least: String?, _ most: String?
    ) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        for (name, type) in [(least, "Max"), (most, "Min")] {
            guard let name, call.has(name) else { continue }
            let bound = call.value(name) ?? .none
            let result = try resultType(.tensor(value), bound, call)
            value = try call.make(type, [try call.cast(value, result), try operand(bound, result, call)])
        }
        return [.tensor(value)]
    }

    private static func combined(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        var product = try call.make(type, [try call.tensor("tensor1"), try call.tensor("tensor2")])
        let factor = try call.number("value", default: 1)
        if factor != 1 { product = try call.make("Mul", [product, try call.graph.scalar(factor, product.type)]) }
        return [.tensor(try call.make("Add", [try call.tensor(), product]))]
    }

    private static func interpolated(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let (start, end) = (try call.tensor(), try call.tensor("end"))
        let weight = try operand(call.value("weight") ?? .none, start.type, call)
        let difference = try call.make("Mul", [try call.make("Sub", [end, start]), weight])
        return [.tensor(try call.make("Add", [start, difference]))]
    }
}
