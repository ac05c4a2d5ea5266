/// Every operator with a rule. An operator without one has outputs of unknown type.
enum InferenceRules {
    /// ONNX's own operators. Each family has a file under `Rules`.
    private static let onnx: [String: InferenceRule] = merged([
        ElementwiseRules.table, CastRules.table, ConvolutionRules.table, PoolingRules.table, MatrixRules.table,
        ShapeRules.table, JoiningRules.table, SliceRules.table, GatherRules.table, ReductionRules.table,
        NormalizationRules.table, QuantizationRules.table, RecurrentRules.table, AttentionRules.table,
        GenerationRules.table, ImageRules.table, SignalRules.table, SequenceRules.table, ControlFlowRules.table,
        SelectionRules.table, TextRules.table, LossRules.table,
    ])

    private static let tables: [String: [String: InferenceRule]] = [
        "": onnx,
        "ai.onnx.ml": merged([MachineLearningRules.table, TreeRules.table]),
        "ai.onnx.preview.training": LossRules.training,
        "ai.onnx.training": LossRules.training,
        "com.microsoft": ContributedRules.table,
    ]

    private static func merged(_ tables: [[String: InferenceRule]]) -> [String: InferenceRule] {
        tables.reduce(into: [:]) { all, table in all.merge(table) { first, _ in first } }
    }

    static func rule(for node: Node) -> InferenceRule? { tables[canonicalDomain(node.domain)]?[node.operatorType] }
}
