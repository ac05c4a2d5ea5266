import ModelGraph
import Tensors

/// Operators that change shapes and leave elements as they are.
extension RebuildingCall {
    /// - Parameter known: the shape; `nil` where the second input works it out.
    func reshape(to known: [Int]?) throws(TensorFlowError) {
        let name = try plain(0)
        guard let known else { return try give(graph.node("Reshape", [name, try sizes(1)], stem)) }
        // In ONNX 0 means "as it was" unless this is said.
        let zeros = known.contains(0) ? [Attribute("allowzero", .int(1))] : []
        try give(graph.node("Reshape", [name, graph.list(known)], stem, zeros))
    }

    /// - Parameter given: the axes that go; all of size 1 where none is named.
    /// - Returns: `false` where nothing changes, and nothing was given.
    func squeeze(_ given: [Int]) throws(TensorFlowError) -> Bool {
        let value = try input(0)
        var axes: [Int] = []
        for axis in given { axes.append(try self.axis(axis, of: value)) }
        if axes.isEmpty { axes = value.sizes.indices.filter { value.sizes[$0] == 1 } }
        guard !axes.isEmpty else { return false }
        try give(graph.node("Squeeze", [try graph.plain(value), graph.list(axes)], stem))
        return true
    }

    func expandDimensions() throws(TensorFlowError) {
        let value = try input(0)
        let axis = try axis(try integer(1, "axis"), rank: value.rank + 1)
        try give(graph.node("Unsqueeze", [try graph.plain(value), graph.list([axis])], stem))
    }

    func transpose() throws(TensorFlowError) {
        let value = try input(0)
        var axes: [Int] = []
        for axis in try integers(1, "order of axes") { axes.append(try self.axis(axis, of: value)) }
        guard axes.count == value.rank, Set(axes).count == value.rank else {
            throw .broken("has the order of axes \(axes.prefix(9))")
        }
        try give(graph.transposed(try graph.plain(value), axes, stem))
    }

    /// The sizes of the first input, of 64 bits. They do not need the image turned: they are put in order.
    func shapeOfInput() throws(TensorFlowError) -> String {
        let value = try input(0)
        let name = graph.node(
            "Shape", [try graph.name(value, channelsFirst: value.isChannelsFirst)], stem + "_sizes")
        guard value.isChannelsFirst else { return name }
        return graph.node("Gather", [name, graph.list(ImageOrder.toLast(rank: value.rank))], stem + "_ordered")
    }

    /// How many axes the first input has.
    func rankOfInput() throws(TensorFlowError) -> Tensor {
        do {
            return try Tensor(.int32, .scalar, values: [Int32(truncatingIfNeeded: try input(0).rank)])
        } catch let error as TensorFlowError {
            throw error
        } catch {
            throw .broken("has no rank")
        }
    }

    func tile() throws(TensorFlowError) { try give(graph.node("Tile", [try plain(0), try sizes(1)], stem)) }

    func broadcast() throws(TensorFlowError) { try give(graph.node("Expand", [try plain(0), try sizes(1)], stem)) }

    // MARK: - Pads

    /// TensorFlow has two numbers for each axis, ONNX all that come before and then all that come after.
    ///
    /// - Parameter filling: what is put around; nothing for zeros.
    func pad(filling: [String]) throws(TensorFlowError) {
        let value = try input(0)
        if let pads = try input(1).integers {
            return try give(try padded(value, pads) { names in graph.node("Pad", names + filling, stem) })
        }
        let rows = graph.transposed(try wide(try input(1)), [1, 0], stem + "_rows")
        let pads = graph.reshaped(rows, [-1], stem + "_pads")
        try give(graph.node("Pad", [try graph.plain(value), pads] + filling, stem))
    }

    /// - Parameter repeatsEdge: whether the edge itself is mirrored, too.
    func mirror(repeatsEdge: Bool) throws(TensorFlowError) {
        guard !repeatsEdge else {
            throw TensorFlowError("mirrors the edge itself, too (SYMMETRIC), which ONNX cannot")
        }
        try give(
            try padded(try input(0), try integers(1, "pads")) { names in
                graph.node("Pad", names, stem, [Attribute("mode", .text("reflect"))])
            })
    }

    private func padded(
        _ value: GraphValue, _ pads: [Int], _ node: ([String]) -> String
    ) throws(TensorFlowError) -> Made {
        guard pads.count == 2 * value.rank else { throw .broken("has \(pads.count) pads for \(value.rank) axes") }
        let first = value.isChannelsFirst
        let axes = first ? ImageOrder.toFirst(rank: value.rank) : Array(0..<value.rank)
        let ordered = graph.list(axes.map { pads[2 * $0] } + axes.map { pads[2 * $0 + 1] })
        return Made(node([try graph.name(value, channelsFirst: first), ordered]), channelsFirst: first)
    }
}
