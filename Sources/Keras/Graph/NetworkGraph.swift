import ModelGraph
import Tensors

/// The graph while layers write into it.
final class NetworkGraph {
    private(set) var assembly = GraphAssembly()
    /// Numbers that are used again and again.
    private var scalars: [UInt32: String] = [:]
    private var lists: [[Int64]: String] = [:]
    /// The same value in the other layout.
    private var turned: [String: String] = [:]
    /// Weights that a shared layer has written already.
    private var weights: [String: (name: String, dimensions: [Int])] = [:]

    /// Calls of layers in all: networks within networks may call each other more often than anybody can wait for.
    private var callsLeft = mostCalls
    private static let mostCalls = 100_000

    /// Takes one call of a layer from what a model may have.
    func spendCall() throws(KerasError) {
        guard callsLeft > 0 else {
            throw KerasError("the model calls its layers more than \(Self.mostCalls) times; no more are accepted")
        }
        callsLeft -= 1
    }

    // MARK: - Nodes

    func node(_ operatorType: String, _ inputs: [String], _ stem: String, _ attributes: [Attribute] = []) -> String {
        assembly.node(operatorType, inputs, stem, attributes: attributes)
    }

    func nodes(_ operatorType: String, _ inputs: [String], _ stems: [String?], _ attributes: [Attribute]) -> [String] {
        assembly.node(operatorType, inputs, outputs: stems, attributes: attributes)
    }

    /// A node that works element by element and keeps the layout.
    func unary(
        _ operatorType: String, _ value: KerasValue, _ stem: String, _ attributes: [Attribute] = [],
        with others: [String] = []
    ) -> KerasValue {
        value.renamed(node(operatorType, [value.name] + others, stem, attributes))
    }

    /// A single number of single precision.
    func scalar(_ number: Double) -> String {
        let value = Float(number)
        if let name = scalars[value.bitPattern] { return name }
        let name = assembly.constant([value], [], "number")
        scalars[value.bitPattern] = name
        return name
    }

    /// A list of whole numbers: shapes, axes, pads.
    func list(_ numbers: [Int]) -> String {
        let values = numbers.map(Int64.init)
        if let name = lists[values] { return name }
        let name = assembly.constant(values, [values.count], "sizes")
        lists[values] = name
        return name
    }

    /// A weight; a layer that is used twice writes it once.
    ///
    /// - Parameter key: unique in the model; what it is called in the graph is `stem`.
    func weight(_ values: [Float], _ dimensions: [Int], key: String, _ stem: String) -> String {
        if let known = weights[key], known.dimensions == dimensions { return known.name }
        let name = assembly.constant(values, dimensions, stem)
        weights[key] = (name, dimensions)
        return name
    }

    func cast(_ value: KerasValue, to type: ElementType, _ stem: String) -> KerasValue {
        guard value.type != type else { return value }
        var made = value.renamed(assembly.cast(value.name, to: type, stem))
        made.type = type
        return made
    }

    func note(_ text: String) {
        if !assembly.notes.contains(text) { assembly.notes.append(text) }
    }

    // MARK: - Layouts

    /// The value with its axes as Keras has them.
    func plain(_ value: KerasValue) -> KerasValue {
        guard value.isChannelsFirst else { return value }
        let order = [0] + Array(2..<value.rank) + [1]
        return turn(value, order, isChannelsFirst: false)
    }

    /// The value with its channels behind the batch.
    func channelsFirst(_ value: KerasValue) -> KerasValue {
        guard !value.isChannelsFirst, value.rank > 2 else { return value }
        let order = [0, value.rank - 1] + Array(1..<(value.rank - 1))
        return turn(value, order, isChannelsFirst: true)
    }

    private func turn(_ value: KerasValue, _ order: [Int], isChannelsFirst: Bool) -> KerasValue {
        var result = value
        result.isChannelsFirst = isChannelsFirst
        if let name = turned[value.name] {
            result.name = name
            return result
        }
        result.name = transposed(value.name, order, isChannelsFirst ? "channels_first" : "channels_last")
        turned[value.name] = result.name
        turned[result.name] = value.name
        return result
    }

    func transposed(_ name: String, _ order: [Int], _ stem: String) -> String {
        node("Transpose", [name], stem, [Attribute("perm", .ints(order.map(Int64.init)))])
    }

    func reshaped(_ name: String, _ shape: [Int], _ stem: String) -> String {
        node("Reshape", [name, list(shape)], stem)
    }

    // MARK: - Beginning and end

    /// Declares an input of the model.
    func input(_ stem: String, _ type: ElementType, _ sizes: [Int?]) -> KerasValue {
        let name = assembly.name(stem)
        let dimensions: [Dimension] = sizes.enumerated().map { place, size in
            size.map { .fixed($0) } ?? .symbol(place == 0 ? "N" : "\(name)_\(place)")
        }
        assembly.inputs.append(ValueInfo(name, type, dimensions))
        return KerasValue(name: name, type: type, sizes: sizes)
    }

    /// A free name, kept for later.
    func reserve(_ name: String) -> String { assembly.name(name) }

    /// Gives a value a name of the model's own.
    func output(_ value: KerasValue, _ name: String) -> ValueInfo {
        assembly.node("Identity", [plain(value).name], output: name)
        let dimensions: [Dimension] = value.sizes.enumerated().map { place, size in
            size.map { .fixed($0) } ?? (place == 0 ? .symbol("N") : .unknown)
        }
        return ValueInfo(name, value.type, dimensions)
    }

    /// The finished graph.
    func graph(_ name: String, outputs: [ValueInfo]) -> Graph {
        Graph(
            name, nodes: assembly.nodes, initializers: assembly.constants, inputs: assembly.inputs, outputs: outputs)
    }
}
