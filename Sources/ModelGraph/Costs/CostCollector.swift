import Tensors

/// Puts together what inference found with the sizes of constants and the lives of values.
struct CostCollector {
    private let model: Model
    private let types: InferredTypes
    private let batch: Int?
    /// Constants that no layer so far has read.
    private var unread: [String: TensorValue]
    private let constants: Set<String>

    init(_ model: Model, _ types: InferredTypes, batch: Int?) {
        self.model = model
        self.types = types
        self.batch = batch
        var unread: [String: TensorValue] = [:]
        for tensor in model.graph.initializers { unread[tensor.name] = tensor }
        for sparse in model.graph.sparseInitializers { unread[sparse.name] = sparse.values }
        self.unread = unread
        constants = Set(unread.keys)
    }

    consuming func costs() -> ModelCosts {
        var layers: [Layer] = []
        layers.reserveCapacity(model.graph.nodes.count)
        for (index, node) in model.graph.nodes.enumerated() { layers.append(layer(node, index)) }
        let peak = PeakMemory(model.graph, types)
        return ModelCosts(
            batch: batch, layers: layers, parameters: model.parameterCount, weightBytes: model.weightBytes,
            flops: layers.reduce(0) { $0.addingClamped($1.flops) },
            layersOfUnknownFLOPs: layers.count { $0.flops == nil },
            activationBytes: layers.reduce(0) { $0.addingClamped($1.activationBytes) },
            layersOfUnknownBytes: layers.count { $0.activationBytes == nil },
            peakActivationBytes: peak.bytes, peakLayer: peak.node, notes: types.notes)
    }

    private mutating func layer(_ node: Node, _ index: Int) -> Layer {
        var parameters = 0
        var bytes = 0
        func add(_ tensor: TensorValue) {
            parameters = parameters.addingClamped(tensor.elementCount)
            bytes = bytes.addingClamped(tensor.byteCount)
        }
        for name in node.namesRead { if let tensor = unread.removeValue(forKey: name) { add(tensor) } }
        for graph in node.subgraphs { graph.forEachInitializer(add) }
        return Layer(
            index: index, name: node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "" : node.name,
            operatorName: OperatorName(canonicalDomain(node.domain), node.operatorType),
            inputs: node.inputs.map(port), outputs: node.outputs.map(port), parameters: parameters, weightBytes: bytes,
            flops: types.flops[index], activationBytes: activationBytes(node))
    }

    private func port(_ name: String) -> Layer.Port {
        Layer.Port(name: name, type: name.isEmpty ? nil : types[name], isConstant: constants.contains(name))
    }

    private func activationBytes(_ node: Node) -> Int? {
        var total = 0
        for name in node.outputs where !name.isEmpty {
            guard let bytes = types.byteCount(name) else { return nil }
            total = total.addingClamped(bytes)
        }
        return total
    }
}

extension InferredTypes {
    /// Bytes of a tensor whose sizes are all numbers; `nil` for anything else, and for strings.
    package func byteCount(_ name: String) -> Int? {
        guard case .tensor(let element?, let sizes?)? = fact(name)?.type else { return nil }
        let fixed = sizes.compactMap(\.fixed)
        guard fixed.count == sizes.count, let shape = try? Shape(fixed) else { return nil }
        return try? shape.byteCount(of: element)
    }
}

/// The most memory that values in between take at a time.
struct PeakMemory {
    private(set) var bytes = 0
    /// The node during which that is.
    private(set) var node: Int?

    init(_ graph: Graph, _ types: InferredTypes) {
        var lastReader: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for name in node.namesRead where !name.isEmpty { lastReader[name] = index }
        }
        // Inputs and outputs live to the end: the caller has them.
        for value in graph.requiredInputs + graph.outputs { lastReader[value.name] = graph.nodes.count }
        var ending = [[String]](repeating: [], count: graph.nodes.count + 1)
        for (name, index) in lastReader { ending[index].append(name) }

        let constants = graph.constantNames
        var alive: [String: Int] = [:]
        var now = 0
        for input in graph.requiredInputs {
            alive[input.name] = types.byteCount(input.name) ?? 0
            now = now.addingClamped(alive[input.name])
        }
        for (index, node) in graph.nodes.enumerated() {
            for name in node.outputs where !name.isEmpty && alive[name] == nil && !constants.contains(name) {
                let size = types.byteCount(name) ?? 0
                alive[name] = size
                now = now.addingClamped(size)
            }
            if self.node == nil || now > bytes { (bytes, self.node) = (now, index) }
            let unread = node.outputs.filter { lastReader[$0] == nil }
            for name in ending[index] + unread { now = max(0, now - (alive.removeValue(forKey: name) ?? 0)) }
        }
    }
}

extension Int {
    /// The sum of two numbers that are not negative, stopping at `Int.max`.
    func addingClamped(_ other: Int?) -> Int {
        let (sum, overflow) = addingReportingOverflow(other ?? 0)
        return overflow ? .max : sum
    }
}
