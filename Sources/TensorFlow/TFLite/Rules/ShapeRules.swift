import ModelGraph
import Tensors

/// Operators that change shapes and leave elements as they are.
enum ShapeRules {
    static let all: [String: LiteRule] = [
        "RESHAPE": reshape, "SQUEEZE": squeeze, "EXPAND_DIMS": expandDimensions, "TRANSPOSE": transpose,
        "SHAPE": shape, "RANK": rank, "TILE": tile, "BROADCAST_TO": broadcast, "PAD": pad, "PADV2": pad,
        "MIRROR_PAD": mirror,
    ]

    /// The shape is an input, or, in older files, a setting.
    private static func reshape(_ call: LiteCall) throws(TensorFlowError) {
        let given = call.optional(1)
        let known = given == nil ? try call.operation.options?.integers(0) : given?.integers
        let name = try call.plain(0)
        guard let known else {
            return try call.give(call.graph.node("Reshape", [name, try call.sizes(1)], call.stem))
        }
        // In ONNX 0 means "as it was" unless this is said.
        let zeros = known.contains(0) ? [Attribute("allowzero", .int(1))] : []
        try call.give(call.graph.node("Reshape", [name, call.graph.list(known)], call.stem, zeros))
    }

    private static func squeeze(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in try call.operation.options?.integers(0) ?? [] { axes.append(try call.axis(axis, of: value)) }
        if axes.isEmpty { axes = value.sizes.indices.filter { value.sizes[$0] == 1 } }
        let name = try call.graph.plain(value)
        guard !axes.isEmpty else { return try call.give(call.graph.node("Identity", [name], call.stem)) }
        try call.give(call.graph.node("Squeeze", [name, call.graph.list(axes)], call.stem))
    }

    private static func expandDimensions(_ call: LiteCall) throws(TensorFlowError) {
        let axes = try call.integers(1, "axis")
        try call.give(call.graph.node("Unsqueeze", [try call.plain(0), call.graph.list(axes)], call.stem))
    }

    private static func transpose(_ call: LiteCall) throws(TensorFlowError) {
        let order = try call.integers(1, "order of axes")
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in order { axes.append(try call.axis(axis, of: value)) }
        guard Set(axes).count == value.rank else { throw .broken("has the order of axes \(order.prefix(9))") }
        try call.give(call.graph.transposed(try call.graph.plain(value), axes, call.stem))
    }

    /// Sizes do not need the image turned: they are put in order.
    private static func shape(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        var name = graph.node(
            "Shape", [try graph.name(value, channelsFirst: value.isChannelsFirst)], call.stem + "_sizes")
        if value.isChannelsFirst {
            name = graph.node(
                "Gather", [name, graph.list(ImageOrder.toLast(rank: value.rank))], call.stem + "_ordered")
        }
        try call.give(try call.type() == .int64 ? name : graph.cast(name, to: try call.type(), call.stem))
    }

    private static func rank(_ call: LiteCall) throws(TensorFlowError) {
        guard let tensor = try? Tensor(.int32, .scalar, values: [Int32(try call.input(0).rank)]) else { return }
        try call.give(constant: tensor)
    }

    private static func tile(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Tile", [try call.plain(0), try call.sizes(1)], call.stem))
    }

    private static func broadcast(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Expand", [try call.plain(0), try call.sizes(1)], call.stem))
    }

    // MARK: - Pads

    /// TensorFlow has two numbers for each axis, ONNX all that come before and then all that come after.
    private static func pad(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        var filling: [String] = []
        if let number = call.optional(2) { filling = [try graph.plain(number)] }
        if let pads = try call.input(1).integers, pads.count == 2 * value.rank {
            let first = value.isChannelsFirst
            let names = [try graph.name(value, channelsFirst: first), graph.list(ordered(pads, value.rank, first))]
            return try call.give(Made(graph.node("Pad", names + filling, call.stem), channelsFirst: first))
        }
        let rows = graph.transposed(try call.sizes(1), [1, 0], call.stem + "_rows")
        let pads = graph.reshaped(rows, [-1], call.stem + "_pads")
        try call.give(graph.node("Pad", [try graph.plain(value), pads] + filling, call.stem))
    }

    private static func mirror(_ call: LiteCall) throws(TensorFlowError) {
        guard try call.byte(0) == 0 else {
            throw TensorFlowError("mirrors the edge itself, too (SYMMETRIC), which ONNX cannot")
        }
        let value = try call.input(0)
        let pads = try call.integers(1, "pads")
        guard pads.count == 2 * value.rank else { throw .broken("has \(pads.count) pads for \(value.rank) axes") }
        let first = value.isChannelsFirst
        let names = [
            try call.graph.name(value, channelsFirst: first), call.graph.list(ordered(pads, value.rank, first)),
        ]
        let made = call.graph.node("Pad", names, call.stem, [Attribute("mode", .text("reflect"))])
        try call.give(Made(made, channelsFirst: first))
    }

    private static func ordered(_ pads: [Int], _ rank: Int, _ first: Bool) -> [Int] {
        let axes = first ? ImageOrder.toFirst(rank: rank) : Array(0..<rank)
        return axes.map { pads[2 * $0] } + axes.map { pads[2 * $0 + 1] }
    }
}
