import ModelGraph
import Tensors

/// Tensors put together and taken apart.
enum JoiningOperators {
    static let table: [String: OperatorRule] = [
        "cat": concatenate, "concat": concatenate, "concatenate": concatenate, "stack": stack,
        "split": split, "split_with_sizes": split, "unsafe_split": split, "unsafe_split_with_sizes": split,
        "chunk": chunk, "unsafe_chunk": chunk,
        "unbind": unbind, "slice": slice, "narrow": narrow, "select": select,
        "constant_pad_nd": { try pad($0, mode: "constant") },
        "pad": { try pad($0, mode: $0.text("mode") ?? "constant") },
        "reflection_pad1d": { try pad($0, mode: "reflect", name: "padding") },
        "reflection_pad2d": { try pad($0, mode: "reflect", name: "padding") },
        "replication_pad1d": { try pad($0, mode: "replicate", name: "padding") },
        "replication_pad2d": { try pad($0, mode: "replicate", name: "padding") },
        "roll": roll, "flip": flip,
    ]

    private static func concatenate(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        var tensors = try call.tensors("tensors")
        // One without elements and with one axis counts for nothing.
        let full = tensors.filter { $0.sizes != [.fixed(0)] }
        if !full.isEmpty { tensors = full }
        guard let first = tensors.first, first.rank > 0 else { throw call.refusal("joins nothing") }
        let axis = try call.axis("dim", rank: first.rank, default: 0)
        tensors = try ArithmeticOperators.promoted(tensors, call)
        return [.tensor(try call.make("Concat", tensors, [.int("axis", axis)]))]
    }

    private static func stack(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let tensors = try call.tensors("tensors")
        guard let first = tensors.first else { throw call.refusal("joins nothing") }
        let axis = try call.axis("dim", rank: first.rank + 1, default: 0)
        var wide: [ProgramTensor] = []
        for tensor in try ArithmeticOperators.promoted(tensors, call) {
            wide.append(try call.make("Unsqueeze", names: [tensor.name, call.graph.list([axis])]))
        }
        return [.tensor(try call.make("Concat", wide, [.int("axis", axis)]))]
    }

    private static let mostParts = 10_000

    private static func parts(
        _ value: ProgramTensor, _ sizes: [Int], _ axis: Int, _ call: OperatorCall
    ) throws(TorchError) -> [ProgramValue] {
        guard !sizes.isEmpty, sizes.count <= mostParts, sizes.allSatisfy({ $0 >= 0 }) else {
            throw call.refusal("takes a tensor apart into \(sizes.count) parts")
        }
        let made = try call.makeSeveral(
            "Split", names: [value.name, call.graph.list(sizes)], count: sizes.count, [.int("axis", axis)])
        return [.list(made.map { .tensor($0) })]
    }

    private static func knownSize(_ value: ProgramTensor, _ axis: Int, _ call: OperatorCall) throws(TorchError) -> Int {
        guard axis < value.rank, let size = value.sizes[axis].size else {
            throw call.refusal("takes an axis apart whose size is not known")
        }
        return size
    }

    private static func equal(_ total: Int, by step: Int, _ call: OperatorCall) throws(TorchError) -> [Int] {
        guard step > 0, total / step < mostParts else { throw call.refusal("takes \(total) apart by \(step)") }
        let whole = [Int](repeating: step, count: total / step)
        return total % step == 0 ? whole : whole + [total % step]
    }

    private static func split(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: 0)
        for name in ["split_sizes", "split_size"] {
            guard let given = call.value(name) else { continue }
            if case .list = given { return try parts(value, try call.ints(name) ?? [], axis, call) }
            let sizes = try equal(try knownSize(value, axis, call), by: try call.int(name), call)
            return try parts(value, sizes, axis, call)
        }
        throw call.refusal("does not say into which parts")
    }

    private static func chunk(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: 0)
        let total = try knownSize(value, axis, call)
        let count = try call.int("chunks")
        guard count > 0, count <= mostParts else { throw call.refusal("takes a tensor apart into \(count) parts") }
        return try parts(value, try equal(total, by: max(1, (total + count - 1) / count), call), axis, call)
    }

    private static func unbind(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: 0)
        let total = try knownSize(value, axis, call)
        guard total <= mostParts else { throw call.refusal("takes a tensor apart into \(total) parts") }
        var made: [ProgramValue] = []
        for place in 0..<total {
            made.append(
                .tensor(
                    try call.make(
                        "Gather", [value, try call.graph.scalar(Double(place), .int64)], [.int("axis", axis)])))
        }
        return [.list(made)]
    }

    /// From one place to before another; what is beyond the end is as far as the end.
    private static func slice(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank, default: 0)
        guard axis < value.rank else { throw call.refusal("has no axis \(axis)") }
        let start = call.has("start") ? try call.sizes("start").first ?? .none : .int(0)
        let end = call.has("end") ? try call.sizes("end").first ?? .none : .int(.max)
        let step = try call.int("step", default: 1)
        guard step > 0, !start.isNone, !end.isNone else { throw call.refusal("goes by steps of \(step)") }
        return [.tensor(try sliced(value, axis, start, end, step, call))]
    }

    private static func sliced(
        _ value: ProgramTensor, _ axis: Int, _ start: ProgramValue, _ end: ProgramValue, _ step: Int,
        _ call: OperatorCall
    ) throws(TorchError) -> ProgramTensor {
        let isWhole = start.int == 0 && step == 1
        if isWhole, let last = end.int, last == .max || value.sizes[axis].size.map({ last >= $0 }) == true {
            return value
        }
        let graph = call.graph
        let made = try call.make(
            "Slice",
            names: [
                value.name, try graph.shape([start]), try graph.shape([end]), graph.list([axis]), graph.list([step]),
            ])
        if isWhole, case .size(let size) = end {
            var stated = value.sizes
            stated[axis] = size.dimension
            graph.refine(made, sizes: stated)
        }
        return made
    }

    private static func narrow(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank)
        guard axis < value.rank, let start = try call.sizes("start").first, let length = try call.sizes("length").first,
            let end = try call.graph.arithmetic("add", start, length)
        else { throw call.refusal("does not say what it takes") }
        return [.tensor(try sliced(value, axis, start, end, 1, call))]
    }

    private static func select(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axis = try call.axis("dim", rank: value.rank)
        guard axis < value.rank, let index = try call.sizes("index").first else {
            throw call.refusal("has no axis \(axis)")
        }
        let place: ProgramTensor
        switch index {
        case .size(let size): place = try call.graph.tensor(size)
        default: place = try call.graph.scalar(Double(index.int ?? 0), .int64)
        }
        return [.tensor(try call.make("Gather", [value, place], [.int("axis", axis)]))]
    }

    /// Pads are given from the last axis on, before and after in turn.
    private static func pad(
        _ call: OperatorCall, mode: String, name: String = "pad"
    ) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        let numbers = try call.ints(name) ?? []
        guard numbers.count % 2 == 0, numbers.count / 2 <= value.rank else { throw call.refusal("pads by \(numbers)") }
        guard let onnx = ["constant": "constant", "reflect": "reflect", "replicate": "edge"][mode] else {
            throw call.refusal("pads in the mode '\(mode.prefix(40))'")
        }
        var before = [Int](repeating: 0, count: value.rank)
        var after = before
        for axis in 0..<(numbers.count / 2) {
            before[value.rank - 1 - axis] = numbers[axis * 2]
            after[value.rank - 1 - axis] = numbers[axis * 2 + 1]
        }
        // What is padded by less than nothing loses elements, which only the constant mode of ONNX does.
        if onnx != "constant", numbers.contains(where: { $0 < 0 }) { throw call.refusal("pads by \(numbers)") }
        if value.type == .bool { value = try call.cast(value, .int32) }
        var names = [value.name, call.graph.list(before + after)]
        if onnx == "constant" {
            names.append(try call.graph.scalar(try call.number("value", default: 0), value.type).name)
        }
        let made = try call.make("Pad", names: names, [.text("mode", onnx)])
        return [.tensor(try call.cast(made, try call.tensor().type))]
    }

    private static func roll(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        var value = try call.tensor()
        let shifts = try call.ints("shifts") ?? []
        guard let axes = try call.ints("dims"), axes.count == shifts.count else {
            throw call.refusal("shifts without saying along which axes")
        }
        for (shift, number) in zip(shifts, axes) {
            let axis = try call.axis(number, rank: value.rank)
            let size = try knownSize(value, axis, call)
            guard size > 0 else { continue }
            let offset = ((shift % size) + size) % size
            guard offset != 0 else { continue }
            let tail = try sliced(value, axis, .int(size - offset), .int(.max), 1, call)
            let head = try sliced(value, axis, .int(0), .int(size - offset), 1, call)
            value = try call.make("Concat", [tail, head], [.int("axis", axis)])
        }
        return [.tensor(value)]
    }

    private static func flip(_ call: OperatorCall) throws(TorchError) -> [ProgramValue] {
        let value = try call.tensor()
        let axes = try call.ints("dims") == nil ? [] : call.axes("dims", rank: value.rank)
        guard !axes.isEmpty else { return [.tensor(value)] }
        let graph = call.graph
        return [
            .tensor(
                try call.make(
                    "Slice",
                    names: [
                        value.name, graph.list(axes.map { _ in -1 }), graph.list(axes.map { _ in .min + 1 }),
                        graph.list(axes), graph.list(axes.map { _ in -1 }),
                    ]))
        ]
    }
}
