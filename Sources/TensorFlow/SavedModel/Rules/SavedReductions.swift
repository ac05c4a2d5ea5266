import ModelGraph
import Tensors

/// Many elements made one.
enum SavedReductions {
    static let all: [String: SavedRule] = [
        "Mean": reduce("ReduceMean"), "Sum": reduce("ReduceSum"), "Max": reduce("ReduceMax"),
        "Min": reduce("ReduceMin"), "Prod": reduce("ReduceProd"), "EuclideanNorm": reduce("ReduceL2"),
        "Any": truth("ReduceMax"), "All": truth("ReduceMin"), "ArgMax": place("ArgMax"), "ArgMin": place("ArgMin"),
        "TopKV2": largest, "Cumsum": cumulative,
    ]

    private static func reduce(_ operatorType: String) -> SavedRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let axes = try axes(call, value)
            guard !axes.isEmpty else { return call.pass(.tensor(value)) }
            let keeps = call.node.flag("keep_dims")
            let first = value.isChannelsFirst && (keeps || staysInOrder(axes, value.rank))
            let places = first ? axes.map { ImageOrder.first($0, rank: value.rank) } : axes
            let name = call.graph.node(
                operatorType, [try call.graph.name(value, channelsFirst: first), call.graph.list(places.sorted())],
                call.stem, [Attribute("keepdims", .int(keeps ? 1 : 0))])
            try call.give(Made(name, channelsFirst: first && keeps))
        }
    }

    private static func axes(_ call: SavedCall, _ value: GraphValue) throws(TensorFlowError) -> [Int] {
        var axes: [Int] = []
        for axis in try call.integers(1, "axes") { axes.append(try call.axis(axis, rank: value.rank)) }
        return axes
    }

    /// Whether the axes that are left are in TensorFlow's order although the channels are behind the batch.
    private static func staysInOrder(_ axes: [Int], _ rank: Int) -> Bool {
        let left = ImageOrder.toFirst(rank: rank).filter { !axes.contains($0) }
        return left == left.sorted()
    }

    /// Truth values are reduced as bytes.
    private static func truth(_ operatorType: String) -> SavedRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let graph = call.graph
            let axes = try axes(call, value)
            guard !axes.isEmpty else { return call.pass(.tensor(value)) }
            let bytes = graph.cast(try graph.plain(value), to: .uint8, call.stem + "_bytes")
            let keeps = Attribute("keepdims", .int(call.node.flag("keep_dims") ? 1 : 0))
            let made = graph.node(operatorType, [bytes, graph.list(axes)], call.stem + "_made", [keeps])
            try call.give(graph.cast(made, to: .bool, call.stem))
        }
    }

    private static func place(_ operatorType: String) -> SavedRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let axis = call.inputs.count > 1 ? try call.integer(1, "axis") : 0
            let attributes = [
                Attribute("axis", .int(Int64(try call.axis(axis, rank: value.rank)))), Attribute("keepdims", .int(0)),
            ]
            let name = call.graph.node(operatorType, [try call.graph.plain(value)], call.stem, attributes)
            let type = call.node.type("output_type").flatMap(SavedType.element) ?? .int64
            try call.give(type == .int64 ? name : call.graph.cast(name, to: type, call.stem))
        }
    }

    private static func largest(_ call: SavedCall) throws(TensorFlowError) {
        let graph = call.graph
        let made = graph.nodes(
            "TopK", [try call.plain(0), try call.sizes(1)], [call.stem, call.stem + "_places"],
            [Attribute("axis", .int(-1))])
        try call.give(made[0])
        try call.give(call.narrowed(made[1], "index_type"), at: 1)
    }

    private static func cumulative(_ call: SavedCall) throws(TensorFlowError) {
        let attributes = [
            Attribute("exclusive", .int(call.node.flag("exclusive") ? 1 : 0)),
            Attribute("reverse", .int(call.node.flag("reverse") ? 1 : 0)),
        ]
        try call.give(call.graph.node("CumSum", [try call.plain(0), try call.plain(1)], call.stem, attributes))
    }
}
