import ModelGraph

/// Images made larger and smaller, and channels made pixels.
enum ImageRules {
    static let all: [String: LiteRule] = [
        "RESIZE_BILINEAR": bilinear, "RESIZE_NEAREST_NEIGHBOR": nearest, "SPACE_TO_DEPTH": spaceToDepth,
        "DEPTH_TO_SPACE": depthToSpace, "SPACE_TO_BATCH_ND": spaceToBatch, "BATCH_TO_SPACE_ND": batchToSpace,
    ]

    private static func bilinear(_ call: LiteCall) throws(TensorFlowError) {
        let (corners, half) = (try call.flag(2), try call.flag(3))
        try resize(
            call, [Attribute("mode", .text("linear"))],
            place: corners ? "align_corners" : half ? "half_pixel" : "asymmetric")
    }

    /// LiteRT rounds down, and to the nearest where corners are aligned or pixels have their middle at a half.
    private static func nearest(_ call: LiteCall) throws(TensorFlowError) {
        let (corners, half) = (try call.flag(0), try call.flag(1))
        try resize(
            call,
            [
                Attribute("mode", .text("nearest")),
                Attribute("nearest_mode", .text(corners || half ? "round_prefer_ceil" : "floor")),
            ], place: corners ? "align_corners" : half ? "half_pixel" : "asymmetric")
    }

    private static func resize(_ call: LiteCall, _ mode: [Attribute], place: String) throws(TensorFlowError) {
        let image = try call.image(0)
        let size = try call.integers(1, "size")
        guard size.count == 2, size.allSatisfy({ $0 > 0 }) else { throw .broken("has the size \(size.prefix(3))") }
        let graph = call.graph
        let name = try graph.channelsFirst(image)
        let sizes: String
        if let batch = image.sizes[0], let channels = image.sizes[3] {
            sizes = graph.list([batch, channels] + size)
        } else {
            let shape = graph.node("Shape", [name], call.stem + "_shape")
            let kept = graph.node(
                "Slice", [shape, graph.list([0]), graph.list([2]), graph.list([0])], call.stem + "_kept")
            sizes = graph.node(
                "Concat", [kept, graph.list(size)], call.stem + "_sizes", [Attribute("axis", .int(0))])
        }
        let attributes = mode + [Attribute("coordinate_transformation_mode", .text(place))]
        try call.give(Made(graph.node("Resize", [name, "", "", sizes], call.stem, attributes), channelsFirst: true))
    }

    // MARK: - Blocks

    /// Pixels of a block become images of their own, first those of the upper left corner. Converters write dilations so.
    private static func spaceToBatch(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let (blocks, pads) = (try call.integers(1, "blocks"), try call.integers(2, "pads"))
        let sizes = try Blocks.check(value, blocks, pads)
        let graph = call.graph
        let rest = value.rank - blocks.count - 1
        let zeros = [Int](repeating: 0, count: rest)
        let before = [0] + blocks.indices.map { pads[2 * $0] } + zeros
        let after = [0] + blocks.indices.map { pads[2 * $0 + 1] } + zeros
        let padded = graph.node("Pad", [try graph.plain(value), graph.list(before + after)], call.stem + "_padded")
        var split = [-1]
        var whole = [-1]
        for (axis, block) in blocks.enumerated() {
            let size = sizes[axis + 1] + pads[2 * axis] + pads[2 * axis + 1]
            guard size % block == 0 else { throw .broken("has blocks of \(blocks), which do not divide the image") }
            split += [size / block, block]
            whole.append(size / block)
        }
        let tail = Array(sizes.suffix(rest))
        let inner = blocks.indices.map { 2 * $0 + 2 }
        let outer = [0] + blocks.indices.map { 2 * $0 + 1 }
        let order = inner + outer + (0..<rest).map { 2 * blocks.count + 1 + $0 }
        let parts = graph.reshaped(padded, split + tail, call.stem + "_parts")
        let turned = graph.transposed(parts, order, call.stem + "_turned")
        try call.give(graph.reshaped(turned, whole + tail, call.stem))
    }

    /// The way back; what was added at the edges is cut off.
    private static func batchToSpace(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let (blocks, cuts) = (try call.integers(1, "blocks"), try call.integers(2, "cuts"))
        let sizes = try Blocks.check(value, blocks, cuts)
        let graph = call.graph
        let rest = value.rank - blocks.count - 1
        let count = blocks.count
        let tail = Array(sizes.suffix(rest))
        let parts = graph.reshaped(try graph.plain(value), blocks + [-1] + sizes[1...], call.stem + "_parts")
        var order = [count]
        for axis in 0..<count { order += [count + 1 + axis, axis] }
        order += (0..<rest).map { 2 * count + 1 + $0 }
        let turned = graph.transposed(parts, order, call.stem + "_turned")
        let whole = blocks.indices.map { blocks[$0] * sizes[$0 + 1] }
        let image = graph.reshaped(turned, [-1] + whole + tail, call.stem + "_whole")
        let begins = blocks.indices.map { cuts[2 * $0] }
        let ends = blocks.indices.map { whole[$0] - cuts[2 * $0 + 1] }
        let axes = blocks.indices.map { $0 + 1 }
        try call.give(graph.node("Slice", [image, graph.list(begins), graph.list(ends), graph.list(axes)], call.stem))
    }

    private static func spaceToDepth(_ call: LiteCall) throws(TensorFlowError) { try block("SpaceToDepth", call) }
    private static func depthToSpace(_ call: LiteCall) throws(TensorFlowError) { try block("DepthToSpace", call) }

    private static func block(_ operatorType: String, _ call: LiteCall) throws(TensorFlowError) {
        let size = try call.integer(0)
        guard (1...1 << 16).contains(size) else { throw .broken("has blocks of \(size)") }
        let name = call.graph.node(
            operatorType, [try call.graph.channelsFirst(try call.image(0))], call.stem,
            [Attribute("blocksize", .int(Int64(size)))])
        try call.give(Made(name, channelsFirst: true))
    }
}

/// Blocks of pixels, and what is added or cut off around an image.
private enum Blocks {
    /// The sizes of an image, 0 for an open batch.
    static func check(_ value: GraphValue, _ blocks: [Int], _ edges: [Int]) throws(TensorFlowError) -> [Int] {
        guard !blocks.isEmpty, blocks.count < value.rank, edges.count == 2 * blocks.count,
            blocks.allSatisfy({ (1...1 << 16).contains($0) }), edges.allSatisfy({ (0...1 << 24).contains($0) })
        else { throw .broken("has blocks of \(blocks.prefix(9)) and edges of \(edges.prefix(9))") }
        guard value.sizes.dropFirst().allSatisfy({ ($0 ?? 0) > 0 && ($0 ?? 0) < 1 << 24 }) else {
            throw TensorFlowError("is given an image of which the size is open, which is not rebuilt here")
        }
        return value.sizes.map { $0 ?? 0 }
    }
}
