/// What is done with each operator, by the schema's name.
enum LiteRules {
    static let all: [String: LiteRule] = [
        ConvolutionRules.all, PoolRules.all, ElementwiseRules.all, ActivationRules.all, ShapeRules.all, SliceRules.all,
        JoiningRules.all, ReductionRules.all, MatrixRules.all, ImageRules.all, GenerationRules.all,
        RecurrentRules.all,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}
