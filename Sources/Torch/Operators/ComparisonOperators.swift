import ModelGraph
import Tensors

/// Comparisons and truth values.
enum ComparisonOperators {
    static let table: [String: OperatorRule] = [
        "eq": { try compare($0, "Equal") }, "ne": { try compare($0, "Equal", negated: true) },
        "lt": { try compare($0, "Less") }, "le": { try compare($0, "LessOrEqual") },
        "gt": { try compare($0, "Greater") }, "ge": { try compare($0, "GreaterOrEqual") },
        "logical_and": { try logical($0, "And") }, "logical_or": { try logical($0, "Or") },
        "logical_xor": { try logical($0, "Xor") },
        "bitwise_and": { try bitwise($0, "And") }, "bitwise_or": { try bitwise($0, "Or") },
        "bitwise_xor": { try bitwise($0, "Xor") },
        "__and__": { try bitwise($0, "And") }, "__or__": { try bitwise($0, "Or") },
        "logical_not": { call in [.tensor(try call.make("Not", [try call.cast(try call.tensor(), .bool)]))] },
        "bitwise_not": { call in
            guard try call.tensor().type == .bool else { throw call.refusal("works on whole numbers") }
            return [.tensor(try call.make("Not", [try call.tensor()]))]
        },
    ]

    private static func compare(
        _ call: OperatorCall, _ type: String, negated: Bool = false
    ) throws(TorchError) -> [ProgramValue] {
        var (one, other) = try ArithmeticOperators.operands(call, "self", "other")
        if one.type == .bool, type != "Equal" {
            (one, other) = (try call.cast(one, .int32), try call.cast(other, .int32))
        }
        let result = try call.make(type, [one, other])
        return [.tensor(negated ? try call.make("Not", [result]) : result)]
    }

    private static func logical(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        let (one, other) = try ArithmeticOperators.operands(call, "self", "other")
        return [.tensor(try call.make(type, [try call.cast(one, .bool), try call.cast(other, .bool)]))]
    }

    private static func bitwise(_ call: OperatorCall, _ type: String) throws(TorchError) -> [ProgramValue] {
        let (one, other) = try ArithmeticOperators.operands(call, "self", "other")
        guard one.type == .bool else { throw call.refusal("works on whole numbers") }
        return [.tensor(try call.make(type, [one, other]))]
    }
}
