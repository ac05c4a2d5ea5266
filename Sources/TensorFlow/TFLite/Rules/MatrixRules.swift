import ModelGraph

/// Products of matrices.
enum MatrixRules {
    static let all: [String: LiteRule] = ["FULLY_CONNECTED": fullyConnected, "BATCH_MATMUL": batched]

    /// Weights are `[out, in]`; what comes in is made rows, or keeps its other axes.
    private static func fullyConnected(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let weights = try call.input(1)
        let graph = call.graph
        guard try call.byte(1) == 0, weights.rank == 2, let width = weights.sizes[1] else {
            throw TensorFlowError("has weights in a form of their own, which is not rebuilt here")
        }
        let activation = try call.byte(0)
        let bias = try call.optional(2).map { (bias) throws(TensorFlowError) in try graph.plain(bias) }
        var name = try graph.plain(value)
        if try call.flag(2), value.rank != 2 {
            let turned = try ConvolutionRules.reordered(call, weights, [1, 0])
            name = graph.node("MatMul", [name, turned], call.stem)
            if let bias { name = graph.node("Add", [name, bias], call.stem + "_sum") }
            return try call.give(name, activation: activation)
        }
        if value.rank != 2 || value.sizes[1] != width {
            name = graph.reshaped(name, [-1, width], call.stem + "_rows")
        }
        let names = [name, try graph.plain(weights)] + (bias.map { [$0] } ?? [])
        try call.give(graph.node("Gemm", names, call.stem, [Attribute("transB", .int(1))]), activation: activation)
    }

    private static func batched(_ call: LiteCall) throws(TensorFlowError) {
        var names: [String] = []
        for place in 0..<2 {
            let value = try call.input(place)
            guard try call.flag(place) else {
                names.append(try call.graph.plain(value))
                continue
            }
            guard value.rank >= 2 else { throw .broken("turns a value of \(value.rank) dimensions") }
            var order = Array(0..<value.rank)
            order.swapAt(value.rank - 1, value.rank - 2)
            names.append(try ConvolutionRules.reordered(call, value, order))
        }
        try call.give(call.graph.node("MatMul", names, call.stem))
    }
}
