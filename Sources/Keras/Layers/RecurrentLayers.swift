import ModelGraph
import Tensors

/// Layers that go along a sequence and remember.
///
/// ONNX's own `RNN`, `LSTM` and `GRU` compute the same; they want time first, and the gates in another order.
struct RecurrentLayer {
    enum Kind: String {
        case simple = "SimpleRNN"
        case long = "LSTM"
        case gated = "GRU"

        var operatorType: String { self == .simple ? "RNN" : rawValue }

        /// ONNX's gates in Keras's order: Keras has i, f, c, o and z, r, h.
        var gates: [Int] {
            switch self {
            case .simple: [0]
            case .long: [0, 3, 1, 2]
            case .gated: [0, 1, 2]
            }
        }
    }

    /// What comes out of one direction.
    struct Result {
        /// `[N, time, units]`, in the order of time.
        var sequence: KerasValue
        /// `[N, units]` each: what was answered last, and what is remembered beside.
        var states: [KerasValue]
    }

    let kind: Kind
    let units: Int
    let returnsSequences: Bool
    let returnsState: Bool
    let goesBackwards: Bool
    private let hasBias: Bool
    private let resetsAfter: Bool
    private let functions: [Attribute]
    private let layer: LayerConfig

    init(_ layer: LayerConfig) throws(KerasError) {
        guard layer.isOwn, let kind = Kind(rawValue: layer.className) else {
            throw layer.refusal("is not rebuilt here: SimpleRNN, LSTM and GRU are")
        }
        self.layer = layer
        self.kind = kind
        try PrecisionPolicy.check(layer)
        units = try layer.size("units")
        (returnsSequences, returnsState) = (layer.flag("return_sequences"), layer.flag("return_state"))
        goesBackwards = layer.flag("go_backwards")
        hasBias = layer.flag("use_bias", true)
        // Absent in the oldest files, where it was not there yet.
        resetsAfter = layer.flag("reset_after")
        try layer.expect("stateful", isOff: "remembers from one request to the next (stateful)")
        try layer.expect("time_major", isOff: "has time before the batch (time_major)")
        functions = try Self.functions(layer, kind)
    }

    /// Functions by ONNX's names, and their parameters where ONNX's own differ.
    private static func functions(_ layer: LayerConfig, _ kind: Kind) throws(KerasError) -> [Attribute] {
        let answer = try function(layer, "activation", standard: "tanh")
        let gate = kind == .simple ? nil : try function(layer, "recurrent_activation", standard: "sigmoid")
        let used = kind == .simple ? [answer] : kind == .long ? [gate, answer, answer] : [gate, answer]
        let list = used.compactMap { $0 }
        let usual = kind == .simple ? ["Tanh"] : kind == .long ? ["Sigmoid", "Tanh", "Tanh"] : ["Sigmoid", "Tanh"]
        guard list.map(\.name) != usual else { return [] }
        // Parameters are given in order to the functions that have some.
        return [Attribute("activations", .strings(list.map { ByteView($0.name) }))]
            + (list.contains { $0.alpha != nil }
                ? [Attribute("activation_alpha", .floats(list.compactMap(\.alpha)))] : [])
            + (list.contains { $0.beta != nil } ? [Attribute("activation_beta", .floats(list.compactMap(\.beta)))] : [])
    }

    private static func function(
        _ layer: LayerConfig, _ key: String, standard: String
    ) throws(KerasError) -> (name: String, alpha: Float?, beta: Float?) {
        let name = layer.optional(key) == nil ? (layer.options[key] == nil ? standard : "linear") : try layer.text(key)
        switch name {
        case "tanh": return ("Tanh", nil, nil)
        case "sigmoid": return ("Sigmoid", nil, nil)
        case "relu": return ("Relu", nil, nil)
        case "softsign": return ("Softsign", nil, nil)
        case "softplus": return ("Softplus", nil, nil)
        case "hard_sigmoid": return ("HardSigmoid", layer.generation < 3 ? 0.2 : 1 / 6, 0.5)
        case "elu": return ("Elu", 1, nil)
        case "linear": return ("Affine", 1, 0)
        default: throw layer.refusal("has the activation '\(LayerName.inert(name))', which is not carried in loops")
        }
    }

    // MARK: - In the graph

    /// One direction.
    ///
    /// - Parameters:
    ///   - value: `[N, time, features]`.
    ///   - reversed: whether it goes from the end to the beginning.
    ///   - part: where the weights are.
    func run(
        _ call: LayerCall, _ value: KerasValue, reversed: Bool, part: [[String]], _ stem: String
    ) throws(KerasError) -> Result {
        let features = try call.channels(value)
        let count = kind.gates.count
        guard let width = KerasValue.product([count, units]) else { throw layer.refusal("has \(units) units") }
        let kernel = try weights(call, [features, width], "kernel", part)
        let recurrent = try weights(call, [units, width], "recurrent_kernel", part)
        var inputs = [
            call.graph.transposed(value.name, [1, 0, 2], call.stem("\(stem)_time_first")),
            call.constant(gates(kernel, rows: features), [1, width, features], "\(stem)_kernel"),
            call.constant(gates(recurrent, rows: units), [1, width, units], "\(stem)_recurrent"),
        ]
        if hasBias { inputs.append(try bias(call, width, part, stem)) }
        var attributes = [Attribute("hidden_size", .int(Int64(units)))] + functions
        if reversed { attributes.append(Attribute("direction", .text("reverse"))) }
        if kind == .gated { attributes.append(Attribute("linear_before_reset", .int(resetsAfter ? 1 : 0))) }
        let stems = [call.stem(stem), call.stem("\(stem)_last")] + (kind == .long ? [call.stem("\(stem)_cell")] : [])
        let made = call.graph.nodes(kind.operatorType, inputs, stems, attributes)
        // [time, 1, N, units] and [1, N, units].
        let flat = call.graph.node("Squeeze", [made[0], call.graph.list([1])], call.stem("\(stem)_flat"))
        let sequence = KerasValue(
            name: call.graph.transposed(flat, [1, 0, 2], call.stem("\(stem)_sequence")), type: .float32,
            sizes: [value.sizes[0], value.sizes[1], units])
        let states = made.dropFirst().map { name in
            KerasValue(
                name: call.graph.node("Squeeze", [name, call.graph.list([0])], call.stem("\(stem)_state")),
                type: .float32,
                sizes: [value.sizes[0], units])
        }
        return Result(sequence: sequence, states: states)
    }

    private func weights(
        _ call: LayerCall, _ sizes: [Int?], _ what: String, _ part: [[String]]
    ) throws(KerasError) -> LayerWeights.Weight {
        try call.weight(sizes, what, part: part)
    }

    /// `[rows, gates · units]` as `[gates · units, rows]`, the gates in ONNX's order.
    private func gates(_ weight: LayerWeights.Weight, rows: Int) -> [Float] {
        let width = kind.gates.count * units
        var result: [Float] = []
        result.reserveCapacity(weight.values.count)
        for gate in kind.gates {
            for unit in 0..<units {
                for row in 0..<rows { result.append(weight.values[row * width + gate * units + unit]) }
            }
        }
        return result
    }

    /// ONNX has two of each bias: for what goes in, and for what is remembered. Keras has the second one only where a GRU
    /// resets after the product.
    private func bias(
        _ call: LayerCall, _ width: Int, _ part: [[String]], _ stem: String
    ) throws(KerasError) -> String {
        let isDouble = kind == .gated && resetsAfter
        let bias = try weights(call, isDouble ? [2, width] : [width], "bias", part)
        var result: [Float] = []
        for row in 0..<2 {
            for gate in kind.gates {
                for unit in 0..<units {
                    let place = row * width + gate * units + unit
                    result.append(bias.values.indices.contains(place) ? bias.values[place] : 0)
                }
            }
        }
        return call.constant(result, [1, 2 * width], "\(stem)_bias")
    }

    // MARK: - Layers

    static func operation(_ config: LayerConfig) throws(KerasError) -> LayerOperation {
        let layer = try RecurrentLayer(config)
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 3...3)))
            let made = try layer.run(call, value, reversed: layer.goesBackwards, part: [["cell"]], "steps")
            guard let last = made.states.first else { throw config.refusal("has no state") }
            var answer = last
            if layer.returnsSequences {
                answer = layer.goesBackwards ? reversed(call, made.sequence) : made.sequence
            }
            return [answer] + (layer.returnsState ? made.states : [])
        }
    }

    /// The sequence from its end to its beginning.
    static func reversed(_ call: LayerCall, _ value: KerasValue) -> KerasValue {
        let lists = [[-1], [Int(Int32.min)], [1], [-1]].map(call.graph.list)
        return call.graph.unary("Slice", value, call.stem("backwards"), with: lists)
    }

    /// Once in each direction.
    static func bothWays(_ config: LayerConfig) throws(KerasError) -> LayerOperation {
        guard let inner = config.optional("layer") else { throw config.refusal("has no layer within") }
        let forward = try RecurrentLayer(try LayerConfig(inner, generation: config.generation))
        let backward =
            if let other = config.optional("backward_layer") {
                try RecurrentLayer(try LayerConfig(other, generation: config.generation))
            } else { forward }
        let mode = config.optional("merge_mode") == nil ? nil : try config.text("merge_mode")
        let operators = ["sum": "Add", "mul": "Mul", "ave": "Add", "concat": "Concat"]
        guard mode.map({ operators[$0] != nil }) ?? true else {
            throw config.refusal("merges by '\(LayerName.inert(mode ?? ""))'")
        }
        guard !forward.goesBackwards, forward.returnsSequences == backward.returnsSequences else {
            throw config.refusal("has two layers that do not belong together")
        }
        return { call throws(KerasError) in
            let value = call.graph.plain(call.single(try call.input(rank: 3...3)))
            let one = try forward.run(call, value, reversed: false, part: [["forward_layer", "cell"]], "forward")
            let other = try backward.run(call, value, reversed: true, part: [["backward_layer", "cell"]], "backward")
            guard let first = one.states.first, let second = other.states.first else {
                throw config.refusal("has no state")
            }
            let (left, right) = forward.returnsSequences ? (one.sequence, other.sequence) : (first, second)
            let states = forward.returnsState ? one.states + other.states : []
            guard let mode, let operatorType = operators[mode] else {
                return [left, right] + states
            }
            return [merged(call, left, right, operatorType, isMean: mode == "ave")] + states
        }
    }

    private static func merged(
        _ call: LayerCall, _ left: KerasValue, _ right: KerasValue, _ operatorType: String, isMean: Bool
    ) -> KerasValue {
        var result = left
        let isJoined = operatorType == "Concat"
        result.name = call.graph.node(
            operatorType, [left.name, right.name], call.stem("merged"),
            isJoined ? [Attribute("axis", .int(Int64(left.rank - 1)))] : [])
        if isJoined, let one = left.channels, let other = right.channels { result.sizes[left.rank - 1] = one + other }
        guard isMean else { return result }
        return call.graph.unary("Mul", result, call.stem("mean"), with: [call.graph.scalar(0.5)])
    }

    /// The same layer at each step.
    static func timeDistributed(_ config: LayerConfig) throws(KerasError) -> LayerOperation {
        guard let json = config.optional("layer") else { throw config.refusal("has no layer within") }
        let inner = try LayerConfig(json, generation: config.generation)
        guard !NetworkReader.networks.contains(inner.className) else {
            throw config.refusal("has a network within, which is not carried")
        }
        let operation = try LayerCatalog.operation(inner)
        return { call throws(KerasError) in
            let value = call.graph.plain(try call.input(rank: 3...8))
            guard value.sizes[2...].allSatisfy({ $0 != nil }) else {
                throw config.refusal("is given steps whose sizes are not known")
            }
            // Steps become rows, and rows steps again.
            var rows = value
            let sizes = value.sizes[2...].compactMap { $0 }
            rows.name = call.graph.reshaped(value.name, [-1] + sizes, call.stem("rows"))
            rows.sizes = [nil] + sizes
            let made = try operation(
                LayerCall(
                    inner, [rows], graph: call.graph, weights: try call.weights.part("layer"),
                    path: call.path + ["layer"]))
            var results: [KerasValue] = []
            for row in made.map(call.graph.plain) {
                let rest = row.sizes.dropFirst().compactMap { $0 }
                guard let steps = value.sizes[1], rest.count == row.rank - 1 else {
                    throw config.refusal(
                        "is given an open number of steps; with a Dense layer within, use that layer alone")
                }
                var result = row
                result.name = call.graph.reshaped(row.name, [-1, steps] + rest, call.stem("steps"))
                result.sizes = [value.sizes[0], steps] + rest
                results.append(result)
            }
            return results
        }
    }
}
