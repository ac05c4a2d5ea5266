import ModelGraph
import Tensors

/// Many elements made one.
enum ReductionRules {
    static let all: [String: LiteRule] = [
        "MEAN": reduce("ReduceMean"), "SUM": reduce("ReduceSum"), "REDUCE_MAX": reduce("ReduceMax"),
        "REDUCE_MIN": reduce("ReduceMin"), "REDUCE_PROD": reduce("ReduceProd"), "REDUCE_ANY": truth("ReduceMax"),
        "REDUCE_ALL": truth("ReduceMin"), "ARG_MAX": place("ArgMax"), "ARG_MIN": place("ArgMin"), "TOPK_V2": largest,
        "CUMSUM": cumulative,
    ]

    private static func reduce(_ operatorType: String) -> LiteRule {
        { (call) throws(TensorFlowError) in try reduce(operatorType, call) }
    }

    private static func reduce(_ operatorType: String, _ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        var axes: [Int] = []
        for axis in try call.integers(1, "axes") { axes.append(try call.axis(axis, of: value)) }
        let keeps = try call.flag(0)
        guard !axes.isEmpty else {
            return try call.give(try call.graph.elementwise("Identity", [value], call.stem))
        }
        let first = value.isChannelsFirst && (keeps || staysInOrder(axes, value.rank))
        let places = first ? axes.map { ImageOrder.first($0, rank: value.rank) } : axes
        let name = call.graph.node(
            operatorType, [try call.graph.name(value, channelsFirst: first), call.graph.list(places.sorted())],
            call.stem, [Attribute("keepdims", .int(keeps ? 1 : 0))])
        try call.give(Made(name, channelsFirst: first && keeps))
    }

    /// Whether the axes that are left are in TensorFlow's order although the channels are behind the batch.
    private static func staysInOrder(_ axes: [Int], _ rank: Int) -> Bool {
        let left = ImageOrder.toFirst(rank: rank).filter { !axes.contains($0) }
        return left == left.sorted()
    }

    /// Truth values are reduced as bytes.
    private static func truth(_ operatorType: String) -> LiteRule {
        { (call) throws(TensorFlowError) in
            let graph = call.graph
            let bytes = graph.cast(try call.plain(0), to: .uint8, call.stem + "_bytes")
            let axes = graph.list(try call.integers(1, "axes"))
            let keeps = Attribute("keepdims", .int(try call.flag(0) ? 1 : 0))
            let made = graph.node(operatorType, [bytes, axes], call.stem + "_made", [keeps])
            try call.give(graph.cast(made, to: .bool, call.stem))
        }
    }

    private static func place(_ operatorType: String) -> LiteRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let axis = try call.axis(try call.integers(1, "axis").first ?? 0, of: value)
            let attributes = [Attribute("axis", .int(Int64(axis))), Attribute("keepdims", .int(0))]
            let name = call.graph.node(operatorType, [try call.graph.plain(value)], call.stem, attributes)
            let type = try call.type()
            try call.give(type == .int64 ? name : call.graph.cast(name, to: type, call.stem))
        }
    }

    private static func largest(_ call: LiteCall) throws(TensorFlowError) {
        let graph = call.graph
        let count = graph.reshaped(try call.sizes(1), [1], call.stem + "_count")
        let made = graph.nodes(
            "TopK", [try call.plain(0), count], [call.stem, call.stem + "_places"], [Attribute("axis", .int(-1))])
        try call.give(made[0])
        let type = try call.type(1)
        try call.give(type == .int64 ? made[1] : graph.cast(made[1], to: type, call.stem), at: 1)
    }

    private static func cumulative(_ call: LiteCall) throws(TensorFlowError) {
        let attributes = [
            Attribute("exclusive", .int(try call.flag(0) ? 1 : 0)),
            Attribute("reverse", .int(try call.flag(1) ? 1 : 0)),
        ]
        try call.give(call.graph.node("CumSum", [try call.plain(0), try call.plain(1)], call.stem, attributes))
    }
}
