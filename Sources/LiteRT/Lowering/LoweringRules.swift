/// Makes LiteRT's operators of one node, or says why it cannot.
typealias LoweringRule = @Sendable (NodeLowering) throws -> Void

/// Which rule lowers which of ONNX's operators.
enum LoweringRules {
    static func rule(for operatorType: String) -> LoweringRule? { table[operatorType] }

    /// Every operator that has a rule.
    static var operators: [String] { table.keys.sorted() }

    private static let table: [String: LoweringRule] = [
        convolutions, matrices, elementwise, activations, pools, normalisations, reductions, joining, shapes, slices,
        images, logic, quantisation,
    ].reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }
}
