import ModelGraph

/// Values put together and taken apart.
enum JoiningRules {
    static let all: [String: LiteRule] = [
        "CONCATENATION": concatenate, "PACK": pack, "UNPACK": unpack, "SPLIT": split, "SPLIT_V": splitBySizes,
    ]

    private static func concatenate(_ call: LiteCall) throws(TensorFlowError) {
        let values = try call.all()
        let axis = try call.axis(try call.integer(0), of: values[0])
        let first = values.contains { $0.isChannelsFirst } && values.allSatisfy { $0.rank == 4 }
        var names: [String] = []
        for value in values { names.append(try call.graph.name(value, channelsFirst: first)) }
        let place = first ? ImageOrder.first(axis, rank: 4) : axis
        let name = call.graph.node("Concat", names, call.stem, [Attribute("axis", .int(Int64(place)))])
        try call.give(Made(name, channelsFirst: first), activation: try call.byte(1))
    }

    private static func pack(_ call: LiteCall) throws(TensorFlowError) {
        let values = try call.all()
        let rank = values[0].rank + 1
        let asked = try call.integer(1)
        let axis = asked < 0 ? asked + rank : asked
        guard (0..<rank).contains(axis) else { throw .broken("has axis \(asked) where there are \(rank) dimensions") }
        var names: [String] = []
        for value in values {
            names.append(
                call.graph.node(
                    "Unsqueeze", [try call.graph.plain(value), call.graph.list([axis])], call.stem + "_part"))
        }
        try call.give(call.graph.node("Concat", names, call.stem, [Attribute("axis", .int(Int64(axis)))]))
    }

    private static func unpack(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let axis = try call.axis(try call.integer(1), of: value)
        let sizes = [Int](repeating: 1, count: call.outputs.count)
        let parts = try parts(call, try call.graph.plain(value), sizes, axis)
        for (place, part) in parts.enumerated() {
            let name = call.graph.node("Squeeze", [part, call.graph.list([axis])], call.stem)
            try call.give(name, at: place)
        }
    }

    /// The axis comes first, then the value.
    private static func split(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(1)
        let axis = try call.axis(try call.integers(0, "axis").first ?? 0, of: value)
        let count = call.outputs.count
        guard let size = value.sizes[axis], count > 0, size % count == 0 else {
            throw TensorFlowError("splits an axis whose size is open or does not divide, which is not rebuilt here")
        }
        try give(call, value, [Int](repeating: size / count, count: count), axis)
    }

    /// A size of -1 is all that is left.
    private static func splitBySizes(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var sizes = try call.integers(1, "sizes")
        let axis = try call.axis(try call.integers(2, "axis").first ?? 0, of: value)
        guard sizes.count == call.outputs.count, sizes.allSatisfy({ (-1...Int(Int32.max)).contains($0) }) else {
            throw .broken("has \(sizes.count) sizes for \(call.outputs.count) parts")
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
        _ call: LiteCall, _ value: GraphValue, _ sizes: [Int], _ axis: Int
    ) throws(TensorFlowError) {
        let first = value.isChannelsFirst
        let name = try call.graph.name(value, channelsFirst: first)
        let place = first ? ImageOrder.first(axis, rank: value.rank) : axis
        for (index, part) in try parts(call, name, sizes, place).enumerated() {
            try call.give(Made(part, channelsFirst: first), at: index)
        }
    }

    private static func parts(
        _ call: LiteCall, _ name: String, _ sizes: [Int], _ axis: Int
    ) throws(TensorFlowError) -> [String] {
        guard !sizes.isEmpty else { throw .broken("makes nothing") }
        return call.graph.nodes(
            "Split", [name, call.graph.list(sizes)], sizes.map { _ in call.stem },
            [Attribute("axis", .int(Int64(axis)))])
    }
}
