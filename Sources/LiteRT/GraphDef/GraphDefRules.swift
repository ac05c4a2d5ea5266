/// Writes one of LiteRT's operators as nodes of TensorFlow's, and says what holds each of its outputs.
typealias GraphDefRule = @Sendable (GraphDefStep) throws -> [String]

/// Which rule writes which of LiteRT's operators.
enum GraphDefRules {
    static let all: [LiteOperatorCode: GraphDefRule] = [
        elementwise, activations, windows, shapes, parts, reductions, integers,
    ].reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }
}
