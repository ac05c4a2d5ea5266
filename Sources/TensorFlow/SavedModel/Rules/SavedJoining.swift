import ModelGraph

/// Values put together and taken apart.
enum SavedJoining {
    static let all: [String: SavedRule] = [
        "ConcatV2": concatenate, "Concat": concatenate, "Pack": pack, "Unpack": unpack, "Split": split,
        "SplitV": splitBySizes,
    ]

    /// The axis is the last input, of the older operator the first.
    private static func concatenate(_ call: SavedCall) throws(TensorFlowError) {
        let isOld = call.node.operatorType == "Concat"
        let count = call.inputs.count - 1
        guard count > 0 else { throw .broken("has nothing to put together") }
        var values: [GraphValue] = []
        for place in 0..<count { values.append(try call.input(isOld ? place + 1 : place)) }
        let axis = try call.axis(try call.integer(isOld ? 0 : count, "axis"), rank: values[0].rank)
        let first = values.contains { $0.isChannelsFirst } && values.allSatisfy { $0.rank == 4 }
        var names: [String] = []
        for value in values { names.append(try call.graph.name(value, channelsFirst: first)) }
        let place = first ? ImageOrder.first(axis, rank: 4) : axis
        let name = call.graph.node("Concat", names, call.stem, [Attribute("axis", .int(Int64(place)))])
        try call.give(Made(name, channelsFirst: first))
    }

    private static func pack(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all()
        let axis = try call.axis(call.node.int("axis") ?? 0, rank: values[0].rank + 1)
        var names: [String] = []
        for value in values {
            names.append(
                call.graph.node(
                    "Unsqueeze", [try call.graph.plain(value), call.graph.list([axis])], call.stem + "_part"))
        }
        try call.give(call.graph.node("Concat", names, call.stem, [Attribute("axis", .int(Int64(axis)))]))
    }

    private static func unpack(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let axis = try call.axis(call.node.int("axis") ?? 0, rank: value.rank)
        let count = call.node.int("num") ?? 0
        guard (1...10_000).contains(count) else { throw .broken("makes \(count) parts") }
        let sizes = [Int](repeating: 1, count: count)
        for (place, part) in parts(call, try call.graph.plain(value), sizes, axis).enumerated() {
            try call.give(call.graph.node("Squeeze", [part, call.graph.list([axis])], call.stem), at: place)
        }
    }

    /// The axis comes first, then the value.
    private static func split(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(1)
        let axis = try call.axis(try call.integer(0, "axis"), rank: value.rank)
        let count = call.node.int("num_split") ?? 0
        guard (1...10_000).contains(count), let size = value.sizes[axis], size % count == 0 else {
            throw TensorFlowError("splits an axis whose size is open or does not divide, which is not rebuilt here")
        }
        try give(call, value, [Int](repeating: size / count, count: count), axis)
    }

    /// A size of -1 is all that is left.
    private static func splitBySizes(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var sizes = try call.integers(1, "sizes")
        let axis = try call.axis(try call.integer(2, "axis"), rank: value.rank)
        guard (1...10_000).contains(sizes.count), sizes.allSatisfy({ (-1...Int(Int32.max)).contains($0) }) else {
            throw .broken("has the sizes \(sizes.prefix(9))")
        }
        if let open = sizes.firstIndex(of: -1) {
            guard let size = value.sizes[axis] else {
                throw TensorFlowError("splits an axis whose size is open, which is not rebuilt here")
            }
            sizes[open] = size - sizes.filter { $0 >= 0 }.reduce(0, +)
        }
        try give(call, value, sizes, axis)
    }

    private static func give(
        _ call: SavedCall, _ value: GraphValue, _ sizes: [Int], _ axis: Int
    ) throws(TensorFlowError) {
        let first = value.isChannelsFirst
        let name = try call.graph.name(value, channelsFirst: first)
        let place = first ? ImageOrder.first(axis, rank: value.rank) : axis
        for (index, part) in parts(call, name, sizes, place).enumerated() {
            try call.give(Made(part, channelsFirst: first), at: index)
        }
    }

    private static func parts(_ call: SavedCall, _ name: String, _ sizes: [Int], _ axis: Int) -> [String] {
        call.graph.nodes(
            "Split", [name, call.graph.list(sizes)], sizes.map { _ in call.stem },
            [Attribute("axis", .int(Int64(axis)))])
    }
}
