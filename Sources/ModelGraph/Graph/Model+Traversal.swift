/// Walking through everything a model holds: graphs inside graphs, function bodies, training graphs.
extension Model {
    /// Calls `visit` with every tensor, wherever it hides: initializers, sparse ones, attributes (also of functions,
    /// as defaults), subgraphs and training graphs. What a check does not visit is where an attacker puts it.
    package func forEachTensor<Failure: Error>(
        _ visit: (TensorValue) throws(Failure) -> Void
    ) throws(Failure) {
        try graph.forEachTensor(visit)
        for training in trainingInfo {
            try training.initialization?.forEachTensor(visit)
            try training.algorithm?.forEachTensor(visit)
        }
        for function in functions {
            for attribute in function.attributeDefaults { try attribute.value.forEachTensor(visit) }
            for node in function.nodes { try node.forEachTensor(visit) }
        }
    }

    /// Calls `visit` with every node: of the graph, its subgraphs, and function bodies.
    package func forEachNode(_ visit: (Node) -> Void) {
        graph.forEachNode(visit)
        for function in functions {
            for node in function.nodes { node.forEachNode(visit) }
        }
    }

    /// Elements of all initializers of the graph and its subgraphs. Counts that do not fit are left out: validation
    /// reports them.
    package var parameterCount: Int {
        var total = 0
        graph.forEachInitializer { total.addClamped($0.elementCount) }
        return total
    }

    /// Bytes of all tensors in the engine's layout, also those in other files.
    package var weightBytes: Int {
        var total = 0
        forEachTensor { total.addClamped($0.byteCount) }
        return total
    }

    /// How often each operator is used, most used first, then by name.
    package var operatorCounts: [OperatorCount] {
        var counts: [OperatorName: Int] = [:]
        forEachNode { counts[OperatorName(canonicalDomain($0.domain), $0.operatorType), default: 0] += 1 }
        return counts.map { OperatorCount(name: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.name.description) < ($0.count, $1.name.description) }
    }
}

/// An operator and the domain it belongs to.
package struct OperatorName: Hashable, Sendable, CustomStringConvertible {
    /// Empty for ONNX's own operators.
    package let domain: String
    package let type: String

    package init(_ domain: String, _ type: String) {
        self.domain = domain
        self.type = type
    }

    /// `Conv`, `ai.onnx.ml.Scaler`.
    package var description: String { domain.isEmpty ? type : "\(domain).\(type)" }
}

/// An operator and how many nodes use it.
package struct OperatorCount: Hashable, Sendable {
    package let name: OperatorName
    package let count: Int
}

extension Graph {
    func forEachTensor<Failure: Error>(_ visit: (TensorValue) throws(Failure) -> Void) throws(Failure) {
        for tensor in initializers { try visit(tensor) }
        for sparse in sparseInitializers {
            for part in sparse.parts { try visit(part) }
        }
        for node in nodes { try node.forEachTensor(visit) }
    }

    func forEachNode(_ visit: (Node) -> Void) {
        for node in nodes { node.forEachNode(visit) }
    }

    func forEachInitializer(_ visit: (TensorValue) -> Void) {
        for tensor in initializers { visit(tensor) }
        for sparse in sparseInitializers {
            if let values = sparse.values { visit(values) }
        }
        for node in nodes {
            for graph in node.subgraphs { graph.forEachInitializer(visit) }
        }
    }
}

extension Node {
    func forEachTensor<Failure: Error>(_ visit: (TensorValue) throws(Failure) -> Void) throws(Failure) {
        for attribute in attributes { try attribute.value.forEachTensor(visit) }
    }

    func forEachNode(_ visit: (Node) -> Void) {
        visit(self)
        for graph in subgraphs { graph.forEachNode(visit) }
    }
}

extension Attribute.Value {
    func forEachTensor<Failure: Error>(_ visit: (TensorValue) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .tensor(let tensor): try visit(tensor)
        case .tensors(let tensors): for tensor in tensors { try visit(tensor) }
        case .sparseTensor(let sparse): for part in sparse.parts { try visit(part) }
        case .sparseTensors(let all): for sparse in all { for part in sparse.parts { try visit(part) } }
        case .graph(let graph): try graph.forEachTensor(visit)
        case .graphs(let graphs): for graph in graphs { try graph.forEachTensor(visit) }
        case .undefined, .float, .int, .string, .floats, .ints, .strings, .type, .types, .reference: break
        }
    }
}

extension Int {
    /// Adds, stopping at `Int.max`.
    fileprivate mutating func addClamped(_ other: Int?) {
        let (sum, overflow) = addingReportingOverflow(other ?? 0)
        self = overflow ? .max : sum
    }
}
