import ModelGraph
import Tensors

/// A function that is applied to every number, or along an axis.
///
/// Source: `keras/src/activations/activations.py` of Keras 3.15, and of 2.15 where they differ.
struct Activation {
    typealias Function = @Sendable (LayerCall, KerasValue) throws(KerasError) -> KerasValue

    let name: String
    let apply: Function

    /// Reads a layer's option; nothing stands for the identity.
    ///
    /// - Throws: `KerasError` for functions that are not on the list.
    init(_ layer: LayerConfig, _ key: String = "activation", standard: String = "linear") throws(KerasError) {
        guard let option = layer.optional(key) else {
            self = try Activation(named: standard, layer)
            return
        }
        if let name = option.stringValue {
            self = try Activation(named: name, layer)
        } else if option["class_name"]?.stringValue == "function", let name = option["config"]?.stringValue,
            option["module"]?.stringValue.map({ $0.hasPrefix("keras") }) ?? true
        {
            self = try Activation(named: name, layer)
        } else if option["class_name"]?.stringValue != nil {
            self = try Activation(layer: try LayerConfig(option, generation: layer.generation), layer)
        } else {
            throw layer.refusal("has an activation that is no name")
        }
    }

    /// A layer in the place of a function, such as `LeakyReLU()`.
    private init(layer inner: LayerConfig, _ layer: LayerConfig) throws(KerasError) {
        guard inner.isOwn, let operation = try ActivationLayers.operation(inner) else {
            throw layer.refusal("has the activation '\(LayerName.inert(inner.className))', which is not rebuilt here")
        }
        name = inner.className
        apply = { call, value throws(KerasError) in
            let made = try operation(
                LayerCall(inner, [value], graph: call.graph, weights: call.weights, path: call.path + ["activation"]))
            guard let result = made.first else { throw call.layer.refusal("has an activation without a value") }
            return result
        }
    }

    private init(named name: String, _ layer: LayerConfig) throws(KerasError) {
        guard let function = Self.function(name, generation: layer.generation) else {
            throw layer.refusal("has the activation '\(LayerName.inert(name))', which is not rebuilt here")
        }
        self.name = name
        apply = function
    }

    private static func function(_ name: String, generation: Int) -> Function? {
        if let operatorType = operators[name] { return { $0.graph.unary(operatorType, $1, $0.stem(name)) } }
        if let attributes = parameters[name] {
            return { $0.graph.unary(attributes.operatorType, $1, $0.stem(name), attributes.list) }
        }
        switch name {
        case "linear": return { $1 }
        case "hard_sigmoid":
            return { $0.graph.unary("HardSigmoid", $1, $0.stem(name), hardSigmoid(generation: generation)) }
        case "softmax": return { softmax("Softmax", $0, $1) }
        case "log_softmax": return { softmax("LogSoftmax", $0, $1) }
        default: return composed[name]
        }
    }

    /// Keras 3 has another slope than its predecessors.
    static func hardSigmoid(generation: Int) -> [Attribute] {
        [Attribute("alpha", .float(generation < 3 ? 0.2 : 1 / 6)), Attribute("beta", .float(0.5))]
    }

    private static let operators = [
        "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus", "softsign": "Softsign",
        "exponential": "Exp",
    ]

    private static let parameters: [String: (operatorType: String, list: [Attribute])] = [
        "elu": ("Elu", [Attribute("alpha", .float(1))]),
        "celu": ("Celu", [Attribute("alpha", .float(1))]),
        "selu": (
            "Selu",
            [Attribute("alpha", .float(1.6732632423543772)), Attribute("gamma", .float(1.0507009873554805))]
        ),
        "leaky_relu": ("LeakyRelu", [Attribute("alpha", .float(0.2))]),
        "hard_shrink": ("Shrink", [Attribute("lambd", .float(0.5)), Attribute("bias", .float(0))]),
        "soft_shrink": ("Shrink", [Attribute("lambd", .float(0.5)), Attribute("bias", .float(0.5))]),
    ]

    private static let composed: [String: Function] = [
        "relu6": { clip($0, $1, 0, 6) },
        "hard_tanh": { clip($0, $1, -1, 1) },
        "silu": { timesSigmoid($0, $1) }, "swish": { timesSigmoid($0, $1) },
        "gelu": { gelu($0, $1) },
        "hard_silu": { hardSwish($0, $1) }, "hard_swish": { hardSwish($0, $1) },
        "mish": { call, value in
            let soft = call.graph.unary("Softplus", value, call.stem("softplus"))
            let bent = call.graph.unary("Tanh", soft, call.stem("tanh"))
            return call.graph.unary("Mul", value, call.stem("mish"), with: [bent.name])
        },
        "log_sigmoid": { call, value in
            let turned = call.graph.unary("Neg", value, call.stem("negated"))
            let soft = call.graph.unary("Softplus", turned, call.stem("softplus"))
            return call.graph.unary("Neg", soft, call.stem("log_sigmoid"))
        },
        "tanh_shrink": { call, value in
            let bent = call.graph.unary("Tanh", value, call.stem("tanh"))
            return call.graph.unary("Sub", value, call.stem("tanh_shrink"), with: [bent.name])
        },
        "squareplus": { call, value in
            let square = call.graph.unary("Mul", value, call.stem("square"), with: [value.name])
            let more = call.graph.unary("Add", square, call.stem("sum"), with: [call.graph.scalar(4)])
            let root = call.graph.unary("Sqrt", more, call.stem("root"))
            let sum = call.graph.unary("Add", value, call.stem("sum"), with: [root.name])
            return call.graph.unary("Mul", sum, call.stem("squareplus"), with: [call.graph.scalar(0.5)])
        },
        "sparse_plus": { call, value in
            // Nothing up to -1, the number itself from 1 on, (x + 1)² / 4 between.
            let between = clip(call, value, -1, 1)
            let sum = call.graph.unary("Add", between, call.stem("sum"), with: [call.graph.scalar(1)])
            let square = call.graph.unary("Mul", sum, call.stem("square"), with: [sum.name])
            let bent = call.graph.unary("Mul", square, call.stem("quarter"), with: [call.graph.scalar(0.25)])
            let rest = call.graph.unary("Sub", value, call.stem("rest"), with: [call.graph.scalar(1)])
            let straight = call.graph.unary("Relu", rest, call.stem("straight"))
            return call.graph.unary("Add", bent, call.stem("sparse_plus"), with: [straight.name])
        },
    ]

    private static func clip(_ call: LayerCall, _ value: KerasValue, _ low: Double, _ high: Double) -> KerasValue {
        call.graph.unary("Clip", value, call.stem("clipped"), with: [call.graph.scalar(low), call.graph.scalar(high)])
    }

    private static func timesSigmoid(_ call: LayerCall, _ value: KerasValue) -> KerasValue {
        let bent = call.graph.unary("Sigmoid", value, call.stem("sigmoid"))
        return call.graph.unary("Mul", value, call.stem("silu"), with: [bent.name])
    }

    private static func hardSwish(_ call: LayerCall, _ value: KerasValue) -> KerasValue {
        let bent = call.graph.unary("HardSigmoid", value, call.stem("hard_sigmoid"), hardSigmoid(generation: 3))
        return call.graph.unary("Mul", value, call.stem("hard_silu"), with: [bent.name])
    }

    /// x/2 · (1 + erf(x/√2)).
    private static func gelu(_ call: LayerCall, _ value: KerasValue) -> KerasValue {
        let scaled = call.graph.unary("Mul", value, call.stem("scaled"), with: [call.graph.scalar(0.5.squareRoot())])
        let error = call.graph.unary("Erf", scaled, call.stem("erf"))
        let sum = call.graph.unary("Add", error, call.stem("sum"), with: [call.graph.scalar(1)])
        let product = call.graph.unary("Mul", value, call.stem("product"), with: [sum.name])
        return call.graph.unary("Mul", product, call.stem("gelu"), with: [call.graph.scalar(0.5)])
    }

    /// Along the last axis.
    private static func softmax(
        _ operatorType: String, _ call: LayerCall, _ value: KerasValue
    ) -> KerasValue {
        let axis = value.graphAxis(value.rank - 1)
        return call.graph.unary(
            operatorType, value, call.stem("softmax"), [Attribute("axis", .int(Int64(axis)))])
    }
}
