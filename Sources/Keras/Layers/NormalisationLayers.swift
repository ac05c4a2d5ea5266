import ModelGraph
import Tensors

/// Layers that shift and scale: by what was learnt, or by what goes in.
enum NormalisationLayers {
    /// By means and variances that were learnt: one factor and one summand for each channel.
    static func batch(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let axes = layer.optional("axis") == nil ? [-1] : try layer.integers("axis", count: nil, from: -8)
        guard axes.count == 1, let given = axes.first else { throw layer.refusal("works along several axes at once") }
        let epsilon = try layer.real("epsilon", 0.001)
        let (scales, centers) = (layer.flag("scale", true), layer.flag("center", true))
        return { call throws(KerasError) in
            let value = call.single(try call.input(rank: 2...8))
            guard let axis = value.axis(given), axis > 0, let size = value.sizes[axis] else {
                throw layer.refusal("works along the axis \(given), whose size is not known")
            }
            let gamma = scales ? try call.weight([size], "gamma").values : nil
            let beta = centers ? try call.weight([size], "beta").values : nil
            let mean = try call.weight([size], "moving_mean").values
            let variance = try call.weight([size], "moving_variance").values
            var (factors, summands): ([Float], [Float]) = ([], [])
            for place in mean.indices {
                let factor = Double(gamma?[place] ?? 1) / (Double(variance[place]) + epsilon).squareRoot()
                factors.append(Float(factor))
                summands.append(Float(Double(beta?[place] ?? 0) - Double(mean[place]) * factor))
            }
            return [shifted(call, value, axis, factors, summands)]
        }
    }

    /// `value · factors + summands`, along one axis.
    private static func shifted(
        _ call: LayerCall, _ value: KerasValue, _ axis: Int, _ factors: [Float], _ summands: [Float]
    ) -> KerasValue {
        let behind = value.rank - 1 - value.graphAxis(axis)
        let shape = [factors.count] + [Int](repeating: 1, count: behind)
        let scaled = call.graph.unary(
            "Mul", value, call.stem("scaled"), with: [call.constant(factors, shape, "factors")])
        return call.graph.unary(
            "Add", scaled, call.stem("normalised"), with: [call.constant(summands, shape, "summands")])
    }

    // MARK: - By what goes in

    static func layer(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let given = layer.optional("axis") == nil ? [-1] : try layer.integers("axis", count: nil, from: -8)
        let epsilon = try layer.real("epsilon", 0.001)
        let (scales, centers) = (layer.flag("scale", true), layer.flag("center", true))
        try layer.expect("rms_scaling", isOff: "scales by the root mean square (rms_scaling)")
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 2...8)))
            let axes = given.compactMap { value.axis($0) }.sorted()
            guard axes.count == given.count, Set(axes).count == axes.count, axes.first ?? 0 > 0 else {
                throw layer.refusal("works along the axes \(given)")
            }
            let sizes = axes.map { value.sizes[$0] }
            let gamma = scales ? try call.weight(sizes, "gamma") : nil
            let beta = centers ? try call.weight(sizes, "beta") : nil
            let isLast = axes == Array((value.rank - axes.count)..<value.rank)
            if isLast, let gamma, let first = axes.first {
                var inputs = [value.name, call.constant(gamma.values, gamma.dimensions, "gamma")]
                if let beta { inputs.append(call.constant(beta.values, beta.dimensions, "beta")) }
                let name = call.graph.nodes(
                    "LayerNormalization", inputs, [call.stem("normalised")],
                    [Attribute("axis", .int(Int64(first - value.rank))), Attribute("epsilon", .float(Float(epsilon)))])
                return [value.renamed(name[0])]
            }
            var result = centred(call, value, axes, epsilon)
            // Weights lie along the axes, with ones between.
            func placed(_ weight: LayerWeights.Weight, _ part: String) -> String {
                var shape = [Int](repeating: 1, count: value.rank - 1)
                for (axis, size) in zip(axes, weight.dimensions) { shape[axis - 1] = size }
                return call.constant(weight.values, shape, part)
            }
            if let gamma {
                result = call.graph.unary("Mul", result, call.stem("scaled"), with: [placed(gamma, "gamma")])
            }
            if let beta { result = call.graph.unary("Add", result, call.stem("shifted"), with: [placed(beta, "beta")]) }
            return [result]
        }
    }

    /// Mean 0 and variance 1 along axes.
    private static func centred(
        _ call: LayerCall, _ value: KerasValue, _ axes: [Int], _ epsilon: Double
    ) -> KerasValue {
        let along = [Attribute("axes", .ints(axes.map(Int64.init))), Attribute("keepdims", .int(1))]
        let mean = call.graph.unary("ReduceMean", value, call.stem("mean"), along)
        let rest = call.graph.unary("Sub", value, call.stem("centred"), with: [mean.name])
        let square = call.graph.unary("Mul", rest, call.stem("square"), with: [rest.name])
        let variance = call.graph.unary("ReduceMean", square, call.stem("variance"), along)
        let more = call.graph.unary("Add", variance, call.stem("variance"), with: [call.graph.scalar(epsilon)])
        let root = call.graph.unary("Sqrt", more, call.stem("deviation"))
        return call.graph.unary("Div", rest, call.stem("normalised"), with: [root.name])
    }

    /// Groups of channels by themselves.
    static func groups(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let given = try layer.integer("groups", 32)
        let axis = try layer.integer("axis", -1)
        let epsilon = try layer.real("epsilon", 0.001)
        let (scales, centers) = (layer.flag("scale", true), layer.flag("center", true))
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: 2...6)))
            let channels = try call.channels(value)
            guard value.axis(axis) == value.rank - 1 else {
                throw layer.refusal("works along the axis \(axis); expected the last")
            }
            let groups = given == -1 ? channels : given
            guard groups > 0, channels % groups == 0 else {
                throw layer.refusal("has \(groups) groups of \(channels) channels")
            }
            let gamma = scales ? try call.weight([channels], "gamma").values : nil
            let beta = centers ? try call.weight([channels], "beta").values : nil
            let shape = call.graph.node("Shape", [value.name], call.stem("shape"))
            var apart = value
            // All numbers of a group in one row.
            apart.name = call.graph.reshaped(value.name, [0, groups, -1], call.stem("groups"))
            apart.sizes = [value.sizes[0], groups, nil]
            let even = centred(call, apart, [2], epsilon)
            var result = value.renamed(call.graph.node("Reshape", [even.name, shape], call.stem("together")))
            let places = [channels] + [Int](repeating: 1, count: value.rank - 2)
            if let gamma {
                result = call.graph.unary(
                    "Mul", result, call.stem("scaled"), with: [call.constant(gamma, places, "gamma")])
            }
            if let beta {
                result = call.graph.unary(
                    "Add", result, call.stem("shifted"), with: [call.constant(beta, places, "beta")])
            }
            return [result]
        }
    }

    /// Length 1 along axes.
    static func unit(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let given = layer.optional("axis") == nil ? [-1] : try layer.integers("axis", count: nil, from: -8)
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 1...8)))
            let axes = given.compactMap { value.axis($0) }
            guard axes.count == given.count else { throw layer.refusal("works along the axes \(given)") }
            return [unitLength(call, value, axes)]
        }
    }

    /// Each number by the root of the sum of squares along axes, which is at least 1e-12.
    static func unitLength(_ call: LayerCall, _ value: KerasValue, _ axes: [Int]) -> KerasValue {
        let square = call.graph.unary("Mul", value, call.stem("square"), with: [value.name])
        let sum = call.graph.node(
            "ReduceSum", [square.name, call.graph.list(axes)], call.stem("sum"), [Attribute("keepdims", .int(1))])
        let least = call.graph.node("Max", [sum, call.graph.scalar(1e-12)], call.stem("least"))
        let root = call.graph.node("Sqrt", [least], call.stem("length"))
        return call.graph.unary("Div", value, call.stem("unit"), with: [root])
    }

    // MARK: - Preparation

    /// By means and variances that were given, or found in examples.
    static func preparation(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        let axes =
            layer.options["axis"] == .null
            ? [] : layer.optional("axis") == nil ? [-1] : try layer.integers("axis", count: nil, from: -8)
        let (mean, variance) = (try numbers(layer, "mean"), try numbers(layer, "variance"))
        let inverts = layer.flag("invert")
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 1...8)))
            guard let last = axes.first ?? Int?.some(-1), axes.count <= 1, let axis = value.axis(last) else {
                throw layer.refusal("works along the axes \(axes)")
            }
            let size = axes.isEmpty ? 1 : value.sizes[axis]
            let sizes = [Int?](repeating: size, count: axes.count)
            let means = if let mean { mean } else { try call.weight(sizes, "mean").values }
            let variances = if let variance { variance } else { try call.weight(sizes, "variance").values }
            guard means.count == variances.count, means.count == 1 || size == nil || means.count == size else {
                throw layer.refusal(
                    "has \(means.count) means and \(variances.count) variances for \(size ?? 0) channels")
            }
            // What does not vary is not divided by nothing.
            let roots = variances.map { max(Float(Double($0).squareRoot()), 1e-7) }
            let shape = means.count == 1 ? [] : [means.count] + [Int](repeating: 1, count: value.rank - 1 - axis)
            let (shift, scale) = (call.constant(means, shape, "mean"), call.constant(roots, shape, "deviation"))
            let first = call.graph.unary(
                inverts ? "Mul" : "Sub", value, call.stem("step"), with: [inverts ? scale : shift])
            return [
                call.graph.unary(
                    inverts ? "Add" : "Div", first, call.stem("normalised"), with: [inverts ? shift : scale])
            ]
        }
    }

    static func rescaling(_ layer: LayerConfig) throws(KerasError) -> LayerOperation {
        guard let scale = try numbers(layer, "scale") else { throw layer.refusal("has no 'scale'") }
        let offset = try numbers(layer, "offset") ?? [0]
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input()))
            for list in [scale, offset] where list.count > 1 && list.count != value.channels {
                throw layer.refusal("has \(list.count) factors for \(value.channels ?? 0) channels")
            }
            func constant(_ list: [Float]) -> String {
                list.count == 1 ? call.graph.scalar(Double(list[0])) : call.constant(list, [list.count], "factors")
            }
            let scaled = call.graph.unary("Mul", value, call.stem("scaled"), with: [constant(scale)])
            return [call.graph.unary("Add", scaled, call.stem("rescaled"), with: [constant(offset)])]
        }
    }

    /// Numbers of an option, however deep they stand in lists; `nil` when there are none.
    private static func numbers(_ layer: LayerConfig, _ key: String) throws(KerasError) -> [Float]? {
        guard let option = layer.optional(key) else { return nil }
        var found: [Float] = []
        try collect(option, layer, key, into: &found, depth: 0)
        guard !found.isEmpty else { throw layer.refusal("has a '\(key)' without numbers") }
        return found
    }

    private static func collect(
        _ json: JSONValue, _ layer: LayerConfig, _ key: String, into numbers: inout [Float], depth: Int
    ) throws(KerasError) {
        if let number = json.doubleValue {
            numbers.append(Float(number))
        } else if let list = json.arrayValue, depth < 8 {
            for item in list { try collect(item, layer, key, into: &numbers, depth: depth + 1) }
        } else if let value = json["config"]?["value"], depth < 8 {
            // An array of NumPy's: {"class_name": "__numpy__", "config": {"value": […], "dtype": "float32"}}.
            try collect(value, layer, key, into: &numbers, depth: depth + 1)
        } else {
            throw layer.refusal("has a '\(key)' that is no number and no list of them")
        }
    }
}
