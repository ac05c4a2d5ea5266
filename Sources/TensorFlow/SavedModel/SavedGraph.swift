import ModelGraph
import Tensors

/// The ONNX graph while TensorFlow's nodes are followed, functions included, from what is asked for back to what is given.
final class SavedGraph {
    static let opset: Int64 = 20

    let graph = RebuiltGraph()
    let types = GrowingTypes(opset: SavedGraph.opset)
    let meta: MetaGraph
    let variables: SavedVariables
    /// Where each function's nodes are, by name.
    private var places: [String: [String: Int]] = [:]
    private var nodesLeft = 200_000
    private var depth = 0
    private var loops = 0

    private static let deepest = 48
    private static let largestSize = 1 << 40

    init(_ meta: MetaGraph, _ variables: SavedVariables) {
        self.meta = meta
        self.variables = variables
    }

    // MARK: - Functions

    /// What a function answers to these arguments.
    func call(_ name: String, _ arguments: [SavedValue]) throws(TensorFlowError) -> [SavedValue] {
        guard let function = meta.functions[name] else {
            throw .broken("the function '\(InertName.of(name))' is called, which there is not")
        }
        guard arguments.count == function.arguments.count else {
            throw .broken(
                "the function '\(InertName.of(name))' takes \(function.arguments.count) values; it is given "
                    + "\(arguments.count)")
        }
        guard depth < Self.deepest else { throw .limit("functions call each other deeper than \(Self.deepest) levels") }
        depth += 1
        defer { depth -= 1 }
        var values: [String: [SavedValue]] = [:]
        for (argument, value) in zip(function.arguments, arguments) { values[argument] = [value] }
        return try evaluate(function.results, of: function.nodes, placesOf(function), values)
    }

    private func placesOf(_ function: FunctionRecord) -> [String: Int] {
        if let known = places[function.name] { return known }
        let made = NodeOrder.places(of: function.nodes)
        places[function.name] = made
        return made
    }

    /// Values of the graph itself, where those of `known` are given.
    func evaluate(_ wanted: [InputName], given: [String: [SavedValue]]) throws(TensorFlowError) -> [SavedValue] {
        try evaluate(wanted, of: meta.nodes, NodeOrder.places(of: meta.nodes), given)
    }

    private func evaluate(
        _ wanted: [InputName], of nodes: [NodeRecord], _ places: [String: Int], _ given: [String: [SavedValue]]
    ) throws(TensorFlowError) -> [SavedValue] {
        var values = given
        for place in try NodeOrder.order(wanted, of: nodes, places, known: { values[$0] != nil }) {
            let node = nodes[place]
            guard nodesLeft > 0 else { throw .limit("the graph becomes more than 200000 nodes; no more are accepted") }
            nodesLeft -= 1
            var inputs: [SavedValue] = []
            for input in node.inputs { inputs.append(try Self.value(input, nodes, places, values)) }
            values[node.name] = try run(node, inputs)
        }
        var results: [SavedValue] = []
        for input in wanted { results.append(try Self.value(input, nodes, places, values)) }
        return results
    }

    private static func value(
        _ input: InputName, _ nodes: [NodeRecord], _ places: [String: Int], _ values: [String: [SavedValue]]
    ) throws(TensorFlowError) -> SavedValue {
        guard let made = values[input.node] else {
            throw .broken("'\(InertName.of(input.node))' is read, which there is not")
        }
        let offset = places[input.node].map { OutputNames.offset(of: input.output, nodes[$0]) } ?? 0
        guard made.indices.contains(offset + input.index) else {
            throw .broken("output \(input.index) of '\(InertName.of(input.node))' is read; it makes \(made.count)")
        }
        return made[offset + input.index]
    }

    private func run(_ node: NodeRecord, _ inputs: [SavedValue]) throws(TensorFlowError) -> [SavedValue] {
        let call = SavedCall(node, inputs, self)
        do throws(TensorFlowError) {
            guard let rule = SavedRules.all[node.operatorType] else { throw TensorFlowError("has no counterpart here") }
            try rule(call)
            return try call.results()
        } catch {
            // Said by the innermost node already.
            if error.message.hasPrefix("node '") || error.isLimit { throw error }
            var named = error
            named.message = "node '\(InertName.of(node.name))' (\(InertName.of(node.operatorType))) \(error.message)"
            throw named
        }
    }

    // MARK: - Types

    /// What is known of a value that nodes made.
    ///
    /// - Parameters:
    ///   - stated: what the file says of its sizes, in TensorFlow's order.
    ///   - type: what the file says of its type.
    func made(
        _ made: Made, stated: [Int?]?, type statedType: ElementType?, key: String
    ) throws(TensorFlowError) -> GraphValue {
        types.follow(graph.assembly)
        if let contradiction = types.contradiction {
            throw .broken("does not fit its inputs: \(InertName.of(contradiction))")
        }
        let tensor = types[made.name]?.tensor
        guard let type = tensor?.elementType ?? statedType else {
            throw TensorFlowError("makes a value of which the type cannot be told")
        }
        var inferred = tensor?.dimensions?.map(\.size)
        if made.isChannelsFirst, let sizes = inferred, sizes.count >= 3 {
            inferred = ImageOrder.toLast(rank: sizes.count).map { sizes[$0] }
        }
        let sizes = try Self.refined(inferred, stated)
        if tensor?.dimensions == nil, !made.isChannelsFirst {
            types.declare(made.name, type, sizes.map { $0.map(Dimension.fixed) ?? .unknown })
        }
        if let constant = constant(made, type, key) { return constant }
        return GraphValue(
            source: .made(name: made.name, isChannelsFirst: made.isChannelsFirst), type: type, sizes: sizes)
    }

    private static func refined(_ inferred: [Int?]?, _ stated: [Int?]?) throws(TensorFlowError) -> [Int?] {
        guard let inferred else {
            guard let stated else { throw TensorFlowError("makes a value of which the number of axes cannot be told") }
            return stated
        }
        guard let stated else { return inferred }
        guard stated.count == inferred.count, zip(inferred, stated).allSatisfy({ $0 == nil || $1 == nil || $0 == $1 })
        else { throw .broken("makes a value of sizes \(inferred); the file says \(stated)") }
        for size in inferred where (size ?? 0) > largestSize { throw .limit("would make a value of size \(size ?? 0)") }
        return zip(inferred, stated).map { $0 ?? $1 }
    }

    /// Sizes that were worked out are numbers like any other.
    private func constant(_ made: Made, _ type: ElementType, _ key: String) -> GraphValue? {
        guard !made.isChannelsFirst, type == .int32 || type == .int64, let known = types.integers(made.name),
            let shape = try? Shape(known.dimensions),
            let wide = try? Tensor(.int64, shape, values: known.values.map(Int64.init)),
            let tensor = try? wide.converted(to: type)
        else { return nil }
        return GraphValue(
            source: .constant(tensor, key: "\(key);\(made.name)"), type: type,
            sizes: known.dimensions.map(Optional.init))
    }

    // MARK: - Bodies

    /// A number for a loop, so that lists know to which they belong.
    func nextLoop() -> Int {
        loops += 1
        return loops
    }

    /// Nodes that `body` adds as a graph of their own, with these outputs, which get names of their own.
    func body(
        _ name: String, inputs: [ValueInfo], _ body: () throws(TensorFlowError) -> [GraphValue]
    ) throws(TensorFlowError) -> Graph {
        let place = graph.assembly.nodes.count
        for input in inputs {
            guard let tensor = input.type?.tensor, let type = tensor.elementType else { continue }
            types.declare(input.name, type, tensor.dimensions)
        }
        var outputs: [ValueInfo] = []
        for value in try body() {
            let output = graph.node("Identity", [try graph.plain(value)], "\(name)_result")
            outputs.append(ValueInfo(output, value.type, value.sizes.map { $0.map(Dimension.fixed) ?? .unknown }))
        }
        types.follow(graph.assembly)
        let nodes = UsedNodes.of(graph.cut(from: place), Set(outputs.map(\.name)))
        types.cut(at: place)
        return Graph(name, nodes: nodes, inputs: inputs, outputs: outputs)
    }

    /// Says what a node with a body makes.
    func declare(_ name: String, _ type: ElementType, _ sizes: [Int?]) -> GraphValue {
        types.pass(graph.assembly)
        types.declare(name, type, sizes.map { $0.map(Dimension.fixed) ?? .unknown })
        return GraphValue(source: .made(name: name, isChannelsFirst: false), type: type, sizes: sizes)
    }
}

/// What a graph's outputs need.
enum UsedNodes {
    /// The nodes whose values are used, in their order.
    static func of(_ nodes: [Node], _ outputs: Set<String>) -> [Node] {
        var used = outputs
        var kept: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: used.contains) {
            used.formUnion(names(node))
            kept.append(node)
        }
        return kept.reversed()
    }

    /// Everything that a node reads, bodies included.
    static func names(_ node: Node) -> [String] {
        node.inputs + node.subgraphs.flatMap { graph in graph.nodes.flatMap(names) + graph.outputs.map(\.name) }
    }
}
