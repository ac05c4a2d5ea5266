import Tensors

/// What changed from one model to another.
package struct ModelDifference: Hashable, Sendable {
    /// Something with a name that only one of the models has, or that both have differently.
    package struct Change: Hashable, Sendable {
        package let name: String
        /// In words, as the first model has it; `nil` when only the second has it.
        package let before: String?
        /// In words, as the second model has it; `nil` when only the first has it.
        package let after: String?
    }

    /// A node that only one of the models has.
    package struct NodeReference: Hashable, Sendable {
        /// Its name; without one, that of the first value it makes.
        package let name: String
        package let operatorName: OperatorName
        /// Its position in its model's graph.
        package let index: Int
    }

    /// A node that both have, but not alike.
    package struct NodeChange: Hashable, Sendable {
        package let before: NodeReference
        package let after: NodeReference
        package let attributes: [Change]
        /// Inputs by their position, where another value is read; a value that was only renamed is the same.
        package let inputs: [Change]
    }

    /// A constant that both have, but not alike.
    package struct ConstantChange: Hashable, Sendable {
        package let name: String
        /// `FP32 [64, 3, 7, 7]`.
        package let before: String
        package let after: String
        /// The largest absolute difference of two elements in the same place; `nil` when types or shapes differ, the
        /// elements are not numbers, or they are in another file.
        package let largestDifference: Double?
        /// How many elements differ; `nil` as above.
        package let changedElements: Int?
    }

    /// Version, producer, metadata.
    package internal(set) var properties: [Change] = []
    package internal(set) var opsets: [Change] = []
    package internal(set) var inputs: [Change] = []
    package internal(set) var outputs: [Change] = []
    package internal(set) var functions: [Change] = []
    package internal(set) var nodesAdded: [NodeReference] = []
    package internal(set) var nodesRemoved: [NodeReference] = []
    package internal(set) var nodesChanged: [NodeChange] = []
    /// With type and shape in `after`.
    package internal(set) var constantsAdded: [Change] = []
    /// With type and shape in `before`.
    package internal(set) var constantsRemoved: [Change] = []
    package internal(set) var constantsChanged: [ConstantChange] = []

    /// Whether the two mean the same.
    package var isEmpty: Bool { self == ModelDifference() }
}

extension Model {
    /// What changed from this model to `other`. Nodes of the main graphs are matched by name, else by what they make,
    /// else by what they compute; a renamed value is no change.
    ///
    /// Cost: linear in nodes; elements are compared where constants of one name are not the same bytes.
    package func difference(to other: Model) -> ModelDifference {
        var difference = ModelDifference()
        difference.properties = changes(properties, other.properties)
        difference.opsets = changes(opsetVersions, other.opsetVersions)
        difference.inputs = changes(ports(graph.requiredInputs), ports(other.graph.requiredInputs))
        difference.outputs = changes(ports(graph.outputs), ports(other.graph.outputs))
        difference.functions = functionChanges(other)
        let constants = ConstantComparison(graph, other.graph)
        difference.constantsAdded = constants.added
        difference.constantsRemoved = constants.removed
        difference.constantsChanged = constants.changed
        NodeComparison(graph, other.graph).fill(&difference)
        return difference
    }

    private var properties: [(String, String)] {
        var all = [
            ("IR version", String(irVersion)), ("producer", producerName), ("producer version", producerVersion),
            ("domain", domain), ("model version", String(modelVersion)), ("documentation", documentation),
            ("graph name", graph.name),
        ]
        all += metadata.map { ("metadata \($0.key)", $0.value) }
        return all.filter { !$0.1.isEmpty }
    }

    private var opsetVersions: [(String, String)] {
        opsetImports.map { (canonicalDomain($0.domain).isEmpty ? "ai.onnx" : $0.domain, String($0.version)) }
    }

    private func ports(_ values: [ValueInfo]) -> [(String, String)] {
        values.map { ($0.name, $0.type?.description ?? "no declared type") }
    }

    private func functionChanges(_ other: Model) -> [ModelDifference.Change] {
        func named(_ model: Model) -> [String: Function] {
            Dictionary(
                model.functions.map { (OperatorName($0.domain, $0.name).description + $0.overload, $0) },
                uniquingKeysWith: { first, _ in first })
        }
        func words(_ function: Function) -> String { "\(function.nodes.count) nodes" }
        let before = named(self)
        let after = named(other)
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            guard before[name] != after[name] else { return nil }
            return ModelDifference.Change(
                name: name, before: before[name].map(words), after: after[name].map(words))
        }
    }
}

/// Entries of two lists that are not alike, in the order of the first list, then of the second.
func changes(_ before: [(String, String)], _ after: [(String, String)]) -> [ModelDifference.Change] {
    let old = Dictionary(before, uniquingKeysWith: { first, _ in first })
    let new = Dictionary(after, uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    return (before + after).compactMap { name, _ in
        guard seen.insert(name).inserted, old[name] != new[name] else { return nil }
        return ModelDifference.Change(name: name, before: old[name], after: new[name])
    }
}
