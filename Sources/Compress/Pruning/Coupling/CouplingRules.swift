/// How the axes of each operator hang together, by ONNX's name of it.
enum CouplingRules {
    /// - Throws: `Untraceable` with the reason; whatever the node touches then stays.
    typealias Rule = @Sendable (_ tracer: inout CouplingTracer, _ index: Int) throws -> Void

    static let table: [String: Rule] = {
        var table: [String: Rule] = [
            "Conv": { try $0.convolution($1) },
            "ConvTranspose": { try $0.transposedConvolution($1) },
            "Gemm": { try $0.general($1) },
            "MatMul": { try $0.product($1) },
            "BatchNormalization": { try $0.batchNormalization($1) },
            "InstanceNormalization": { try $0.instanceNormalization($1) },
            "GroupNormalization": { try $0.groupNormalization($1) },
            "LayerNormalization": { try $0.layerNormalization($1) },
            "Softmax": { try $0.softmax($1) },
            "LogSoftmax": { try $0.softmax($1) },
            "Hardmax": { try $0.softmax($1) },
            "Concat": { try $0.concatenation($1) },
            "Split": { try $0.split($1) },
            "Slice": { try $0.slice($1) },
            "Pad": { try $0.padding($1) },
            "Resize": { try $0.resize($1) },
            "Upsample": { try $0.resize($1) },
            "Gather": { try $0.gather($1) },
            "Reshape": { try $0.reshape($1) },
            "Flatten": { try $0.flatten($1) },
            "Transpose": { try $0.transpose($1) },
            "Squeeze": { try $0.squeeze($1) },
            "Unsqueeze": { try $0.unsqueeze($1) },
        ]
        for name in unary { table[name] = { try $0.elementwise($1) } }
        for name in broadcasting { table[name] = { try $0.broadcast($1) } }
        for name in pools { table[name] = { try $0.pool($1) } }
        for name in reductions { table[name] = { try $0.reduction($1) } }
        return table
    }()

    /// Each element by itself; further inputs are single numbers.
    private static let unary = [
        "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Erf", "Exp", "Log", "Sqrt", "Reciprocal", "Neg", "Abs", "Floor",
        "Ceil",
        "Round", "Sign", "Not", "Identity", "Dropout", "Cast", "Clip", "HardSigmoid", "HardSwish", "Gelu", "Elu",
        "Selu",
        "Celu", "Softplus", "Softsign", "Mish", "ThresholdedRelu", "Shrink", "Sin", "Cos",
    ]

    /// Elements of several tensors, matched from the last axis on.
    private static let broadcasting = [
        "Add", "Sub", "Mul", "Div", "Pow", "PRelu", "Sum", "Mean", "Max", "Min", "Where", "Equal", "Greater",
        "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Mod",
    ]

    private static let pools = [
        "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool",
    ]

    private static let reductions = [
        "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
        "ReduceLogSum", "ReduceLogSumExp",
    ]
}
