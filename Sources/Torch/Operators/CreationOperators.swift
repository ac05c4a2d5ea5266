import ModelGraph
import Tensors

/// Tensors made of numbers alone.
enum CreationOperators {
    static let table: [String: OperatorRule] = [
        "full": { try full($0, $0.value("fill_value")) }, "zeros": { try full($0, .int(0), isFloat: true) },
        "ones": { try full($0, .int(1), isFloat: true) }, "new_zeros": { try full($0, .int(0)) },
        "new_ones": { try full($0, .int(1)) }, "new_full": { try full($0, $0.value("fill_value")) },
        "full_like": { try like($0, $0.value("fill_value")) }, "zeros_like": { try like($0, .int(0)) },
        "ones_like": { try like($0, .int(1)) },
        "arange": range, "scalar_tensor": scalar,
        "fill": { try like($0, $0.value("value")) },
    ]

    private static func ignoreLayout(_ call: OperatorCall) {
        call.ignore("layout", "device", "pin_memory", "memory_format", "requires_grad")
    }

    private static func filled(
        _ sizes: [ProgramValue], _ value: ProgramValue?, _ type: ElementType, _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        let element: ProgramTensor
        if let tensor = value?.tensor {
            element = try call.cast(tensor, type)
        } else {
            guard let number = value?.number else {
                throw call.refusal("is filled with \(value?.kindName ?? "nothing")")
            }
            element = try call.graph.scalar(number, type)
        }
        guard !sizes.isEmpty else { return element }
        let made = try call.make("Expand", names: [element.name, try call.graph.shape(sizes)])
        call.graph.refine(made, sizes: ProgramGraph.dimensions(sizes))
        return made
    }

    private static func full(
        _ call: OperatorCall, _ value: ProgramValue?, isFloat: Bool = false
    ) throws(TorchError) -> [ProgramValue] {
        ignoreLayout(call)
        var type: ElementType = isFloat ? .float32 : ArithmeticOperators.typeOf(value)
        if call.has("self") { type = try call.tensor().type }
        if let wanted = try call.elementType("dtype") { type = wanted }
        return [.tensor(try filled(try call.sizes("size"), value, type, call))]
    }

    private static func like(_ call: OperatorCall, _ value: ProgramValue?) throws(TorchError) -> [ProgramValue] {
        ignoreLayout(call)
        let model = try call.tensor()
        let type = try call.elementType("dtype") ?? model.type
        return [.tensor(try filled(try call.graph.sizes(of: model), value, type, call))]
    }

    private static func scalar(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        ignoreLayout(call)
        let type = try call.elementType("dtype") ?? .float32
        return [.tensor(try filled([], call.value("s"), type, call))]
    }

    private static let longestRange = 1 << 20

    private static func range(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        ignoreLayout(call)
        let values = [call.value("start") ?? .int(0), call.value("end") ?? .none, call.value("step") ?? .int(1)]
        let isWhole = values.allSatisfy { if case .float = $0 { false } else { true } }
        let type = try call.elementType("dtype") ?? (isWhole ? .int64 : .float32)
        let known = values.compactMap(\.number)
        if known.count == 3 {
            let count = ((known[1] - known[0]) / known[2]).rounded(.up)
            guard known[2] != 0, count.isFinite, count <= Double(longestRange) else {
                throw call.refusal("counts \(count) numbers")
            }
            let numbers = (0..<Int(max(0, count))).map { known[0] + Double($0) * known[2] }
            let bytes = try ProgramGraph.bytes(numbers, type)
            return [.tensor(call.graph.constant(type, [numbers.count], bytes, "arange"))]
        }
        var names: [String] = []
        for value in values {
            if case .size(let size) = value {
                names.append(try call.graph.tensor(size).name)
            } else {
                guard let number = value.int else { throw call.refusal("counts by \(value.kindName)") }
                names.append(try call.graph.scalar(Double(number), .int64).name)
            }
        }
        let made = try call.make("Range", names: names)
        if case .size(let size) = values[1], known == [0, 1] { call.graph.refine(made, sizes: [size.dimension]) }
        return [.tensor(try call.cast(made, type))]
    }
}

extension ArithmeticOperators {
    /// The type of a tensor that is made of a value.
    static func typeOf(_ value: ProgramValue?) -> ElementType {
        switch value {
        case .tensor(let tensor)?: tensor.type
        case .bool?: .bool
        case .float?: .float32
        default: .int64
        }
    }
}
