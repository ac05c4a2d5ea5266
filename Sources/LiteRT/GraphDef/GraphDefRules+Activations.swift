import Tensors

/// Activations: TensorFlow's own where it has them, else made of simpler operators.
extension GraphDefRules {
    static let activations: [LiteOperatorCode: GraphDefRule] = [
        .relu: plain("Relu"), .relu6: plain("Relu6"), .logistic: plain("Sigmoid"), .tanh: plain("Tanh"),
        .elu: plain("Elu"), .softmax: plain("Softmax"), .logSoftmax: plain("LogSoftmax"),
        .leakyRelu: { step in
            [
                step.node(
                    "LeakyRelu", [try step.input(0)], [("alpha", .float(step.operation.options?.real(0) ?? 0))])
            ]
        },
        .prelu: { step in
            let value = try step.input(0)
            let low = step.node("Minimum", [value, try step.scalar(0, "zero")], named: "low")
            let scaled = step.node("Mul", [low, try step.input(1)], named: "scaled")
            return [step.node("AddV2", [step.node("Relu", [value], named: "high"), scaled])]
        },
        .hardSwish: { step in
            let value = try step.input(0)
            let moved = step.node("AddV2", [value, try step.scalar(3, "three")], named: "moved")
            let bent = step.node("Relu6", [moved], named: "bent")
            let scaled = step.node("Mul", [bent, try step.scalar(1 / 6, "sixth")], named: "scaled")
            return [step.node("Mul", [value, scaled])]
        },
        .gelu: { step in
            let value = try step.input(0)
            let bell = step.flag(0) ? try hyperbolic(step, value) : try exact(step, value)
            let half = step.node("Mul", [value, try step.scalar(0.5, "half")], named: "halved")
            return [step.node("Mul", [half, bell])]
        },
    ]

    /// `1 + erf(x / sqrt 2)`.
    private static func exact(_ step: GraphDefStep, _ value: String) throws -> String {
        let scaled = step.node("Mul", [value, try step.scalar(0.5.squareRoot(), "root")], named: "scaled")
        let error = step.node("Erf", [scaled], named: "error")
        return step.node("AddV2", [error, try step.scalar(1, "one")], named: "bell")
    }

    /// `1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))`.
    private static func hyperbolic(_ step: GraphDefStep, _ value: String) throws -> String {
        let square = step.node("Mul", [value, value], named: "square")
        let cube = step.node("Mul", [square, value], named: "cube")
        let small = step.node("Mul", [cube, try step.scalar(0.044715, "share")], named: "small")
        let sum = step.node("AddV2", [value, small], named: "sum")
        let scaled = step.node(
            "Mul", [sum, try step.scalar((2 / Double.pi).squareRoot(), "root")], named: "scaled")
        let bent = step.node("Tanh", [scaled], named: "bent")
        return step.node("AddV2", [bent, try step.scalar(1, "one")], named: "bell")
    }
}
