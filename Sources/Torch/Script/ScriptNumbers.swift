import Tensors

/// What a program asks and works out without tensors.
enum ScriptNumbers {
    /// By PyTorch's name, that of arithmetic on sizes.
    static let arithmetic = [
        "add": "add", "sub": "sub", "mul": "mul", "floordiv": "floordiv", "floor_divide": "floordiv",
        "remainder": "mod",
    ]

    /// The result, where all that counts is known now; `nil` where it is for the graph.
    static func result(_ name: String, _ values: [ProgramValue], _ graph: ProgramGraph) -> ProgramValue? {
        switch (name, values.count) {
        case ("__is__", 2): return .bool(isSame(values[0], values[1]))
        case ("__isnot__", 2): return .bool(!isSame(values[0], values[1]))
        case ("__not__", 1): return values[0].number.map { .bool($0 == 0) }
        case ("dim", 1): return values[0].tensor.map { .int($0.rank) }
        case ("len", 1): if case .list(let items) = values[0] { return .int(items.count) } else { return nil }
        case ("is_floating_point", 1): return values[0].tensor.map { .bool($0.type.isFloatingPoint) }
        case ("format", _), ("warn", _), ("device", _), ("manual_seed", _): return .text("")
        case ("list", 1): return values[0]
        default: break
        }
        guard values.count == 2 else { return nil }
        if case .text(let one) = values[0], case .text(let other) = values[1] { return text(name, one, other) }
        guard let one = values[0].number, let other = values[1].number else { return nil }
        switch name {
        case "eq": return .bool(one == other)
        case "ne": return .bool(one != other)
        case "lt": return .bool(one < other)
        case "le": return .bool(one <= other)
        case "gt": return .bool(one > other)
        case "ge": return .bool(one >= other)
        case "__and__": return .bool(one != 0 && other != 0)
        case "__or__": return .bool(one != 0 || other != 0)
        case "div": return other == 0 ? nil : .float(one / other)
        case "pow", "add", "sub", "mul": return fraction(name, values, one, other)
        default: return nil
        }
    }

    private static func text(_ name: String, _ one: String, _ other: String) -> ProgramValue? {
        name == "eq" ? .bool(one == other) : name == "ne" ? .bool(one != other) : nil
    }

    /// Where one of them is a fraction; whole numbers are for `ProgramGraph.arithmetic`, which sees when they overflow.
    private static func fraction(_ name: String, _ values: [ProgramValue], _ one: Double, _ other: Double)
        -> ProgramValue?
    {
        guard values.contains(where: { if case .float = $0 { true } else { false } }) else { return nil }
        switch name {
        case "add": return .float(one + other)
        case "sub": return .float(one - other)
        case "mul": return .float(one * other)
        default: return nil
        }
    }

    private static func isSame(_ one: ProgramValue, _ other: ProgramValue) -> Bool {
        if one.isNone || other.isNone { return one.isNone && other.isNone }
        if let left = one.tensor, let right = other.tensor { return left === right }
        if let left = one.number, let right = other.number { return left == right }
        return false
    }
}
