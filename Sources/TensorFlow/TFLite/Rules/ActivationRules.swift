import ModelGraph

/// Activations that are operators of their own.
enum ActivationRules {
    static let all: [String: LiteRule] = [
        "RELU": ElementwiseRules.plain("Relu"), "LOGISTIC": ElementwiseRules.plain("Sigmoid"),
        "TANH": ElementwiseRules.plain("Tanh"), "ELU": ElementwiseRules.plain("Elu"),
        "HARD_SWISH": ElementwiseRules.plain("HardSwish"), "PRELU": ElementwiseRules.plain("PRelu"),
        "RELU6": clip(0, 6), "RELU_N1_TO_1": clip(-1, 1), "RELU_0_TO_1": clip(0, 1), "LEAKY_RELU": leaky,
        "GELU": gelu, "SOFTMAX": softmax, "LOG_SOFTMAX": logSoftmax, "L2_NORMALIZATION": normalise,
        "LOCAL_RESPONSE_NORMALIZATION": localResponse,
    ]

    private static func clip(_ low: Float, _ high: Float) -> LiteRule {
        { (call) throws(TensorFlowError) in
            let value = try call.input(0)
            let names = [try call.graph.name(value, channelsFirst: value.isChannelsFirst)]
            let limits = [call.graph.scalar(low), call.graph.scalar(high)]
            try call.give(
                Made(call.graph.node("Clip", names + limits, call.stem), channelsFirst: value.isChannelsFirst))
        }
    }

    private static func leaky(_ call: LiteCall) throws(TensorFlowError) {
        let slope = Attribute("alpha", .float(try call.float(0)))
        try call.give(try call.graph.elementwise("LeakyRelu", [try call.input(0)], call.stem, [slope]))
    }

    private static func gelu(_ call: LiteCall) throws(TensorFlowError) {
        let way = try call.flag(0) ? [Attribute("approximate", .text("tanh"))] : []
        try call.give(try call.graph.elementwise("Gelu", [try call.input(0)], call.stem, way))
    }

    private static func softmax(_ call: LiteCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let beta = try call.float(0, default: 1)
        // A file that says nothing means 1, which older converters left out.
        guard beta != 1, beta != 0 else { return try alongChannels("Softmax", call, value) }
        let name = call.graph.node(
            "Mul", [try call.graph.plain(value), call.graph.scalar(beta)], call.stem + "_scaled")
        try call.give(call.graph.node("Softmax", [name], call.stem, [Attribute("axis", .int(-1))]))
    }

    private static func logSoftmax(_ call: LiteCall) throws(TensorFlowError) {
        try alongChannels("LogSoftmax", call, try call.input(0))
    }

    /// Along the last axis, wherever it lies.
    private static func alongChannels(
        _ operatorType: String, _ call: LiteCall, _ value: GraphValue
    ) throws(TensorFlowError) {
        let first = value.isChannelsFirst
        let name = try call.graph.name(value, channelsFirst: first)
        let axis = Attribute("axis", .int(first ? 1 : -1))
        try call.give(Made(call.graph.node(operatorType, [name], call.stem, [axis]), channelsFirst: first))
    }

    /// Divided by the length along the last axis, which counts as 1e-6 at least.
    private static func normalise(_ call: LiteCall) throws(TensorFlowError) {
        let graph = call.graph
        let name = try call.plain(0)
        let length = graph.node("ReduceL2", [name, graph.list([-1])], call.stem + "_length")
        let safe = graph.node("Max", [length, graph.scalar(1e-6)], call.stem + "_safe")
        try call.give(graph.node("Div", [name, safe], call.stem), activation: try call.byte(0))
    }

    private static func localResponse(_ call: LiteCall) throws(TensorFlowError) {
        let image = try call.image(0)
        let radius = try call.integer(0)
        guard (0...1 << 16).contains(radius) else { throw .broken("has the radius \(radius)") }
        let size = 2 * radius + 1
        let attributes = [
            Attribute("size", .int(Int64(size))), Attribute("alpha", .float(try call.float(2) * Float(size))),
            Attribute("beta", .float(try call.float(3))), Attribute("bias", .float(try call.float(1))),
        ]
        let name = call.graph.node("LRN", [try call.graph.channelsFirst(image)], call.stem, attributes)
        try call.give(Made(name, channelsFirst: true))
    }
}
