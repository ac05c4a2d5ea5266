import ModelGraph

/// Values put together and taken apart.
extension RebuildingCall {
    private var mostParts: Int { 10_000 }

    func concatenated(_ values: [GraphValue], axis asked: Int) throws(TensorFlowError) -> Made {
        let axis = try axis(asked, of: values[0])
        let first = values.contains { $0.isChannelsFirst } && values.allSatisfy { $0.rank == 4 }
        var names: [String] = []
        for value in values { names.append(try graph.name(value, channelsFirst: first)) }
        let place = first ? ImageOrder.first(axis, rank: 4) : axis
        let name = graph.node("Concat", names, stem, [Attribute("axis", .int(Int64(place)))])
        return Made(name, channelsFirst: first)
    }

    func pack(_ values: [GraphValue], axis asked: Int) throws(TensorFlowError) {
        let axis = try axis(asked, rank: values[0].rank + 1)
        var names: [String] = []
        for value in values {
            names.append(
                graph.node("Unsqueeze", [try graph.plain(value), graph.list([axis])], stem + "_part"))
        }
        try give(graph.node("Concat", names, stem, [Attribute("axis", .int(Int64(axis)))]))
    }

    /// - Parameter count: how many parts there are.
    func unpack(axis asked: Int, count: Int) throws(TensorFlowError) {
        let value = try input(0)
        let axis = try axis(asked, of: value)
        let sizes = [Int](repeating: 1, count: try checked(count))
        for (place, part) in parts(try graph.plain(value), sizes, axis).enumerated() {
            try give(graph.node("Squeeze", [part, graph.list([axis])], stem), at: place)
        }
    }

    /// Into parts of one size.
    func split(_ value: GraphValue, axis asked: Int, count: Int) throws(TensorFlowError) {
        let axis = try axis(asked, of: value)
        guard let size = value.sizes[axis], size % (try checked(count)) == 0 else {
            throw TensorFlowError("splits an axis whose size is open or does not divide, which is not rebuilt here")
        }
        try give(value, [Int](repeating: size / count, count: count), axis)
    }

    /// Into parts of these sizes; one of -1 is all that is left.
    func split(_ value: GraphValue, axis asked: Int, sizes given: [Int]) throws(TensorFlowError) {
        var sizes = given
        let axis = try axis(asked, of: value)
        guard try checked(sizes.count) > 0, sizes.allSatisfy({ (-1...Int(Int32.max)).contains($0) }) else {
            throw .broken("has the sizes \(sizes.prefix(9))")
        }
        if let open = sizes.firstIndex(of: -1) {
            guard let size = value.sizes[axis] else {
                throw TensorFlowError("splits an axis whose size is open, which is not rebuilt here")
            }
            sizes[open] = size - sizes.filter { $0 >= 0 }.reduce(0, +)
        }
        try give(value, sizes, axis)
    }

    private func give(_ value: GraphValue, _ sizes: [Int], _ axis: Int) throws(TensorFlowError) {
        let first = value.isChannelsFirst
        let name = try graph.name(value, channelsFirst: first)
        let place = first ? ImageOrder.first(axis, rank: value.rank) : axis
        for (index, part) in parts(name, sizes, place).enumerated() {
            try give(Made(part, channelsFirst: first), at: index)
        }
    }

    private func checked(_ count: Int) throws(TensorFlowError) -> Int {
        guard (1...mostParts).contains(count) else { throw .broken("makes \(count) parts") }
        return count
    }

    private func parts(_ name: String, _ sizes: [Int], _ axis: Int) -> [String] {
        graph.nodes(
            "Split", [name, graph.list(sizes)], sizes.map { _ in stem }, [Attribute("axis", .int(Int64(axis)))])
    }
}
