import ModelGraph
import Tensors

/// Values made from sizes and numbers.
enum GenerationRules {
    static let all: [String: LiteRule] = [
        "FILL": fill, "ZEROS_LIKE": zeros, "RANGE": range, "ONE_HOT": oneHot,
    ]

    private static func fill(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(call.graph.node("Expand", [try call.plain(1), try call.sizes(0)], call.stem))
    }

    private static func zeros(_ call: LiteCall) throws(TensorFlowError) {
        let graph = call.graph
        let shape = graph.node("Shape", [try call.plain(0)], call.stem + "_shape")
        let type = try call.type()
        let zero = type == .float32 ? graph.scalar(0) : graph.cast(graph.scalar(0), to: type, call.stem + "_zero")
        try call.give(graph.node("Expand", [zero, shape], call.stem))
    }

    private static func range(_ call: LiteCall) throws(TensorFlowError) {
        try call.give(
            call.graph.node("Range", [try call.plain(0), try call.plain(1), try call.plain(2)], call.stem))
    }

    private static func oneHot(_ call: LiteCall) throws(TensorFlowError) {
        let graph = call.graph
        let axis = Int64(try call.integer(0, default: -1))
        var numbers: [String] = []
        // Off comes first in ONNX.
        for place in [3, 2] { numbers.append(graph.reshaped(try call.plain(place), [1], call.stem + "_number")) }
        let values = graph.node("Concat", numbers, call.stem + "_values", [Attribute("axis", .int(0))])
        let depth = graph.reshaped(try call.plain(1), [1], call.stem + "_depth")
        try call.give(
            graph.node("OneHot", [try call.plain(0), depth, values], call.stem, [Attribute("axis", .int(axis))]))
    }
}
