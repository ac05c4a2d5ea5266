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
        let size = try call.integers(1, "size")
        let attributes = mode + [Attribute("coordinate_transformation_mode", .text(place))]
        try call.give(try call.graph.resized(try call.image(0), size, call.stem, attributes))
    }

    // MARK: - Blocks

    private static func spaceToBatch(_ call: LiteCall) throws(TensorFlowError) {
        let (blocks, pads) = (try call.integers(1, "blocks"), try call.integers(2, "pads"))
        try call.give(try call.graph.spaceToBatch(try call.input(0), blocks, pads, call.stem))
    }

    private static func batchToSpace(_ call: LiteCall) throws(TensorFlowError) {
        let (blocks, cuts) = (try call.integers(1, "blocks"), try call.integers(2, "cuts"))
        try call.give(try call.graph.batchToSpace(try call.input(0), blocks, cuts, call.stem))
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
