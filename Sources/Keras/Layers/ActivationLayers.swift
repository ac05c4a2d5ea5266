import ModelGraph
import Tensors

/// Layers that are an activation.
enum ActivationLayers {
    /// `nil` for classes that are none.
    static func operation(_ layer: LayerConfig) throws(KerasError) -> LayerOperation? {
        switch layer.className {
        case "Activation": return try activation(layer)
        case "ReLU": return try rectifier(layer)
        case "LeakyReLU": return try leaky(layer)
        case "ELU": return try exponential(layer)
        case "ThresholdedReLU": return try thresholded(layer)
        case "Softmax": return try softmax(layer)
        case "PReLU": return try parametric(layer)
        default: return nil
        }
    }

    private static func activation(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let activation = try Activation(layer)
        return { call throws(KerasError) in [try activation.apply(call, call.single(try call.input()))] }
    }

    /// Zero below the threshold, or a slope; at most a largest value.
    private static func rectifier(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let slope = try layer.real("negative_slope", 0)
        let threshold = try layer.real("threshold", 0)
        let most = layer.optional("max_value") == nil ? nil : try layer.real("max_value")
        return { call throws(KerasError) in
            let value = call.single(try call.input())
            let graph = call.graph
            var result: KerasValue
            if threshold == 0 {
                result =
                    slope == 0
                    ? graph.unary("Relu", value, call.stem("relu"))
                    : graph.unary("LeakyRelu", value, call.stem("leaky"), [Attribute("alpha", .float(Float(slope)))])
            } else {
                let shifted = graph.unary("Sub", value, call.stem("shifted"), with: [graph.scalar(threshold)])
                let low = graph.unary("Mul", shifted, call.stem("low"), with: [graph.scalar(slope)])
                let isLow = graph.unary("Less", value, call.stem("is_low"), with: [graph.scalar(threshold)])
                result = value.renamed(graph.node("Where", [isLow.name, low.name, value.name], call.stem("relu")))
            }
            guard let most else { return [result] }
            result = graph.unary("Min", result, call.stem("clipped"), with: [graph.scalar(most)])
            return [result]
        }
    }

    private static func leaky(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let slope = try layer.real(layer.optional("negative_slope") == nil ? "alpha" : "negative_slope", 0.3)
        return { call throws(KerasError) in
            [
                call.graph.unary(
                    "LeakyRelu", call.single(try call.input()), call.stem("leaky"),
                    [Attribute("alpha", .float(Float(slope)))])
            ]
        }
    }

    private static func exponential(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let alpha = try layer.real("alpha", 1)
        return { call throws(KerasError) in
            [
                call.graph.unary(
                    "Elu", call.single(try call.input()), call.stem("elu"), [Attribute("alpha", .float(Float(alpha)))])
            ]
        }
    }

    private static func thresholded(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let theta = try layer.real("theta", 1)
        return { call throws(KerasError) in
            [
                call.graph.unary(
                    "ThresholdedRelu", call.single(try call.input()), call.stem("thresholded"),
                    [Attribute("alpha", .float(Float(theta)))])
            ]
        }
    }

    private static func softmax(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let axes = layer.optional("axis") == nil ? [-1] : try layer.integers("axis", count: nil, from: -8)
        guard axes.count == 1, let given = axes.first else { throw layer.refusal("works along several axes at once") }
        return { call throws(KerasError) in
            let value = call.single(try call.input())
            guard let axis = value.axis(given) else { throw layer.refusal("has no axis \(given)") }
            let place = Attribute("axis", .int(Int64(value.graphAxis(axis))))
            return [call.graph.unary("Softmax", value, call.stem("softmax"), [place])]
        }
    }

    private static func parametric(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 2...8)))
            let slopes = try call.weight([Int?](repeating: nil, count: value.rank - 1), "alpha")
            let fits = zip(slopes.dimensions, value.sizes.dropFirst()).allSatisfy { $0 == 1 || $1 == nil || $0 == $1 }
            guard fits else { throw layer.refusal("has slopes of shape \(slopes.dimensions) for \(value.sizes)") }
            let constant = call.constant(slopes.values, slopes.dimensions, "slopes")
            return [call.graph.unary("PRelu", value, call.stem("prelu"), with: [constant])]
        }
    }
}
