import ModelGraph

/// Products of matrices.
enum SavedMatrices {
    static let all: [String: SavedRule] = [
        "MatMul": plain, "BatchMatMul": batched, "BatchMatMulV2": batched, "BatchMatMulV3": batched, "Einsum": einsum,
        "MatrixTranspose": turned,
    ]

    private static func plain(_ call: SavedCall) throws(TensorFlowError) {
        try multiply(call, call.node.flag("transpose_a"), call.node.flag("transpose_b"))
    }

    private static func batched(_ call: SavedCall) throws(TensorFlowError) {
        try multiply(call, call.node.flag("adj_x"), call.node.flag("adj_y"))
    }

    private static func multiply(_ call: SavedCall, _ left: Bool, _ right: Bool) throws(TensorFlowError) {
        var names: [String] = []
        for (place, isTurned) in [left, right].enumerated() {
            let value = try call.input(place)
            names.append(isTurned ? try turn(call, value) : try call.graph.plain(value))
        }
        try call.give(call.graph.node("MatMul", names, call.stem))
    }

    private static func turned(_ call: SavedCall) throws(TensorFlowError) {
        try call.give(try turn(call, try call.input(0)))
    }

    /// With the last two axes exchanged.
    private static func turn(_ call: SavedCall, _ value: GraphValue) throws(TensorFlowError) -> String {
        guard value.rank >= 2 else { throw .broken("turns a value of \(value.rank) dimensions") }
        var order = Array(0..<value.rank)
        order.swapAt(value.rank - 1, value.rank - 2)
        return try SavedConvolutions.reordered(call, value, order)
    }

    private static func einsum(_ call: SavedCall) throws(TensorFlowError) {
        guard let equation = call.node.text("equation"), equation.utf8.count <= 256, equation.contains("->"),
            equation.allSatisfy({ $0.isASCII && $0.isLetter || "->,. ".contains($0) })
        else { throw TensorFlowError("has an equation that says not what comes out, or is none") }
        var names: [String] = []
        for value in try call.all() { names.append(try call.graph.plain(value)) }
        try call.give(call.graph.node("Einsum", names, call.stem, [Attribute("equation", .text(equation))]))
    }
}
