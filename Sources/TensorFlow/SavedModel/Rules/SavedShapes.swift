import ModelGraph
import Tensors

/// Operators that change shapes and leave elements as they are.
enum SavedShapes {
    static let all: [String: SavedRule] = [
        "Reshape": { (call) throws(TensorFlowError) in try call.reshape(to: try call.input(1).integers) },
        "Squeeze": { (call) throws(TensorFlowError) in
            guard try !call.squeeze(call.node.ints("squeeze_dims") ?? []) else { return }
            call.pass(.tensor(try call.input(0)))
        },
        "ExpandDims": { (call) throws(TensorFlowError) in try call.expandDimensions() },
        "Transpose": { (call) throws(TensorFlowError) in try call.transpose() },
        "Shape": { (call) throws(TensorFlowError) in try call.give(call.narrowed(try call.shapeOfInput())) },
        "Rank": { (call) throws(TensorFlowError) in call.give(constant: try call.rankOfInput()) },
        "Size": { (call) throws(TensorFlowError) in
            try call.give(call.narrowed(call.graph.node("Size", [try call.plain(0)], call.stem)))
        },
        "Tile": { (call) throws(TensorFlowError) in try call.tile() },
        "BroadcastTo": { (call) throws(TensorFlowError) in try call.broadcast() },
        "Pad": pad, "PadV2": pad,
        "MirrorPad": { (call) throws(TensorFlowError) in
            try call.mirror(repeatsEdge: call.node.text("mode") != "REFLECT")
        },
    ]

    private static func pad(_ call: SavedCall) throws(TensorFlowError) {
        try call.pad(filling: call.inputs.count > 2 ? [try call.plain(2)] : [])
    }
}

extension SavedCall {
    /// Whole numbers of 64 bits as the type that the node says it makes; 32 bits unless it says so.
    func narrowed(_ name: String, _ key: String = "out_type") -> String {
        let type = node.type(key).flatMap(SavedType.element) ?? .int32
        return type == .int64 ? name : graph.cast(name, to: type, stem)
    }
}
