import ModelGraph

/// Parts of values.
enum SavedSlices {
    static let all: [String: SavedRule] = [
        "StridedSlice": strided, "Slice": slice, "Gather": gather, "GatherV2": gather, "GatherNd": gatherMany,
        "ReverseV2": reverse,
    ]

    /// Further than any axis goes.
    private static let beyond = Int(Int32.max)

    private static func strided(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        let steps = try call.integers(3, "steps")
        let masks = StridedMasks(call)
        guard let begins = try call.input(1).integers, let ends = try call.input(2).integers else {
            return try movingSlice(call, value, steps, masks)
        }
        let plan = try StridedPlan(begins, ends, steps, masks, rank: value.rank)
        var name = try graph.plain(value)
        if !plan.axes.isEmpty {
            let part = [
                name, graph.list(plan.begins), graph.list(plan.ends), graph.list(plan.axes), graph.list(plan.steps),
            ]
            name = graph.node("Slice", part, call.stem)
        }
        if !plan.gone.isEmpty { name = graph.node("Squeeze", [name, graph.list(plan.gone)], call.stem) }
        if !plan.added.isEmpty { name = graph.node("Unsqueeze", [name, graph.list(plan.added)], call.stem) }
        if plan.axes.isEmpty, plan.gone.isEmpty, plan.added.isEmpty { return call.pass(.tensor(value)) }
        try call.give(name)
    }

    /// Places that are known only when the graph runs: one element of the first axis, or a part without masks.
    private static func movingSlice(
        _ call: SavedCall, _ value: GraphValue, _ steps: [Int], _ masks: StridedMasks
    ) throws(TensorFlowError) {
        let graph = call.graph
        guard masks.ellipsis == 0, masks.added == 0, !steps.contains(0), steps.count <= value.rank else {
            throw TensorFlowError("works out where it slices while it runs, which is not rebuilt here")
        }
        if masks.gone == 1, steps == [1] {
            let place = graph.node("Squeeze", [try call.sizes(1), graph.list([0])], call.stem + "_place")
            let names = [try graph.plain(value), place]
            return try call.give(graph.node("Gather", names, call.stem, [Attribute("axis", .int(0))]))
        }
        let all = (1 << steps.count) - 1
        guard masks.gone == 0, masks.begin == 0 || masks.begin == all, masks.end == 0 || masks.end == all,
            steps.allSatisfy({ $0 > 0 })
        else { throw TensorFlowError("works out where it slices while it runs, which is not rebuilt here") }
        let from = masks.begin == 0 ? try call.sizes(1) : graph.list(steps.map { _ in 0 })
        let to = masks.end == 0 ? try call.sizes(2) : graph.list(steps.map { _ in beyond })
        let names = [try graph.plain(value), from, to, graph.list(Array(steps.indices)), graph.list(steps)]
        try call.give(graph.node("Slice", names, call.stem))
    }

    /// A size of -1 is all that is left.
    private static func slice(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        guard let sizes = try call.input(2).integers else {
            let begins = try call.sizes(1)
            let ends = graph.node("Add", [begins, try call.sizes(2)], call.stem + "_ends")
            return try call.give(graph.node("Slice", [try graph.plain(value), begins, ends], call.stem))
        }
        guard sizes.count == value.rank else { throw .broken("has \(sizes.count) sizes for \(value.rank) axes") }
        let lengths = sizes.map { $0 < 0 ? beyond : $0 }
        let begins = try call.sizes(1)
        let ends: String
        if let known = try call.input(1).integers, known.count == sizes.count {
            ends = graph.list(zip(known, lengths).map { min($0 &+ $1, beyond) })
        } else {
            ends = graph.node("Add", [begins, graph.list(lengths)], call.stem + "_ends")
        }
        try call.give(
            graph.node("Slice", [try graph.plain(value), begins, ends, graph.list(Array(sizes.indices))], call.stem))
    }

    private static func gather(_ call: SavedCall) throws(TensorFlowError) {
        guard (call.node.int("batch_dims") ?? 0) == 0 else {
            throw TensorFlowError("gathers for each row of a batch, which is not rebuilt here")
        }
        let value = try call.input(0)
        let axis = try call.axis(call.inputs.count > 2 ? try call.integer(2, "axis") : 0, rank: value.rank)
        try call.give(
            call.graph.node(
                "Gather", [try call.graph.plain(value), try call.plain(1)], call.stem,
                [Attribute("axis", .int(Int64(axis)))]))
    }

    private static func gatherMany(_ call: SavedCall) throws(TensorFlowError) {
        guard (call.node.int("batch_dims") ?? 0) == 0 else {
            throw TensorFlowError("gathers for each row of a batch, which is not rebuilt here")
        }
        try call.give(call.graph.node("GatherND", [try call.plain(0), try call.wide(try call.input(1))], call.stem))
    }

    private static func reverse(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in try call.integers(1, "axes") { axes.append(try call.axis(axis, rank: value.rank)) }
        guard !axes.isEmpty else { return call.pass(.tensor(value)) }
        let graph = call.graph
        let names = [
            try graph.plain(value), graph.list(axes.map { _ in -1 }), graph.list(axes.map { _ in -beyond }),
            graph.list(axes), graph.list(axes.map { _ in -1 }),
        ]
        try call.give(graph.node("Slice", names, call.stem))
    }
}

/// The bits of a strided slice: one for each place in its lists.
struct StridedMasks {
    var begin = 0
    var end = 0
    var ellipsis = 0
    /// Axes of size 1 that are added.
    var added = 0
    /// Axes of which one element is taken.
    var gone = 0

    /// None.
    init() {}

    init(_ call: SavedCall) {
        begin = call.node.int("begin_mask") ?? 0
        end = call.node.int("end_mask") ?? 0
        ellipsis = call.node.int("ellipsis_mask") ?? 0
        added = call.node.int("new_axis_mask") ?? 0
        gone = call.node.int("shrink_axis_mask") ?? 0
    }
}

/// A strided slice as ONNX has it: a slice along some axes, axes that go, axes that come.
///
/// Source: TensorFlow, `tf.strided_slice`.
struct StridedPlan {
    private(set) var begins: [Int] = []
    private(set) var ends: [Int] = []
    private(set) var steps: [Int] = []
    private(set) var axes: [Int] = []
    /// Of the value that is sliced.
    private(set) var gone: [Int] = []
    /// Of the result.
    private(set) var added: [Int] = []

    private static let beyond = Int(Int32.max)

    init(_ begins: [Int], _ ends: [Int], _ steps: [Int], _ masks: StridedMasks, rank: Int) throws(TensorFlowError) {
        guard begins.count == steps.count, ends.count == steps.count, steps.count <= 32, !steps.contains(0) else {
            throw .broken("has \(begins.count) beginnings, \(ends.count) ends and steps \(steps.prefix(9))")
        }
        let places = steps.indices.filter { masks.ellipsis & 1 << $0 == 0 && masks.added & 1 << $0 == 0 }
        guard places.count <= rank else { throw .broken("slices \(places.count) axes of \(rank)") }
        var axis = 0
        var result = 0
        for place in steps.indices {
            let bit = 1 << place
            if masks.ellipsis & bit != 0 {
                let passed = rank - places.count
                axis += passed
                result += passed
            } else if masks.added & bit != 0 {
                added.append(result)
                result += 1
            } else {
                try take(begins[place], ends[place], steps[place], masks, bit, axis)
                if masks.gone & bit == 0 { result += 1 }
                axis += 1
            }
        }
    }

    private mutating func take(
        _ begin: Int, _ end: Int, _ step: Int, _ masks: StridedMasks, _ bit: Int, _ axis: Int
    ) throws(TensorFlowError) {
        let isOne = masks.gone & bit != 0
        let from = !isOne && masks.begin & bit != 0 ? (step > 0 ? 0 : Self.beyond) : begin
        let to: Int
        if isOne {
            guard step > 0, from < Self.beyond else { throw .broken("takes one element with step \(step)") }
            to = from == -1 ? Self.beyond : from + 1
            gone.append(axis)
        } else {
            to = masks.end & bit != 0 ? (step > 0 ? Self.beyond : -Self.beyond) : end
        }
        if !isOne, from == 0, to == Self.beyond, step == 1 { return }
        begins.append(from)
        ends.append(to)
        steps.append(isOne ? 1 : step)
        axes.append(axis)
    }
}
