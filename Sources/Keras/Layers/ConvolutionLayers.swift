import ModelGraph
import Tensors

/// Convolutions over one, two or three axes.
enum ConvolutionLayers {
    /// What every convolution has.
    private struct Options {
        var window: Window
        var hasBias: Bool
        var activation: Activation

        init(_ layer: LayerConfig, _ rank: Int) throws(KerasError) {
            window = try Window(layer, rank: rank, size: "kernel_size")
            if layer.optional("strides") == nil { window.strides = [Int](repeating: 1, count: rank) }
            hasBias = layer.flag("use_bias", true)
            activation = try Activation(layer)
        }
    }

    static func plain(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let options = try Options(layer, rank)
        let (filters, groups) = (try layer.size("filters"), try layer.size("groups", 1))
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            let channels = try call.channels(value)
            guard channels % groups == 0, filters % groups == 0 else {
                throw layer.refusal("has \(groups) groups for \(channels) channels and \(filters) filters")
            }
            let kernel = try call.weight(options.window.kernel + [channels / groups, filters], "kernel")
            let made = try convolved(
                call, value, kernel.transposed([rank + 1, rank] + Array(0..<rank)), options, groups: groups,
                filters: filters)
            return [try options.activation.apply(call, made)]
        }
    }

    static func depthwise(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let options = try Options(layer, rank)
        let multiplier = try layer.size("depth_multiplier", 1)
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            let made = try spread(call, value, options, multiplier)
            return [try options.activation.apply(call, made)]
        }
    }

    /// Each channel by itself, then all channels at each place.
    static func separable(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let options = try Options(layer, rank)
        let (filters, multiplier) = (try layer.size("filters"), try layer.size("depth_multiplier", 1))
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            var first = options
            first.hasBias = false
            let between = try spread(call, value, first, multiplier)
            var second = options
            second.window.kernel = [Int](repeating: 1, count: rank)
            (second.window.strides, second.window.dilations) = (second.window.kernel, second.window.kernel)
            second.window.padding = .valid
            let kernel = try call.weight(second.window.kernel + [between.channels, filters], "pointwise_kernel")
            let made = try convolved(
                call, between, kernel.transposed([rank + 1, rank] + Array(0..<rank)), second, groups: 1,
                filters: filters)
            return [try options.activation.apply(call, made)]
        }
    }

    /// Each channel by itself.
    private static func spread(
        _ call: LayerCall, _ value: KerasValue, _ options: Options, _ multiplier: Int
    ) throws(KerasError) -> KerasValue {
        let rank = value.rank - 2
        let channels = try call.channels(value)
        guard let filters = KerasValue.product([channels, multiplier]) else {
            throw call.layer.refusal("has \(multiplier) filters for each of \(channels) channels")
        }
        var kernel = try call.weight(options.window.kernel + [channels, multiplier], "depthwise_kernel")
            .transposed([rank, rank + 1] + Array(0..<rank))
        kernel.dimensions = [filters, 1] + options.window.kernel
        return try convolved(call, value, kernel, options, groups: channels, filters: filters)
    }

    /// - Parameter kernel: filters, channels of a group, then the window.
    private static func convolved(
        _ call: LayerCall, _ value: KerasValue, _ kernel: LayerWeights.Weight, _ options: Options, groups: Int,
        filters: Int
    ) throws(KerasError) -> KerasValue {
        var inputs = [value.name, call.constant(kernel.values, kernel.dimensions, "kernel")]
        if options.hasBias {
            let bias = try call.weight([filters], "bias")
            inputs.append(call.constant(bias.values, bias.dimensions, "bias"))
        }
        let sizes = Array(value.sizes[1..<(value.rank - 1)])
        var attributes = options.window.attributes(sizes)
        if groups != 1 { attributes.append(Attribute("group", .int(Int64(groups)))) }
        var result = value
        result.sizes = [value.sizes[0]] + options.window.results(sizes) + [filters]
        result.name = call.graph.node("Conv", inputs, call.stem("convolution"), attributes)
        return result
    }

    // MARK: - Transposed

    static func transposed(_ layer: LayerConfig, rank: Int) throws(KerasError) -> LayerOperation {
        let options = try Options(layer, rank)
        let filters = try layer.size("filters")
        guard options.window.padding != .causal else { throw layer.refusal("has the padding 'causal'") }
        guard layer.optional("output_padding").map({ $0.arrayValue?.contains { $0 != .null } ?? true }) != true else {
            throw layer.refusal("has an 'output_padding', which is not carried")
        }
        return { call throws(KerasError) in
            let value = call.graph.channelsFirst(call.single(try call.input(rank: (rank + 2)...(rank + 2))))
            let channels = try call.channels(value)
            let kernel = try call.weight(options.window.kernel + [filters, channels], "kernel")
                .transposed([rank + 1, rank] + Array(0..<rank))
            var inputs = [value.name, call.constant(kernel.values, kernel.dimensions, "kernel")]
            if options.hasBias {
                let bias = try call.weight([filters], "bias")
                inputs.append(call.constant(bias.values, bias.dimensions, "bias"))
            }
            var result = value
            result.name = call.graph.node(
                "ConvTranspose", inputs, call.stem("convolution"), attributes(options.window))
            let sizes = value.sizes[1..<(value.rank - 1)].enumerated().map { axis, size in
                size.map { size in
                    let step = options.window.strides[axis]
                    let more = options.window.padding == .same ? 0 : max(0, options.window.reach(axis) - step)
                    return size * step + more
                }
            }
            result.sizes = [value.sizes[0]] + sizes + [filters]
            return [try options.activation.apply(call, result)]
        }
    }

    /// What comes out has `size · step` places, and with all of the window as many more as it is longer than a step:
    /// more than ONNX makes by itself where the step is longer, less where 'same' cuts it off.
    private static func attributes(_ window: Window) -> [Attribute] {
        var (before, behind, more): ([Int64], [Int64], [Int64]) = ([], [], [])
        for axis in window.kernel.indices {
            let rest = window.reach(axis) - window.strides[axis]
            let cut = window.padding == .same ? max(0, rest) : 0
            before.append(Int64(cut / 2))
            behind.append(Int64(cut - cut / 2))
            more.append(Int64(max(0, -rest)))
        }
        var list = [
            Attribute("kernel_shape", .ints(window.kernel.map(Int64.init))),
            Attribute("strides", .ints(window.strides.map(Int64.init))), Attribute("pads", .ints(before + behind)),
        ]
        if window.dilations.contains(where: { $0 != 1 }) {
            list.append(Attribute("dilations", .ints(window.dilations.map(Int64.init))))
        }
        if more.contains(where: { $0 != 0 }) { list.append(Attribute("output_padding", .ints(more))) }
        return list
    }
}
