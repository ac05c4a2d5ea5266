import ModelGraph

/// Images made larger and smaller, and blocks of pixels made images of their own.
extension RebuiltGraph {
    /// An image of another height and width.
    func resized(
        _ image: GraphValue, _ size: [Int], _ stem: String, _ attributes: [Attribute]
    ) throws(TensorFlowError) -> Made {
        guard size.count == 2, size.allSatisfy({ $0 > 0 }) else { throw .broken("has the size \(size.prefix(3))") }
        let name = try channelsFirst(image)
        let sizes: String
        if let batch = image.sizes[0], let channels = image.sizes[3] {
            sizes = list([batch, channels] + size)
        } else {
            let shape = node("Shape", [name], stem + "_shape")
            let kept = node("Slice", [shape, list([0]), list([2]), list([0])], stem + "_kept")
            sizes = node("Concat", [kept, list(size)], stem + "_sizes", [Attribute("axis", .int(0))])
        }
        return Made(node("Resize", [name, "", "", sizes], stem, attributes), channelsFirst: true)
    }

    /// Pixels of a block become images of their own, first those of the upper left corner. Converters write dilations so.
    func spaceToBatch(
        _ value: GraphValue, _ blocks: [Int], _ pads: [Int], _ stem: String
    ) throws(TensorFlowError) -> String {
        let sizes = try Blocks.check(value, blocks, pads)
        let rest = value.rank - blocks.count - 1
        let zeros = [Int](repeating: 0, count: rest)
        let before = [0] + blocks.indices.map { pads[2 * $0] } + zeros
        let after = [0] + blocks.indices.map { pads[2 * $0 + 1] } + zeros
        let padded = node("Pad", [try plain(value), list(before + after)], stem + "_padded")
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
        let parts = reshaped(padded, split + tail, stem + "_parts")
        return reshaped(transposed(parts, order, stem + "_turned"), whole + tail, stem)
    }

    /// The way back; what was added at the edges is cut off.
    func batchToSpace(
        _ value: GraphValue, _ blocks: [Int], _ cuts: [Int], _ stem: String
    ) throws(TensorFlowError) -> String {
        let sizes = try Blocks.check(value, blocks, cuts)
        let rest = value.rank - blocks.count - 1
        let count = blocks.count
        let tail = Array(sizes.suffix(rest))
        let parts = reshaped(try plain(value), blocks + [-1] + sizes[1...], stem + "_parts")
        var order = [count]
        for axis in 0..<count { order += [count + 1 + axis, axis] }
        order += (0..<rest).map { 2 * count + 1 + $0 }
        let turned = transposed(parts, order, stem + "_turned")
        let whole = blocks.indices.map { blocks[$0] * sizes[$0 + 1] }
        let image = reshaped(turned, [-1] + whole + tail, stem + "_whole")
        let begins = blocks.indices.map { cuts[2 * $0] }
        let ends = blocks.indices.map { whole[$0] - cuts[2 * $0 + 1] }
        let axes = blocks.indices.map { $0 + 1 }
        return node("Slice", [image, list(begins), list(ends), list(axes)], stem)
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
