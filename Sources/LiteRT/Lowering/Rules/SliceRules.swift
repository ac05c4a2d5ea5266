import Tensors

/// Parts of values: slices, gathered rows, and what is put around them.
extension LoweringRules {
    static let slices: [String: LoweringRule] = ["Slice": slice, "Gather": gather, "Pad": pad]

    private static let slice: LoweringRule = { node in
        let input = try node.input(0)
        guard let starts = try node.integers("starts", input: 1), let ends = try node.integers("ends", input: 2),
            starts.count == ends.count
        else { throw LoweringFault("has no starts and ends that fit each other") }
        let axes = try (node.integers("axes", input: 3) ?? Array(starts.indices)).map(input.axis)
        let steps = try node.integers("steps", input: 4) ?? starts.map { _ in 1 }
        guard axes.count == starts.count, steps.count == starts.count, steps.allSatisfy({ $0 != 0 }) else {
            throw LoweringFault("has axes or steps that do not fit its starts")
        }
        guard input.rank <= 5 else {
            throw LoweringFault("cuts a value with \(input.rank) axes; LiteRT takes 5 at most")
        }
        var begin = [Int](repeating: 0, count: input.rank)
        var end = input.shape
        var stride = [Int](repeating: 1, count: input.rank)
        var opensEnd = Set<Int>()
        for (index, axis) in axes.enumerated() {
            let size = input.shape[axis]
            let step = steps[index]
            let first = starts[index] < 0 ? starts[index] + size : starts[index]
            let last = ends[index] < 0 ? max(ends[index], -size - 1) + size : ends[index]
            stride[axis] = step
            begin[axis] = min(max(first, 0), step > 0 ? size : size - 1)
            end[axis] = step > 0 ? min(max(last, 0), size) : min(max(last, -1), size - 1)
            // Backwards to the very first element: LiteRT would take -1 for the last.
            if step < 0, end[axis] < 0 { opensEnd.insert(axis) }
        }
        let order = input.order
        let mask = opensEnd.reduce(0) { $0 | 1 << order.position(of: $1) }
        let shape = try order.stored(node.outputShape())
        guard shape.allSatisfy({ $0 > 0 }) else { throw LoweringFault("cuts out nothing") }
        let made = try node.emit(
            .stridedSlice,
            [
                node.graph.tensor(input, in: order), node.integers(order.stored(begin), "begin"),
                node.integers(order.stored(end), "end"), node.integers(order.stored(stride), "strides"),
            ], shape, type: input.type, options: .stridedSlice(endMask: mask))
        try node.define(made, in: order)
    }

    private static let gather: LoweringRule = { node in
        let input = try node.input(0)
        let indices = try node.input(1)
        let axis = try input.axis(node.int("axis") ?? 0)
        let shape = try node.outputShape()
        var places: Int
        if let constant = indices.constant {
            guard let values = constant.integerValues else { throw LoweringFault("has indices that are no integers") }
            let size = input.shape[axis]
            places = try node.integers(values.map { $0 < 0 ? $0 + size : $0 }, "indices", indices.shape)
        } else {
            places = try node.graph.tensor(indices, in: .plain(indices.rank))
        }
        let made = try node.emit(
            .gather, [node.graph.tensor(input, in: .plain(input.rank)), places], shape, type: input.type,
            options: .gather(axis: axis))
        try node.define(made, in: .plain(shape.count))
    }

    private static let pad: LoweringRule = { node in
        let input = try node.input(0)
        guard let pads = try node.integers("pads", input: 1) else { throw LoweringFault("has no pads") }
        let axes = try (node.optionalConstant(3, "axes")?.integerValues ?? Array(0..<input.rank)).map(input.axis)
        guard pads.count == 2 * axes.count, pads.allSatisfy({ $0 >= 0 }) else {
            throw LoweringFault("has pads \(pads); expected two of 0 or more for each axis")
        }
        var rows = [[Int]](repeating: [0, 0], count: input.rank)
        for (index, axis) in axes.enumerated() { rows[axis] = [pads[index], pads[index + axes.count]] }
        let order = input.order
        let tensor = try node.graph.tensor(input, in: order)
        let paddings = try node.integers(order.stored(rows).flatMap { $0 }, "paddings", [input.rank, 2])
        let shape = try order.stored(node.outputShape())
        let made: Int
        switch node.text("mode") ?? "constant" {
        case "constant":
            let value = try node.float("value") ?? node.optionalConstant(2, "value")?.doubles().first.map { Float($0) }
            if let value, value != 0 {
                made = try node.emit(
                    .padWithValue, [tensor, paddings, node.scalar(Double(value), like: tensor)], shape,
                    type: input.type)
            } else {
                made = try node.emit(.pad, [tensor, paddings], shape, type: input.type)
            }
        case "reflect":
            made = try node.emit(.mirrorPad, [tensor, paddings], shape, type: input.type, options: .mirrorPad)
        case let mode:
            throw LoweringFault(
                "pads in mode '\(mode.prefix(20))', which LiteRT does not have", remedy: "use constant or reflect")
        }
        try node.define(made, in: order)
    }
}
