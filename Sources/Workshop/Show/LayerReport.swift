import ModelGraph
import Tensors

/// What `show --layers` is told of a model, by the limited child.
enum LayerReport {
    /// The most layers that are reported; the totals count them all.
    private static let mostLayers = 100_000

    /// - Parameter sizes: what to assume where the model leaves sizes open.
    static func read(path: String, sizes: OpenSizes) throws -> JSONValue {
        let model = try Inspection.validated(path)
        let costs = model.costs(sizes.options)
        return .object([
            ("batch", sizes.batch.map(JSONValue.integer) ?? .null), ("sizes", sizes.json["sizes"] ?? .null),
            ("layers", .array(costs.layers.prefix(mostLayers).map(layer))), ("totals", totals(costs)),
            ("external", .array(external(model))),
            ("notes", .array(costs.notes.map { .string($0.description) })),
        ])
    }

    private static func layer(_ layer: Layer) -> JSONValue {
        .object([
            ("index", .integer(layer.index)), ("name", .string(layer.name)),
            ("operator", .string(layer.operatorName.description)),
            ("outputs", .array(layer.outputs.filter { !$0.name.isEmpty }.map(port))),
            ("parameters", .integer(layer.parameters)), ("weightBytes", .integer(layer.weightBytes)),
            ("flops", layer.flops.map(JSONValue.integer) ?? .null),
            ("activationBytes", layer.activationBytes.map(JSONValue.integer) ?? .null),
        ])
    }

    private static func port(_ port: Layer.Port) -> JSONValue {
        .object([("name", .string(port.name)), ("type", port.type.map { .string($0.description) } ?? .null)])
    }

    private static func totals(_ costs: ModelCosts) -> JSONValue {
        let (memory, overflow) = costs.weightBytes.addingReportingOverflow(costs.peakActivationBytes)
        return .object([
            ("layers", .integer(costs.layers.count)), ("parameters", .integer(costs.parameters)),
            ("weightBytes", .integer(costs.weightBytes)), ("flops", .integer(costs.flops)),
            ("layersOfUnknownFLOPs", .integer(costs.layersOfUnknownFLOPs)),
            ("activationBytes", .integer(costs.activationBytes)),
            ("layersOfUnknownBytes", .integer(costs.layersOfUnknownBytes)),
            ("peakActivationBytes", .integer(costs.peakActivationBytes)),
            ("peakLayer", costs.peakLayer.map(JSONValue.integer) ?? .null),
            ("peakMemoryBytes", .integer(overflow ? .max : memory)),
        ])
    }

    /// The files beside the model, with what of them it uses.
    private static func external(_ model: Model) -> [JSONValue] {
        var tensors: [String: Int] = [:]
        for constant in model.graph.initializers {
            guard case .external(let entries) = constant.elements,
                let location = entries.first(where: { $0.key == "location" })?.value
            else { continue }
            tensors[location, default: 0] += 1
        }
        return tensors.sorted { $0.key < $1.key }.map {
            .object([("location", .string($0.key)), ("tensors", .integer($0.value))])
        }
    }
}
