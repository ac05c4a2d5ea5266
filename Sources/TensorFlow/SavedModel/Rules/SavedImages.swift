import ModelGraph
import Tensors

/// Images made larger and smaller, and channels made pixels.
enum SavedImages {
    static let all: [String: SavedRule] = [
        "ResizeBilinear": bilinear, "ResizeNearestNeighbor": nearest, "SpaceToDepth": block, "DepthToSpace": block,
        "SpaceToBatchND": spaceToBatch, "BatchToSpaceND": batchToSpace,
    ]

    private static func bilinear(_ call: SavedCall) throws(TensorFlowError) {
        let type = try call.input(0).type
        guard type == .float32 else {
            throw TensorFlowError("is given \(type.displayName), which becomes FP32 there and not here")
        }
        try resize(call, [Attribute("mode", .text("linear"))])
    }

    /// Rounded down, and to the nearest where corners are aligned or pixels have their middle at a half.
    private static func nearest(_ call: SavedCall) throws(TensorFlowError) {
        let isExact = call.node.flag("align_corners") || call.node.flag("half_pixel_centers")
        let way = Attribute("nearest_mode", .text(isExact ? "round_prefer_ceil" : "floor"))
        try resize(call, [Attribute("mode", .text("nearest")), way])
    }

    private static func resize(_ call: SavedCall, _ mode: [Attribute]) throws(TensorFlowError) {
        let (corners, half) = (call.node.flag("align_corners"), call.node.flag("half_pixel_centers"))
        let place = corners ? "align_corners" : half ? "half_pixel" : "asymmetric"
        let attributes = mode + [Attribute("coordinate_transformation_mode", .text(place))]
        try call.give(
            try call.graph.resized(try image(call), try call.integers(1, "size"), call.stem, attributes))
    }

    private static func image(_ call: SavedCall) throws(TensorFlowError) -> GraphValue {
        let value = try call.input(0)
        guard value.rank == 4 else { throw .broken("is given \(value.rank) dimensions; expected the 4 of an image") }
        return value
    }

    // MARK: - Blocks

    private static func spaceToBatch(_ call: SavedCall) throws(TensorFlowError) {
        let (blocks, pads) = (try call.integers(1, "blocks"), try call.integers(2, "pads"))
        try call.give(try call.graph.spaceToBatch(try call.input(0), blocks, pads, call.stem))
    }

    private static func batchToSpace(_ call: SavedCall) throws(TensorFlowError) {
        let (blocks, cuts) = (try call.integers(1, "blocks"), try call.integers(2, "cuts"))
        try call.give(try call.graph.batchToSpace(try call.input(0), blocks, cuts, call.stem))
    }

    private static func block(_ call: SavedCall) throws(TensorFlowError) {
        let size = call.node.int("block_size") ?? 0
        let layout = ImageLayout(call)
        guard (1...1 << 16).contains(size) else { throw .broken("has blocks of \(size)") }
        let name = call.graph.node(
            call.node.operatorType, [try layout.name(try call.input(0), call.graph)], call.stem,
            [Attribute("blocksize", .int(Int64(size)))])
        try call.give(layout.made(name))
    }
}
