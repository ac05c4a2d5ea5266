import ModelGraph

/// Pooling. Zeros around the edges count for nothing.
enum PoolRules {
    static let all: [String: LiteRule] = ["AVERAGE_POOL_2D": average, "MAX_POOL_2D": largest]

    private static func average(_ call: LiteCall) throws(TensorFlowError) { try pool("AveragePool", call) }
    private static func largest(_ call: LiteCall) throws(TensorFlowError) { try pool("MaxPool", call) }

    private static func pool(_ operatorType: String, _ call: LiteCall) throws(TensorFlowError) {
        let image = try call.image(0)
        let window = Window(
            kernel: [try call.integer(4), try call.integer(3)], strides: [try call.integer(2), try call.integer(1)],
            isSame: try call.byte(0) == 0)
        try window.check()
        let name = call.graph.node(
            operatorType, [try call.graph.channelsFirst(image)], call.stem,
            window.attributes([image.sizes[1], image.sizes[2]]))
        try call.give(Made(name, channelsFirst: true), activation: try call.byte(5))
    }
}
