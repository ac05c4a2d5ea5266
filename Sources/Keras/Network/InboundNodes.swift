import Tensors

/// Reads what goes into a layer, in the form of Keras 3 and in that of Keras 2.
enum InboundNodes {
    private static let mostValues = 10_000

    static func read(_ json: JSONValue?, of layer: LayerConfig) throws(KerasError) -> [LayerUse] {
        guard let nodes = json?.arrayValue else { return [] }
        guard nodes.count <= mostValues else { throw layer.refusal("is called \(nodes.count) times") }
        var uses: [LayerUse] = []
        for node in nodes { uses.append(node.objectValue == nil ? try older(node, layer) : try newer(node, layer)) }
        return uses
    }

    /// References that stand in a list, or as a single one; a dictionary's, in its order.
    static func references(_ json: JSONValue?, of layer: LayerConfig) throws(KerasError) -> [ValueReference] {
        guard let json else { return [] }
        if let reference = reference(json) { return [reference] }
        let items = json.arrayValue ?? json.objectValue?.map(\.value) ?? []
        guard items.count <= mostValues else { throw layer.refusal("has \(items.count) inputs or outputs") }
        var references: [ValueReference] = []
        for item in items {
            guard let reference = reference(item) else {
                throw layer.refusal("has inputs or outputs in a structure that is not read")
            }
            references.append(reference)
        }
        return references
    }

    /// `["dense", 0, 0]`, in the older form with options behind.
    private static func reference(_ json: JSONValue) -> ValueReference? {
        guard let items = json.arrayValue, items.count >= 3, let layer = items[0].stringValue,
            let call = items[1].intValue, let place = items[2].intValue, (0...1_000_000).contains(call),
            (0...1_000_000).contains(place)
        else { return nil }
        return ValueReference(layer: layer, call: call, place: place)
    }

    // MARK: - Keras 3

    private static func newer(_ node: JSONValue, _ layer: LayerConfig) throws(KerasError) -> LayerUse {
        var use = LayerUse()
        for argument in node["args"]?.arrayValue ?? [] { try add(argument, layer, to: &use, depth: 0) }
        for option in node["kwargs"]?.objectValue ?? [] {
            if let tensor = tensor(option.value) {
                use.named[option.key] = tensor
            } else if let items = option.value.arrayValue, !items.isEmpty, items.allSatisfy({ tensor($0) != nil }) {
                try refuseNamed(option.key, layer)
            } else {
                try check(option.key, option.value, layer)
            }
        }
        return use
    }

    private static func add(
        _ argument: JSONValue, _ layer: LayerConfig, to use: inout LayerUse, depth: Int
    ) throws(KerasError) {
        if let tensor = tensor(argument) {
            guard use.inputs.count < mostValues else { throw layer.refusal("takes more than \(mostValues) values") }
            use.inputs.append(tensor)
        } else if let items = argument.arrayValue, depth < 2 {
            for item in items { try add(item, layer, to: &use, depth: depth + 1) }
        } else {
            throw layer.refusal(
                "is given a value that is no result of a layer (\(argument.encodedString().prefix(40)))")
        }
    }

    /// `{"class_name": "__keras_tensor__", "config": {"keras_history": ["dense", 0, 0]}}`.
    private static func tensor(_ json: JSONValue) -> ValueReference? {
        guard json["class_name"]?.stringValue == "__keras_tensor__" else { return nil }
        return json["config"]?["keras_history"].flatMap(reference)
    }

    // MARK: - Keras 2

    private static func older(_ node: JSONValue, _ layer: LayerConfig) throws(KerasError) -> LayerUse {
        var use = LayerUse()
        // A layer with a single value has it without the list around it.
        let items = node.arrayValue ?? []
        let values = reference(node) != nil ? [node] : items
        guard values.count <= mostValues else { throw layer.refusal("takes \(values.count) values") }
        for (place, value) in values.enumerated() {
            guard let found = reference(value), found.layer != "_CONSTANT_VALUE" else {
                throw layer.refusal(
                    "is given a value that is no result of a layer (\(value.encodedString().prefix(40)))")
            }
            use.inputs.append(found)
            guard place == 0, let options = value.arrayValue?.dropFirst(3).first?.objectValue else { continue }
            for option in options {
                if let tensor = reference(option.value) {
                    use.named[option.key] = tensor
                } else if option.value.arrayValue?.contains(where: { reference($0) != nil }) == true {
                    try refuseNamed(option.key, layer)
                } else {
                    try check(option.key, option.value, layer)
                }
            }
        }
        return use
    }

    // MARK: - Options of a call

    private static func check(_ key: String, _ value: JSONValue, _ layer: LayerConfig) throws(KerasError) {
        guard value != .null, value != .bool(false) else { return }
        if key == "training" {
            throw layer.refusal("is always called as in training, which answers at random")
        }
        throw layer.refusal("is called with '\(LayerName.inert(key))', which is not carried")
    }

    private static func refuseNamed(_ key: String, _ layer: LayerConfig) throws(KerasError) {
        throw layer.refusal("is called with values for '\(LayerName.inert(key))', which are not carried")
    }
}
