/// The passes there are, in the order in which they run: what makes others possible comes first.
package enum PassCatalog {
    package static let all: [any GraphPass] = [
        DeadCode(),
        ConstantNodes(),
        identities,
        ConstantFolding(),
        CommonSubexpressions(),
        RulePass(
            "batch-normalization", "BatchNormalization made part of the weights beside it", .folding,
            affine(["BatchNormalization"])),
        RulePass(
            "scaling", "constant factors and summands made part of the weights beside them", .folding,
            affine(ChannelTransform.arithmetic)),
        RulePass(
            "recognition", "LayerNormalization and Gelu recognised in their formulas", .folding,
            [LayerNormalizationRecognition(), GeluRecognition()]),
        RulePass(
            "padding", "Pad made the padding of the convolution after it", .rounding(1e-6), [PadIntoConvolution()]),
        shapes,
        RulePass("products", "MatMul and Add of matrices made Gemm", .rounding(1e-5), [ProductWithBias()]),
        operands,
        SharedWeights(),
        InnerGraphs([
            DeadCode(), ConstantNodes(), identities, ConstantFolding(), CommonSubexpressions(), shapes, operands,
        ]),
    ]

    private static let identities = RulePass(
        "identities", "Identity, Dropout at rest, casts to the same type, changes of shape that change nothing", .exact,
        [Identities()])
    private static let shapes = RulePass(
        "shapes", "transpositions and reshapes that follow each other", .exact,
        [TransposeChains(), TransposeSinking(), ReshapeChains()])
    private static let operands = RulePass(
        "two-operands", "Sum and Mean of few made additions of two, Max and Min of each other made one", .exact,
        [SumOfTwo(), OperandPairs(), NestedExtremes()])

    /// What is done to each channel, made part of the weights before or after it.
    private static func affine(_ operators: Set<String>) -> [any RewriteRule] {
        [AffineAfterConvolution(operators), AffineAfterProduct(operators), AffineBeforeWeights(operators)]
    }

    /// The passes whose names are not among these.
    package static func all(without names: Set<String>) -> [any GraphPass] { all.filter { !names.contains($0.name) } }

    package static var names: [String] { all.map(\.name) }
}
