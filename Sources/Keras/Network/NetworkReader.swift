import Tensors

/// Reads a configuration into a network, and collects every layer that is not rebuilt on the way.
struct NetworkReader {
    /// Networks within networks.
    static let deepest = 16
    /// Layers in all.
    static let mostLayers = 20_000

    let generation: Int
    /// What is in the way, a line each.
    private(set) var faults: [String] = []
    /// Layers that were read so far.
    private var count = 0

    init(generation: Int) { self.generation = generation }

    /// Layers that may be given values by name.
    private static let takesByName: Set<String> = ["MultiHeadAttention"]

    static let networks: Set<String> = ["Sequential", "Functional", "Model"]

    /// - Throws: `KerasError` when the configuration is not one of a network; what is wrong with layers is in `faults`.
    mutating func network(_ config: LayerConfig, depth: Int = 0) throws(KerasError) -> Network {
        guard depth < Self.deepest else { throw config.refusal("is made of networks within networks without end") }
        // The oldest files have the layers in place of the options.
        guard let list = config.options["layers"]?.arrayValue ?? config.options.arrayValue else {
            throw config.refusal(
                "is a model of its owner's own class: what it computes stands in a program",
                help: "where that program is: model.export('model.onnx', format='onnx'), then import that")
        }
        count += list.count
        guard count <= Self.mostLayers else {
            throw KerasError("the model has more than \(Self.mostLayers) layers; no more are accepted")
        }
        var members: [Network.Member] = []
        var keys: [String: Int] = [:]
        for (place, json) in list.enumerated() {
            let layer = try LayerConfig(json, generation: generation, fallbackName: "layer_\(place)")
            let stem = LayerName.snakeCase(layer.className)
            let number = keys[stem, default: 0]
            keys[stem] = number + 1
            let (body, uses) = try parts(layer, json["inbound_nodes"], depth: depth)
            members.append(
                Network.Member(config: layer, key: number == 0 ? stem : "\(stem)_\(number)", body: body, uses: uses))
        }
        let names = Set(members.map(\.config.name))
        guard names.count == members.count else { throw config.refusal("has two layers of one name") }
        return config.className == "Sequential" || config.options["output_layers"] == nil
            ? try Self.sequence(config, members) : try Self.graph(config, members)
    }

    /// A layer that cannot be rebuilt is noted, and passed over as one that changes nothing.
    private mutating func parts(
        _ layer: LayerConfig, _ nodes: JSONValue?, depth: Int
    ) throws(KerasError) -> (Network.Body, [LayerUse]) {
        do throws(KerasError) {
            let body = try body(layer, depth: depth)
            let uses = try InboundNodes.read(nodes, of: layer)
            for name in uses.flatMap(\.named.keys) where !Self.takesByName.contains(layer.className) {
                throw layer.refusal("is given a value for '\(LayerName.inert(name))', which is not carried")
            }
            return (body, uses)
        } catch {
            faults.append(error.message)
            return (.operation { call throws(KerasError) in call.inputs }, [])
        }
    }

    private mutating func body(_ layer: LayerConfig, depth: Int) throws(KerasError) -> Network.Body {
        if layer.className == "InputLayer" { return try Self.input(layer) }
        if Self.networks.contains(layer.className), layer.isOwn {
            return .network(try network(layer, depth: depth + 1))
        }
        return .operation(try LayerCatalog.operation(layer))
    }

    // MARK: - Inputs

    private static func input(_ layer: LayerConfig) throws(KerasError) -> Network.Body {
        try layer.expect("sparse", isOff: "takes sparse tensors")
        try layer.expect("ragged", isOff: "takes ragged tensors")
        return .input(shape: try shape(layer), type: try type(layer))
    }

    /// The shape that a layer says goes in: with the batch first, `nil` where it is open.
    private static func shape(_ layer: LayerConfig) throws(KerasError) -> [Int?]? {
        let json = layer.optional("batch_shape") ?? layer.optional("batch_input_shape")
        guard let sizes = json?.arrayValue else { return nil }
        guard (1...8).contains(sizes.count) else { throw layer.refusal("takes \(sizes.count) dimensions") }
        var shape: [Int?] = []
        for size in sizes {
            shape.append(size == .null ? nil : try layer.checked(size, "batch_shape", from: 0))
        }
        return shape
    }

    private static func type(_ layer: LayerConfig) throws(KerasError) -> ElementType {
        let types: [String: ElementType] = [
            "float32": .float32, "float64": .float64, "float16": .float16, "int8": .int8, "int16": .int16,
            "int32": .int32, "int64": .int64, "uint8": .uint8, "bool": .bool, "mixed_float16": .float32,
            "mixed_bfloat16": .float32,
        ]
        let name = PrecisionPolicy.name(layer) ?? "float32"
        guard let type = types[name] else { throw layer.refusal("takes elements of type '\(LayerName.inert(name))'") }
        return type
    }

    // MARK: - Ways

    /// Each layer after the one before. The input may stand in the first layer's options.
    private static func sequence(
        _ config: LayerConfig, _ given: [Network.Member]
    ) throws(KerasError) -> Network {
        var members = given
        if case .input? = members.first?.body {
        } else {
            members.insert(try start(config, members.first), at: 0)
        }
        var before = ValueReference(layer: members[0].config.name, call: 0, place: 0)
        let first = before
        for place in members.indices.dropFirst() {
            members[place].uses = [LayerUse(inputs: [before])]
            before = ValueReference(layer: members[place].config.name, call: 0, place: 0)
        }
        return Network(name: config.name, members: members, inputs: [first], outputs: [before])
    }

    private static func start(
        _ config: LayerConfig, _ first: Network.Member?
    ) throws(KerasError) -> Network.Member {
        guard let first else { throw config.refusal("has no layers") }
        var known = try shape(first.config)
        if known == nil, case .network(let network) = first.body { known = network.inputShape }
        if known == nil, let built = config.options["build_input_shape"]?.arrayValue {
            var sizes: [Int?] = []
            for size in built.prefix(8) {
                sizes.append(size == .null ? nil : try config.checked(size, "build_input_shape", from: 0))
            }
            known = sizes
        }
        let name = "\(first.config.name)_input"
        let layer = try LayerConfig(
            .object([("class_name", "InputLayer"), ("name", .string(name))]), generation: config.generation)
        return Network.Member(config: layer, key: "", body: .input(shape: known, type: .float32), uses: [])
    }

    private static func graph(_ config: LayerConfig, _ members: [Network.Member]) throws(KerasError) -> Network {
        var network = Network(
            name: config.name, members: members,
            inputs: try InboundNodes.references(config.options["input_layers"], of: config),
            outputs: try InboundNodes.references(config.options["output_layers"], of: config))
        guard !network.outputs.isEmpty else { throw config.refusal("has no outputs") }
        network.alignCalls()
        return network
    }
}

extension Network {
    /// Networks that are layers count their own making as their first call, where Keras 2 saved them: then no reference
    /// is to call 0.
    fileprivate mutating func alignCalls() {
        var lowest: [String: Int] = [:]
        let all = members.flatMap { $0.uses.flatMap { $0.inputs + Array($0.named.values) } } + outputs
        for reference in all { lowest[reference.layer] = min(lowest[reference.layer] ?? .max, reference.call) }
        let shifted = Set(
            members.compactMap { member -> String? in
                guard case .network = member.body, lowest[member.config.name] ?? 0 > 0 else { return nil }
                return member.config.name
            })
        guard !shifted.isEmpty else { return }
        func aligned(_ reference: ValueReference) -> ValueReference {
            var reference = reference
            if shifted.contains(reference.layer) { reference.call -= 1 }
            return reference
        }
        outputs = outputs.map(aligned)
        for place in members.indices {
            for use in members[place].uses.indices {
                members[place].uses[use].inputs = members[place].uses[use].inputs.map(aligned)
                members[place].uses[use].named = members[place].uses[use].named.mapValues(aligned)
            }
        }
    }
}
