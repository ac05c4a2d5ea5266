import Tensors

/// Values given another shape or order, joined, and multiplied as matrices.
extension GraphDefRules {
    static let shapes: [LiteOperatorCode: GraphDefRule] = [
        .reshape: reshape,
        .transpose: { step in
            [step.node("Transpose", [try step.input(0), try step.input(1)], [("Tperm", .type(.int32))])]
        },
        .broadcastTo: { step in
            [step.node("BroadcastTo", [try step.input(0), try step.input(1)], [("Tidx", .type(.int32))])]
        },
        .tile: { step in
            [step.node("Tile", [try step.input(0), try step.input(1)], [("Tmultiples", .type(.int32))])]
        },
        .concatenation: { step in
            let values = try step.allInputs()
            let axis = try step.list([step.setting(0)], "axis", [])
            return [step.node("ConcatV2", values + [axis], [("N", .int(values.count)), ("Tidx", .type(.int32))])]
        },
        .split: { step in
            let count = step.operation.outputs.count
            return step.outputs(
                step.node("Split", [try step.input(0), try step.input(1)], [("num_split", .int(count))]))
        },
        .splitBySizes: { step in
            guard try step.multiples(1) == nil else { throw LoweringFault("splits the batch") }
            let count = step.operation.outputs.count
            return step.outputs(
                step.node("SplitV", try step.allInputs(), [("num_split", .int(count)), ("Tlen", .type(.int32))]))
        },
        .fullyConnected: { step in
            let settings: GraphDefStep.Settings =
                step.output.shape.count == 2
                ? [("transpose_a", .flag(false)), ("transpose_b", .flag(true))]
                : [("adj_x", .flag(false)), ("adj_y", .flag(true))]
            let made = step.node(
                step.output.shape.count == 2 ? "MatMul" : "BatchMatMulV2",
                [try step.input(0), try step.input(1)], settings, named: "product")
            return [try step.biased(made, 2)]
        },
        .batchMatrixMultiply: { step in
            let settings: GraphDefStep.Settings = [("adj_x", .flag(step.flag(0))), ("adj_y", .flag(step.flag(1)))]
            return [step.node("BatchMatMulV2", [try step.input(0), try step.input(1)], settings)]
        },
    ]

    /// One size may be left to the number of elements: where the batch is in one place only, that is it.
    private static let reshape: GraphDefRule = { step in
        let settings: GraphDefStep.Settings = [("Tshape", .type(.int32))]
        var shape: String?
        if let multiples = try step.multiples(1), multiples.count(where: { $0 != 0 }) == 1 {
            let sizes = zip(try step.integers(1), multiples).map { $1 == 0 ? $0 : -1 }
            shape = try step.list(sizes, "sizes")
        }
        return [step.node("Reshape", [try step.input(0), try shape ?? step.input(1)], settings)]
    }
}

extension GraphDefStep {
    /// The outputs of a node with several.
    func outputs(_ node: String) -> [String] {
        operation.outputs.indices.map { $0 == 0 ? node : "\(node):\($0)" }
    }
}
