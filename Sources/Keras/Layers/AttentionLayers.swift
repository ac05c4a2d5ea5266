import ModelGraph
import Tensors

/// Layers that weigh the places of one sequence for each place of another.
enum AttentionLayers {
    /// Products of queries and keys, or sums of both through a tangent.
    static func simple(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let isAdditive = layer.className == "AdditiveAttention"
        let scales = layer.flag("use_scale", isAdditive)
        let mode = try layer.text("score_mode", "dot")
        guard mode == "dot" else { throw layer.refusal("has the score mode '\(LayerName.inert(mode))'") }
        try layer.expect("causal", isOff: "looks at earlier places alone (causal)")
        return { call throws(KerasError) in
            guard call.named.isEmpty, (2...3).contains(call.inputs.count) else {
                throw layer.refusal("is given \(call.inputs.count) values; expected two or three")
            }
            var values: [KerasValue] = []
            for value in call.inputs { values.append(call.graph.plain(call.single(try call.check(value, 3...3)))) }
            // In this order: queries, values, keys.
            let (query, value, key) = (values[0], values[1], values.count == 3 ? values[2] : values[1])
            let scores = isAdditive ? try sums(call, query, key, scales) : try products(call, query, key, scales)
            let name = call.graph.node("MatMul", [softmax(call, scores), value.name], call.stem("attention"))
            return [KerasValue(name: name, type: .float32, sizes: [query.sizes[0], query.sizes[1], value.channels])]
        }
    }

    private static func products(
        _ call: LayerCall, _ query: KerasValue, _ key: KerasValue, _ scales: Bool
    ) throws(KerasError) -> String {
        let turned = call.graph.transposed(key.name, [0, 2, 1], call.stem("keys"))
        let scores = call.graph.node("MatMul", [query.name, turned], call.stem("scores"))
        guard scales else { return scores }
        let scale = try call.weight([], "scale")
        return call.graph.node("Mul", [scores, call.constant(scale.values, [], "scale")], call.stem("scaled"))
    }

    private static func sums(
        _ call: LayerCall, _ query: KerasValue, _ key: KerasValue, _ scales: Bool
    ) throws(KerasError) -> String {
        let left = call.graph.node("Unsqueeze", [query.name, call.graph.list([2])], call.stem("queries"))
        let right = call.graph.node("Unsqueeze", [key.name, call.graph.list([1])], call.stem("keys"))
        let sum = call.graph.node("Add", [left, right], call.stem("sums"))
        var bent = call.graph.node("Tanh", [sum], call.stem("bent"))
        if scales {
            let scale = try call.weight([query.channels], "scale")
            bent = call.graph.node(
                "Mul", [bent, call.constant(scale.values, scale.dimensions, "scale")], call.stem("scaled"))
        }
        return call.graph.node(
            "ReduceSum", [bent, call.graph.list([-1])], call.stem("scores"), [Attribute("keepdims", .int(0))])
    }

    private static func softmax(_ call: LayerCall, _ scores: String) -> String {
        call.graph.node("Softmax", [scores], call.stem("weights"), [Attribute("axis", .int(-1))])
    }

    // MARK: - Several heads

    /// Queries, keys and values through matrices of their own for each head.
    static func heads(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let (heads, keySize) = (try layer.size("num_heads"), try layer.size("key_dim"))
        let valueSize = try layer.size("value_dim", keySize)
        let hasBias = layer.flag("use_bias", true)
        if layer.optional("attention_axes") != nil {
            let axes = try layer.integers("attention_axes", count: nil)
            guard axes == [1] else {
                throw layer.refusal("works along the axes \(axes); expected the first behind the batch")
            }
        }
        try layer.expect("use_gate", isOff: "has a gate (use_gate)")
        guard layer.optional("sliding_window") == nil else {
            throw layer.refusal("has a sliding window, which is not carried")
        }
        let width = layer.optional("output_shape") == nil ? nil : try layer.integers("output_shape", count: 1)[0]
        return { call throws(KerasError) in
            let (query, key, value) = try inputs(call)
            let queries = try projected(call, query, heads, keySize, hasBias, "query", [0, 2, 1, 3])
            let keys = try projected(call, key, heads, keySize, hasBias, "key", [0, 2, 3, 1])
            let values = try projected(call, value, heads, valueSize, hasBias, "value", [0, 2, 1, 3])
            let scaled = call.graph.node(
                "Mul", [queries, call.graph.scalar(1 / Double(keySize).squareRoot())], call.stem("scaled"))
            let scores = call.graph.node("MatMul", [scaled, keys], call.stem("scores"))
            let mixed = call.graph.node("MatMul", [softmax(call, scores), values], call.stem("mixed"))
            let order = call.graph.transposed(mixed, [0, 2, 1, 3], call.stem("together"))
            guard let joined = KerasValue.product([heads, valueSize]) else { throw layer.refusal("has \(heads) heads") }
            let flat = call.graph.reshaped(order, [0, 0, joined], call.stem("joined"))
            let part = [["output_dense"], ["_output_dense"]]
            let kernel = try call.weight(
                [heads, valueSize, width ?? query.channels], "attention_output/kernel", part: part)
            let size = kernel.dimensions[2]
            var name = call.graph.node(
                "MatMul", [flat, call.constant(kernel.values, [joined, size], "output")], call.stem("product"))
            if hasBias {
                let bias = try call.weight([size], "attention_output/bias", part: part)
                name = call.graph.node(
                    "Add", [name, call.constant(bias.values, [size], "output_bias")], call.stem("attention"))
            }
            return [KerasValue(name: name, type: .float32, sizes: [query.sizes[0], query.sizes[1], size])]
        }
    }

    /// Queries, keys and values, which may be given by name; keys are the values where they are not given.
    private static func inputs(_ call: LayerCall) throws(KerasError) -> (KerasValue, KerasValue, KerasValue) {
        let order = ["query", "value", "key"]
        var given = Dictionary(zip(order, call.inputs)) { first, _ in first }
        for (name, value) in call.named {
            guard order.contains(name), given[name] == nil else {
                throw call.layer.refusal("is given a value for '\(LayerName.inert(name))', which is not carried")
            }
            given[name] = value
        }
        guard call.inputs.count <= 3, let query = given["query"], let value = given["value"] else {
            throw call.layer.refusal("is not given queries and values")
        }
        var ready: [KerasValue] = []
        for item in [query, given["key"] ?? value, value] {
            ready.append(call.graph.plain(call.single(try call.check(item, 3...3))))
        }
        return (ready[0], ready[1], ready[2])
    }

    /// `[N, places, features]` to `[N, heads, places, size]`, or the last two the other way round.
    private static func projected(
        _ call: LayerCall, _ value: KerasValue, _ heads: Int, _ size: Int, _ hasBias: Bool, _ what: String,
        _ order: [Int]
    ) throws(KerasError) -> String {
        let part = [["\(what)_dense"], ["_\(what)_dense"]]
        let kernel = try call.weight([value.channels, heads, size], "\(what)/kernel", part: part)
        guard let width = KerasValue.product([heads, size]) else { throw call.layer.refusal("has \(heads) heads") }
        let matrix = call.constant(kernel.values, [kernel.dimensions[0], width], what)
        var name = call.graph.node("MatMul", [value.name, matrix], call.stem("\(what)_product"))
        if hasBias {
            let bias = try call.weight([heads, size], "\(what)/bias", part: part)
            name = call.graph.node("Add", [name, call.constant(bias.values, [width], "\(what)_bias")], call.stem(what))
        }
        let apart = call.graph.reshaped(name, [0, 0, heads, size], call.stem("\(what)_heads"))
        return call.graph.transposed(apart, order, call.stem("\(what)_turned"))
    }
}
