import Tensors

/// Operators that change shapes and leave elements as they are.
enum ShapeRules {
    static let all: [String: LiteRule] = [
        "RESHAPE": { (call) throws(TensorFlowError) in
            // The shape is an input, or, in older files, a setting.
            let given = call.optional(1)
            try call.reshape(to: given == nil ? try call.operation.options?.integers(0) : given?.integers)
        },
        "SQUEEZE": { (call) throws(TensorFlowError) in
            guard try !call.squeeze(try call.operation.options?.integers(0) ?? []) else { return }
            try call.give(call.graph.node("Identity", [try call.plain(0)], call.stem))
        },
        "EXPAND_DIMS": { (call) throws(TensorFlowError) in try call.expandDimensions() },
        "TRANSPOSE": { (call) throws(TensorFlowError) in try call.transpose() },
        "SHAPE": { (call) throws(TensorFlowError) in
            let (name, type) = (try call.shapeOfInput(), try call.type())
            try call.give(type == .int64 ? name : call.graph.cast(name, to: type, call.stem))
        },
        "RANK": { (call) throws(TensorFlowError) in try call.give(constant: try call.rankOfInput()) },
        "TILE": { (call) throws(TensorFlowError) in try call.tile() },
        "BROADCAST_TO": { (call) throws(TensorFlowError) in try call.broadcast() },
        "PAD": pad, "PADV2": pad,
        "MIRROR_PAD": { (call) throws(TensorFlowError) in try call.mirror(repeatsEdge: try call.byte(0) != 0) },
    ]

    private static func pad(_ call: LiteCall) throws(TensorFlowError) {
        guard let number = call.optional(2) else { return try call.pad(filling: []) }
        try call.pad(filling: [try call.graph.plain(number)])
    }
}
