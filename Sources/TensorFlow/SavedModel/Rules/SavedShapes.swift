import ModelGraph
import Tensors

/// Operators that change shapes and leave elements as they are.
enum SavedShapes {
    static let all: [String: SavedRule] = [
        "Reshape": reshape, "Squeeze": squeeze, "ExpandDims": expandDimensions, "Transpose": transpose, "Shape": shape,
        "Rank": rank, "Size": size, "Tile": tile, "BroadcastTo": broadcast, "Pad": pad, "PadV2": pad,
        "MirrorPad": mirror,
    ]

    private static func reshape(_ call: SavedCall) throws(TensorFlowError) {
        let name = try call.plain(0)
        guard let known = try call.input(1).integers else {
            return try call.give(call.graph.node("Reshape", [name, try call.sizes(1)], call.stem))
        }
        // In ONNX 0 means "as it was" unless this is said.
        let zeros = known.contains(0) ? [Attribute("allowzero", .int(1))] : []
        try call.give(call.graph.node("Reshape", [name, call.graph.list(known)], call.stem, zeros))
    }

    private static func squeeze(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in call.node.ints("squeeze_dims") ?? [] { axes.append(try call.axis(axis, rank: value.rank)) }
        if axes.isEmpty { axes = value.sizes.indices.filter { value.sizes[$0] == 1 } }
        let name = try call.graph.plain(value)
        guard !axes.isEmpty else { return call.pass(.tensor(value)) }
        try call.give(call.graph.node("Squeeze", [name, call.graph.list(axes)], call.stem))
    }

    private static func expandDimensions(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let axis = try call.axis(try call.integer(1, "axis"), rank: value.rank + 1)
        try call.give(call.graph.node("Unsqueeze", [try call.graph.plain(value), call.graph.list([axis])], call.stem))
    }

    private static func transpose(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in try call.integers(1, "order of axes") { axes.append(try call.axis(axis, rank: value.rank)) }
        guard axes.count == value.rank, Set(axes).count == value.rank else {
            throw .broken("has the order of axes \(axes.prefix(9))")
        }
        try call.give(call.graph.transposed(try call.graph.plain(value), axes, call.stem))
    }

    /// Sizes do not need the image turned: they are put in order.
    private static func shape(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        var name = graph.node(
            "Shape", [try graph.name(value, channelsFirst: value.isChannelsFirst)], call.stem + "_sizes")
        if value.isChannelsFirst {
            name = graph.node(
                "Gather", [name, graph.list(ImageOrder.toLast(rank: value.rank))], call.stem + "_ordered")
        }
        try call.give(call.narrowed(name))
    }

    private static func size(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(call.narrowed(call.graph.node("Size", [try call.plain(0)], call.stem)))
    }

    private static func rank(_ call: SavedCall) throws(TensorFlowError) {
        guard let tensor = try? Tensor(.int32, .scalar, values: [Int32(try call.input(0).rank)]) else { return }
        call.give(constant: tensor)
    }

    private static func tile(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Tile", [try call.plain(0), try call.sizes(1)], call.stem))
    }

    private static func broadcast(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Expand", [try call.plain(0), try call.sizes(1)], call.stem))
    }

    // MARK: - Pads

    /// TensorFlow has two numbers for each axis, ONNX all that come before and then all that come after.
    private static func pad(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let graph = call.graph
        let filling = call.inputs.count > 2 ? [try call.plain(2)] : []
        if let pads = try call.input(1).integers {
            guard pads.count == 2 * value.rank else { throw .broken("has \(pads.count) pads for \(value.rank) axes") }
            let first = value.isChannelsFirst
            let names = [try graph.name(value, channelsFirst: first), graph.list(ordered(pads, value.rank, first))]
            return try call.give(Made(graph.node("Pad", names + filling, call.stem), channelsFirst: first))
        }
        let rows = graph.transposed(try call.wide(try call.input(1)), [1, 0], call.stem + "_rows")
        let pads = graph.reshaped(rows, [-1], call.stem + "_pads")
        try call.give(graph.node("Pad", [try graph.plain(value), pads] + filling, call.stem))
    }

    private static func mirror(_ call: SavedCall) throws(TensorFlowError) {
        guard call.node.text("mode") == "REFLECT" else {
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

extension SavedCall {
    /// Whole numbers of 64 bits as the type that the node says it makes; 32 bits unless it says so.
    func narrowed(_ name: String, _ key: String = "out_type") -> String {
        let type = node.type(key).flatMap(SavedType.element) ?? .int32
        return type == .int64 ? name : graph.cast(name, to: type, stem)
    }
}
