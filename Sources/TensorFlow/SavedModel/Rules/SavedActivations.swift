import ModelGraph
import Tensors

/// Activations and normalisation.
enum SavedActivations {
    static let all: [String: SavedRule] = [
        "Relu": SavedElementwise.plain("Relu"), "Elu": SavedElementwise.plain("Elu"),
        "Selu": SavedElementwise.plain("Selu"), "Sigmoid": SavedElementwise.plain("Sigmoid"),
        "Tanh": SavedElementwise.plain("Tanh"), "Softplus": SavedElementwise.plain("Softplus"),
        "Softsign": SavedElementwise.plain("Softsign"), "Relu6": relu6, "LeakyRelu": leaky, "Softmax": softmax,
        "LogSoftmax": softmax, "BiasAdd": bias, "BiasAddV1": bias, "FusedBatchNorm": normalise,
        "FusedBatchNormV2": normalise, "FusedBatchNormV3": normalise, "LRN": localResponse, "ClipByValue": clip,
    ]

    private static func relu6(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let (names, first) = try call.graph.aligned([value])
        let limits = [call.number(0, value.type), call.number(6, value.type)]
        try call.give(Made(call.graph.node("Clip", names + limits, call.stem), channelsFirst: first))
    }

    private static func clip(_ call: SavedCall) throws(TensorFlowError) {
        let graph = call.graph
        let low = try graph.elementwise("Max", [try call.input(0), try call.input(1)], call.stem + "_low")
        guard !low.isChannelsFirst else {
            let high = try graph.plain(try call.input(2))
            guard try call.input(2).isSingle else { throw TensorFlowError("has limits for each element") }
            return try call.give(Made(graph.node("Min", [low.name, high], call.stem), channelsFirst: true))
        }
        try call.give(graph.node("Min", [low.name, try call.plain(2)], call.stem))
    }

    private static func leaky(_ call: SavedCall) throws(TensorFlowError) {
        let slope = Attribute("alpha", .float(call.node.float("alpha") ?? 0.2))
        try call.give(try call.graph.elementwise("LeakyRelu", [try call.input(0)], call.stem, [slope]))
    }

    /// Along the last axis, wherever it lies.
    private static func softmax(_ call: SavedCall) throws(TensorFlowError) {
        let value = try call.input(0)
        let first = value.isChannelsFirst
        let axis = Attribute("axis", .int(first ? 1 : -1))
        let name = call.graph.node(
            call.node.operatorType, [try call.graph.name(value, channelsFirst: first)], call.stem, [axis])
        try call.give(Made(name, channelsFirst: first))
    }

    /// Added to every channel.
    private static func bias(_ call: SavedCall) throws(TensorFlowError) {
        let values = try call.all(2)
        let graph = call.graph
        guard call.node.text("data_format") == "NCHW", values[0].rank > 2 else {
            guard values[0].isChannelsFirst, values[1].constant == nil else {
                return try call.give(try graph.elementwise("Add", values, call.stem))
            }
            let shape = [-1] + [Int](repeating: 1, count: values[0].rank - 2)
            let column = graph.reshaped(try graph.plain(values[1]), shape, call.stem + "_bias")
            let names = [try graph.channelsFirst(values[0]), column]
            return try call.give(Made(graph.node("Add", names, call.stem), channelsFirst: true))
        }
        let shape = [-1] + [Int](repeating: 1, count: values[0].rank - 2)
        let column = graph.reshaped(try graph.plain(values[1]), shape, call.stem + "_bias")
        try call.give(graph.node("Add", [try graph.plain(values[0]), column], call.stem))
    }

    /// With the statistics that training left.
    private static func normalise(_ call: SavedCall) throws(TensorFlowError) {
        guard !(call.node.attributes["is_training"].map { if case .bool(let is_) = $0 { is_ } else { true } } ?? true)
        else {
            throw TensorFlowError(
                "normalises by the batch that it is given, as in training",
                help: "save the model for inference: model.export of Keras, or training=False")
        }
        let layout = ImageLayout(call)
        var names = [try layout.name(try call.input(0), call.graph)]
        for place in 1...4 { names.append(try call.plain(place)) }
        let epsilon = Attribute("epsilon", .float(call.node.float("epsilon") ?? 1e-4))
        let name = call.graph.node("BatchNormalization", names, call.stem, [epsilon])
        try call.give(layout.made(name))
    }

    private static func localResponse(_ call: SavedCall) throws(TensorFlowError) {
        let radius = call.node.int("depth_radius") ?? 5
        guard (0...1 << 16).contains(radius) else { throw .broken("has the radius \(radius)") }
        let size = 2 * radius + 1
        let attributes = [
            Attribute("size", .int(Int64(size))),
            Attribute("alpha", .float((call.node.float("alpha") ?? 1) * Float(size))),
            Attribute("beta", .float(call.node.float("beta") ?? 0.5)),
            Attribute("bias", .float(call.node.float("bias") ?? 1)),
        ]
        let name = call.graph.node("LRN", [try call.graph.channelsFirst(try call.input(0))], call.stem, attributes)
        try call.give(Made(name, channelsFirst: true))
    }
}

/// Where a node has the channels of its images.
struct ImageLayout {
    /// Behind the batch, as ONNX has them, by the node's own setting.
    let isFirst: Bool

    init(_ call: SavedCall) { isFirst = call.node.text("data_format") == "NCHW" }

    var height: Int { isFirst ? 2 : 1 }
    var channel: Int { isFirst ? 1 : 3 }

    /// The image with its channels behind the batch.
    func name(_ image: GraphValue, _ graph: RebuiltGraph) throws(TensorFlowError) -> String {
        guard image.rank == 4 else {
            throw TensorFlowError("is given \(image.rank) dimensions; expected the 4 of an image")
        }
        return isFirst ? try graph.plain(image) : try graph.channelsFirst(image)
    }

    func made(_ name: String) -> Made { Made(name, channelsFirst: !isFirst) }

    /// Height and width out of one number for each axis.
    func pair(_ numbers: [Int]?, _ what: String) throws(TensorFlowError) -> [Int] {
        guard let numbers else { return [1, 1] }
        guard numbers.count == 4, numbers[0] == 1, numbers[channel] == 1 else {
            throw TensorFlowError("has \(what) \(numbers.prefix(5)), of which those of batch and channels must be 1")
        }
        return [numbers[height], numbers[height + 1]]
    }
}
