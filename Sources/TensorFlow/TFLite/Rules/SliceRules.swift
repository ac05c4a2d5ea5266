import ModelGraph

/// Parts of values.
enum SliceRules {
    static let all: [String: LiteRule] = [
        "STRIDED_SLICE": strided, "SLICE": slice, "GATHER": gather, "GATHER_ND": gatherMany,
        "EMBEDDING_LOOKUP": embedding, "REVERSE_V2": reverse,
    ]

    /// Further than any axis goes.
    private static let beyond = Int(Int32.max)

    private static func strided(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let (ellipsis, added) = (try call.integer(2), try call.integer(3))
        guard ellipsis == 0, added == 0 else {
            throw TensorFlowError("uses an ellipsis or adds axes while it slices, which is not rebuilt here")
        }
        guard try !call.flag(5) else {
            throw TensorFlowError("counts its ends from its beginnings, which is not rebuilt here")
        }
        let (begins, ends) = (try call.input(1), try call.input(2))
        let steps = try call.integers(3, "steps")
        let shrunk = try call.integer(4)
        guard steps.count <= value.rank, !steps.contains(0) else {
            throw .broken("has steps \(steps.prefix(9)) for \(value.rank) axes")
        }
        let from: String
        let to: String
        if let known = begins.integers, let last = ends.integers, known.count == steps.count, last.count == steps.count
        {
            let range = try StridedRange(
                known, last, steps, beginMask: try call.integer(0), endMask: try call.integer(1), shrunk: shrunk)
            (from, to) = (call.graph.list(range.begins), call.graph.list(range.ends))
        } else {
            guard try call.integer(0) == 0, try call.integer(1) == 0, shrunk == 0 else {
                throw TensorFlowError("works out where it slices while it runs, which is not rebuilt here")
            }
            (from, to) = (try call.sizes(1), try call.sizes(2))
        }
        let axes = call.graph.list(Array(steps.indices))
        let part = [try call.graph.plain(value), from, to, axes, call.graph.list(steps)]
        let gone = steps.indices.filter { shrunk & (1 << $0) != 0 }
        guard !gone.isEmpty else { return try call.give(call.graph.node("Slice", part, call.stem)) }
        let name = call.graph.node("Slice", part, call.stem + "_part")
        try call.give(call.graph.node("Squeeze", [name, call.graph.list(gone)], call.stem))
    }

    /// A size of -1 is all that is left.
    private static func slice(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let sizes = try call.integers(2, "sizes")
        let graph = call.graph
        guard sizes.count == value.rank else { throw .broken("has \(sizes.count) sizes for \(value.rank) axes") }
        let lengths = sizes.map { $0 < 0 ? beyond : $0 }
        let begins = try call.sizes(1)
        let ends: String
        if let known = try call.input(1).integers, known.count == sizes.count {
            ends = graph.list(zip(known, lengths).map { min($0 &+ $1, beyond) })
        } else {
            ends = graph.node("Add", [begins, graph.list(lengths)], call.stem + "_ends")
        }
        let axes = graph.list(Array(sizes.indices))
        try call.give(graph.node("Slice", [try graph.plain(value), begins, ends, axes], call.stem))
    }

    private static func gather(_ call: LiteCall) throws(TensorFlowError) {
        guard try call.integer(1) == 0 else {
            throw TensorFlowError("gathers for each row of a batch, which is not rebuilt here")
        }
        let axis = Attribute("axis", .int(Int64(try call.axis(try call.integer(0), of: try call.input(0)))))
        try call.give(call.graph.node("Gather", [try call.plain(0), try call.plain(1)], call.stem, [axis]))
    }

    private static func gatherMany(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(call.graph.node("GatherND", [try call.plain(0), try call.wide(try call.input(1))], call.stem))
    }

    /// The places come first, then the table.
    private static func embedding(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Gather", [try call.plain(1), try call.plain(0)], call.stem))
    }

    private static func reverse(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let axes = try call.integers(1, "axes")
        let graph = call.graph
        let names = [
            try graph.plain(value), graph.list(axes.map { _ in -1 }), graph.list(axes.map { _ in -beyond }),
            graph.list(axes), graph.list(axes.map { _ in -1 }),
        ]
        try call.give(graph.node("Slice", names, call.stem))
    }
}

/// Where a strided slice begins and ends, in ONNX's words.
struct StridedRange {
    private(set) var begins: [Int] = []
    private(set) var ends: [Int] = []

    /// - Parameters:
    ///   - beginMask: a bit for each axis that is taken from its beginning, whatever `begins` says; likewise `endMask`.
    ///   - shrunk: a bit for each axis of which one element is taken.
    init(
        _ begins: [Int], _ ends: [Int], _ steps: [Int], beginMask: Int, endMask: Int, shrunk: Int
    ) throws(TensorFlowError) {
        let beyond = Int(Int32.max)
        for (axis, step) in steps.enumerated() {
            let bit = 1 << axis
            let open = beginMask & bit != 0
            let begin = open ? (step > 0 ? 0 : beyond) : begins[axis]
            self.begins.append(begin)
            if shrunk & bit != 0 {
                guard step > 0, begin < beyond else { throw .broken("takes one element with step \(step)") }
                self.ends.append(begin == -1 ? beyond : begin + 1)
            } else {
                self.ends.append(endMask & bit != 0 ? (step > 0 ? beyond : -beyond) : ends[axis])
            }
        }
    }
}
