import Tensors

/// What the arrays of a reference are called in a graph.
///
/// Arrays have the names of the graph's own inputs, outputs and values in between; or `in.0`, `out.0` by their place; or
/// `layer.NAME` by a name that the map knows.
struct ReferenceMap: Sendable {
    /// The graph's name of what the framework calls `name`, in the framework's order.
    var layers: [(name: String, value: String)] = []

    /// The most layers that are told apart.
    static let mostLayers = 200_000

    /// Reads what a child reports, which is checked like any input: `[["conv2d", "conv2d_1"], …]`.
    init(json: JSONValue?) {
        for pair in (json?.arrayValue ?? []).prefix(Self.mostLayers) {
            guard let words = pair.arrayValue, words.count == 2, let name = words[0].stringValue,
                let value = words[1].stringValue
            else { continue }
            layers.append((name, value))
        }
    }

    /// As it travels.
    static func json(_ layers: [(name: String, value: String)]) -> JSONValue {
        .array(layers.prefix(mostLayers).map { .array([.string($0.name), .string($0.value)]) })
    }

    var json: JSONValue { Self.json(layers) }
}
