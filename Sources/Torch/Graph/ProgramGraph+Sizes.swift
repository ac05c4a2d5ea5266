import ModelGraph
import Tensors

/// Sizes that are known only when the program runs.
extension ProgramGraph {
    /// A size of a tensor.
    func size(_ tensor: ProgramTensor, axis: Int) throws(TorchError) -> ProgramValue {
        if let known = tensor.sizes[axis].size { return .int(known) }
        let shape = try make("Shape", [tensor.name], "shape")
        let picked = try make("Gather", [shape.name, list([axis])], "size", [.int("axis", 0)])
        return .size(RunTimeSize(name: picked.name, dimension: tensor.sizes[axis]))
    }

    /// A tensor of one whole number as a size.
    func runTimeSize(_ tensor: ProgramTensor) throws(TorchError) -> RunTimeSize {
        var tensor = tensor
        if tensor.type != .int64 {
            tensor = try make("Cast", [tensor.name], "size", [.int("to", Int(ElementType.int64.onnxCode))])
        }
        if tensor.rank != 1 { tensor = try make("Reshape", [tensor.name, list([1])], "size") }
        return RunTimeSize(name: tensor.name, dimension: .unknown)
    }

    /// Sizes as one tensor of the graph.
    func shape(_ sizes: [ProgramValue]) throws(TorchError) -> String {
        let known = sizes.compactMap(\.int)
        if known.count == sizes.count { return list(known) }
        var parts: [String] = []
        for size in sizes {
            if case .size(let size) = size { parts.append(size.name) } else { parts.append(list([size.int ?? -1])) }
        }
        if parts.count == 1 { return parts[0] }
        return try make("Concat", parts, "shape", [.int("axis", 0)]).name
    }

    /// A size as a tensor without axes.
    func tensor(_ size: RunTimeSize) throws(TorchError) -> ProgramTensor {
        try make("Squeeze", [size.name, list([0])], "size")
    }

    /// The sizes of a tensor, to be given to operators that take them.
    func sizes(of tensor: ProgramTensor) throws(TorchError) -> [ProgramValue] {
        var sizes: [ProgramValue] = []
        for axis in 0..<tensor.rank { sizes.append(try size(tensor, axis: axis)) }
        return sizes
    }

    /// What a list of sizes says of a tensor that has them.
    static func dimensions(_ sizes: [ProgramValue]) -> [Dimension] {
        sizes.map { size in
            if case .size(let size) = size { return size.dimension }
            return size.int.flatMap { $0 >= 0 ? Dimension.fixed($0) : nil } ?? .unknown
        }
    }

    /// Arithmetic of sizes, such as a program does before it reshapes.
    func arithmetic(_ operation: String, _ left: ProgramValue, _ right: ProgramValue) throws(TorchError)
        -> ProgramValue?
    {
        if let one = left.int, let other = right.int { return Self.folded(operation, one, other).map(ProgramValue.int) }
        guard let type = ["add": "Add", "sub": "Sub", "mul": "Mul", "floordiv": "Div"][operation],
            let one = operand(left), let other = operand(right)
        else { return nil }
        let made = try make(type, [one, other], "size")
        let dimension: Dimension =
            switch (operation, left, right) {
            case ("mul", .size(let size), .int(1)), ("add", .size(let size), .int(0)),
                ("sub", .size(let size), .int(0)),
                ("floordiv", .size(let size), .int(1)):
                size.dimension
            default: .unknown
            }
        return .size(RunTimeSize(name: made.name, dimension: dimension))
    }

    private func operand(_ value: ProgramValue) -> String? {
        if case .size(let size) = value { return size.name }
        return value.int.map { list([$0]) }
    }

    private static func folded(_ operation: String, _ one: Int, _ other: Int) -> Int? {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case "add": result = one.addingReportingOverflow(other)
        case "sub": result = one.subtractingReportingOverflow(other)
        case "mul": result = one.multipliedReportingOverflow(by: other)
        case "floordiv" where other != 0, "mod" where other != 0:
            let (quotient, overflow) = one.dividedReportingOverflow(by: other)
            guard !overflow else { return nil }
            let remainder = one % other
            let isBelow = remainder != 0 && (remainder < 0) != (other < 0)
            return operation == "mod" ? (isBelow ? remainder + other : remainder) : (isBelow ? quotient - 1 : quotient)
        default: return nil
        }
        return result.overflow ? nil : result.partialValue
    }
}
