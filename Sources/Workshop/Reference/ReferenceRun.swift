import Engines
import ModelGraph
import Tensors

/// Runs a model on the inputs of a reference, inside the walls, and compares what it makes with what the reference has.
enum ReferenceRun {
    private static let limits = ArrayLimits(bytes: 4 << 30, arrays: 20_000)

    /// One array of the reference that is to be compared.
    private struct Expectation {
        var name: String
        var value: String
        var tensor: Tensor
    }

    /// - Returns: what `ReferenceReport` reads.
    static func compare(
        path: String, reference: String, map: String?, engine name: EngineKind, directories: [String],
        tolerance: Double
    ) throws -> JSONValue {
        let arrays = try NPZ.read(path: reference, limits: limits)
        var model = try Model.read(path: path)
        let order = try ReferenceMap(json: map.map { try JSONValue.parse(Array(contentsOfFile($0))) })
        let (inputs, outputs, layers) = try sorted(arrays, model, order)
        model = exposing(layers.map(\.value), of: model)
        let session = try EngineCatalog(directory: directories.first).engine(name)
            .load(.memory(try buffer(model)), options: SessionOptions())
        let given = try session.signature.inputs.map { try input($0, inputs) }
        let made = try session.run(given)
        let places = Dictionary(
            session.signature.outputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        func distance(_ expectation: Expectation) -> TensorDistance {
            guard let place = places[expectation.value], made.indices.contains(place) else { return .apart }
            return TensorDistance(expected: expectation.tensor, found: made[place])
        }
        let first = layers.first { distance($0).relative > tolerance }
        return .object([
            ("engine", .string(name.rawValue)),
            ("outputs", .array(outputs.map { row($0, distance($0), model, found: places[$0.value].map { made[$0] }) })),
            ("layers", .integer(layers.count)),
            (
                "first",
                first.map { row($0, distance($0), model, found: places[$0.value].map { made[$0] }) } ?? .null
            ),
        ])
    }

    private static func contentsOfFile(_ path: String) throws(GraphError) -> [UInt8] {
        let file = try MappedFile(path: path, maximumBytes: 64 << 20)
        return withExtendedLifetime(file) { Array(file.buffer.bytes) }
    }

    // MARK: - What is what

    /// The reference's arrays by what they are for: inputs by name, outputs, and values in between in the graph's order.
    private static func sorted(
        _ arrays: [(name: String, tensor: Tensor)], _ model: Model, _ map: ReferenceMap
    ) throws -> (inputs: [String: Tensor], outputs: [Expectation], layers: [Expectation]) {
        let constants = Set(model.graph.initializers.map(\.name))
        let inputNames = model.graph.inputs.map(\.name).filter { !constants.contains($0) }
        let outputNames = model.graph.outputs.map(\.name)
        var order: [String: Int] = [:]
        for (place, node) in model.graph.nodes.enumerated() { for name in node.outputs { order[name] = place } }
        let mapped = Dictionary(map.layers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        var inputs: [String: Tensor] = [:]
        var outputs: [Expectation] = []
        var layers: [(place: Int, Expectation)] = []
        for (name, tensor) in arrays {
            let value = resolved(name, inputNames, outputNames, mapped)
            if inputNames.contains(value) {
                inputs[value] = tensor
            } else if outputNames.contains(value) {
                outputs.append(Expectation(name: shown(name), value: value, tensor: tensor))
            } else if let place = order[value] {
                layers.append((place, Expectation(name: shown(name), value: value, tensor: tensor)))
            } else if !name.hasPrefix("layer.") {
                throw WorkshopError(
                    .evaluation, "the reference has an array '\(name.prefix(80))', and the model nothing of that name",
                    causes: [
                        "inputs: \(inputNames.joined(separator: ", "))",
                        "outputs: \(outputNames.joined(separator: ", "))",
                    ],
                    help: "name the arrays as 'slipway show' names inputs and outputs, or in.0, out.0 by their place")
            }
        }
        for name in inputNames where inputs[name] == nil {
            throw WorkshopError(.evaluation, "the reference has no array for the input '\(name)'")
        }
        guard !outputs.isEmpty else {
            throw WorkshopError(
                .evaluation, "the reference has no array for any output",
                causes: ["outputs: \(outputNames.joined(separator: ", "))"])
        }
        return (inputs, outputs, layers.sorted { $0.place < $1.place }.map(\.1))
    }

    private static func shown(_ name: String) -> String {
        name.hasPrefix("layer.") ? String(name.dropFirst("layer.".count)) : name
    }

    private static func resolved(
        _ name: String, _ inputs: [String], _ outputs: [String], _ layers: [String: String]
    ) -> String {
        if inputs.contains(name) || outputs.contains(name) { return name }
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return name }
        let rest = String(parts[1])
        switch parts[0] {
        case "in": return Int(rest).flatMap { inputs.indices.contains($0) ? inputs[$0] : nil } ?? name
        case "out": return Int(rest).flatMap { outputs.indices.contains($0) ? outputs[$0] : nil } ?? name
        case "layer": return layers[rest] ?? rest
        default: return name
        }
    }

    // MARK: - The run

    /// A copy of the model with further outputs.
    private static func exposing(_ names: [String], of model: Model) -> Model {
        guard !names.isEmpty else { return model }
        var model = model
        var known = Set(model.graph.outputs.map(\.name))
        let types = model.inferred()
        for name in names where known.insert(name).inserted {
            model.graph.outputs.append(ValueInfo(name, types[name] ?? .tensor(.float32, nil)))
        }
        return model
    }

    private static func buffer(_ model: Model) throws(GraphError) -> TensorBuffer {
        let bytes = try model.encoded()
        let buffer = TensorBuffer(capacity: bytes.count)
        bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
        return buffer
    }

    /// NumPy has doubles where models have floats: numbers are converted when that loses nothing of their kind.
    private static func input(_ spec: TensorSpec, _ given: [String: Tensor]) throws -> Tensor {
        guard let tensor = given[spec.name] else {
            throw WorkshopError(.evaluation, "the reference has no array for the input '\(spec.name)'")
        }
        if tensor.elementType == spec.elementType { return tensor }
        let isBoth = tensor.elementType.isFloatingPoint && spec.elementType.isFloatingPoint
        let areWhole = isWhole(tensor.elementType) && isWhole(spec.elementType)
        guard isBoth || areWhole else {
            throw WorkshopError(
                .evaluation,
                "the reference's '\(spec.name)' is \(tensor.elementType.displayName), and the model takes "
                    + spec.elementType.displayName)
        }
        return try tensor.converted(to: spec.elementType)
    }

    private static func isWhole(_ type: ElementType) -> Bool {
        !type.isFloatingPoint && type != .string && type != .bool && type != .complex64 && type != .complex128
    }

    private static func row(
        _ expectation: Expectation, _ distance: TensorDistance, _ model: Model, found: Tensor?
    ) -> JSONValue {
        let node = model.graph.nodes.first { $0.outputs.contains(expectation.value) }
        return .object([
            ("name", .string(expectation.name)), ("value", .string(expectation.value)),
            ("operator", node.map { .string($0.operatorType) } ?? .null),
            ("expected", .string("\(expectation.tensor.elementType.displayName) \(expectation.tensor.shape)")),
            ("found", found.map { .string("\($0.elementType.displayName) \($0.shape)") } ?? .null),
            ("difference", number(distance.difference)), ("relative", number(distance.relative)),
            ("unequal", .integer(distance.unequal)),
        ])
    }

    /// JSON has no infinity.
    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
}
