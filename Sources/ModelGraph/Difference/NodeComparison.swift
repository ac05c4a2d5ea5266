import Tensors

/// Finds which node of one graph is which of another.
struct NodeComparison {
    private let before: Graph
    private let after: Graph
    /// For each node of the first graph its counterpart's position.
    private var counterparts: [Int?]
    private var isTaken: [Bool]
    /// Names of the first graph's values, and what the second calls them.
    private var renamed: [String: String] = [:]
    private let oldConstants: [String: TensorValue]
    private let newConstants: [String: TensorValue]

    init(_ before: Graph, _ after: Graph) {
        self.before = before
        self.after = after
        counterparts = [Int?](repeating: nil, count: before.nodes.count)
        isTaken = [Bool](repeating: false, count: after.nodes.count)
        oldConstants = Dictionary(before.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        newConstants = Dictionary(after.initializers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        match { _, node in node.name.isEmpty ? nil : node.name }
        match { _, node in node.madeNames.first.map { "\(node.operatorType) \($0)" } }
        matchByStructure()
        for (index, counterpart) in counterparts.enumerated() {
            guard let counterpart else { continue }
            for (old, new) in zip(before.nodes[index].outputs, after.nodes[counterpart].outputs) { renamed[old] = new }
        }
    }

    /// Pairs nodes whose key is the same and occurs once on each side among those still without a counterpart.
    private mutating func match(_ key: (Int, Node) -> String?) {
        var old: [String: [Int]] = [:]
        var new: [String: [Int]] = [:]
        for (index, node) in before.nodes.enumerated() where counterparts[index] == nil {
            if let key = key(index, node) { old[key, default: []].append(index) }
        }
        for (index, node) in after.nodes.enumerated() where !isTaken[index] {
            if let key = key(index, node) { new[key, default: []].append(index) }
        }
        for (key, indices) in old where indices.count == 1 {
            guard let others = new[key], others.count == 1 else { continue }
            pair(indices[0], others[0])
        }
    }

    private mutating func pair(_ index: Int, _ other: Int) {
        counterparts[index] = other
        isTaken[other] = true
    }

    /// Pairs what is left by what it computes: the operator, its attributes, and what its inputs compute. Of several
    /// alike the first goes with the first.
    private mutating func matchByStructure() {
        guard counterparts.contains(nil), isTaken.contains(false) else { return }
        let old = Self.fingerprints(of: before, oldConstants)
        let new = Self.fingerprints(of: after, newConstants)
        var waiting: [Int: [Int]] = [:]
        for index in after.nodes.indices.reversed() where !isTaken[index] {
            waiting[new[index], default: []].append(index)
        }
        for index in before.nodes.indices where counterparts[index] == nil {
            if let other = waiting[old[index]]?.popLast() { pair(index, other) }
        }
    }

    private static func fingerprints(of graph: Graph, _ constants: [String: TensorValue]) -> [Int] {
        var values: [String: Int] = [:]
        for (index, input) in graph.inputs.enumerated() { values[input.name] = index }
        for (name, tensor) in constants {
            var hasher = Hasher()
            hasher.combine(tensor.elementCode)
            hasher.combine(tensor.dimensions)
            values[name] = hasher.finalize()
        }
        return graph.nodes.map { node in
            var hasher = Hasher()
            hasher.combine(node.operatorType)
            hasher.combine(canonicalDomain(node.domain))
            for attribute in node.attributes.sorted(by: { $0.name < $1.name }) {
                hasher.combine(attribute.name)
                hasher.combine(attribute.value.words)
            }
            for input in node.inputs { hasher.combine(values[input]) }
            let fingerprint = hasher.finalize()
            for (position, output) in node.outputs.enumerated() { values[output] = fingerprint &+ position }
            return fingerprint
        }
    }

    /// Writes what was found into `difference`.
    func fill(_ difference: inout ModelDifference) {
        for (index, node) in before.nodes.enumerated() {
            if let counterpart = counterparts[index] {
                if let change = change(index, counterpart) { difference.nodesChanged.append(change) }
            } else {
                difference.nodesRemoved.append(Self.reference(node, index))
            }
        }
        for (index, node) in after.nodes.enumerated() where !isTaken[index] {
            difference.nodesAdded.append(Self.reference(node, index))
        }
    }

    private static func reference(_ node: Node, _ index: Int) -> ModelDifference.NodeReference {
        ModelDifference.NodeReference(
            name: node.name.isEmpty ? node.madeNames.first ?? "" : node.name,
            operatorName: OperatorName(canonicalDomain(node.domain), node.operatorType), index: index)
    }

    private func change(_ index: Int, _ other: Int) -> ModelDifference.NodeChange? {
        let old = before.nodes[index]
        let new = after.nodes[other]
        let one = Self.reference(old, index)
        let two = Self.reference(new, other)
        let attributes = attributeChanges(old, new)
        let inputs = inputChanges(old, new)
        guard one.operatorName != two.operatorName || !attributes.isEmpty || !inputs.isEmpty else { return nil }
        return ModelDifference.NodeChange(before: one, after: two, attributes: attributes, inputs: inputs)
    }

    private func attributeChanges(_ old: Node, _ new: Node) -> [ModelDifference.Change] {
        let names = (old.attributes + new.attributes).map(\.name)
        var seen: Set<String> = []
        return names.compactMap { name in
            let one = old.attribute(name)?.value
            let other = new.attribute(name)?.value
            guard seen.insert(name).inserted, !Self.isSame(one, other) else { return nil }
            return ModelDifference.Change(name: name, before: one?.words, after: other?.words)
        }
    }

    /// Whether two values are written alike: one that is no number is not equal to itself.
    private static func isSame(_ one: Attribute.Value?, _ other: Attribute.Value?) -> Bool {
        guard one != other else { return true }
        guard let one, let other, one.kind == other.kind else { return false }
        var writer = WireWriter()
        Attribute("", one).write(to: &writer)
        var second = WireWriter()
        Attribute("", other).write(to: &second)
        return writer.encoded == second.encoded
    }

    private func inputChanges(_ old: Node, _ new: Node) -> [ModelDifference.Change] {
        (0..<max(old.inputs.count, new.inputs.count)).compactMap { position in
            let one = position < old.inputs.count ? old.inputs[position] : nil
            let other = position < new.inputs.count ? new.inputs[position] : nil
            guard !isSame(one, other) else { return nil }
            return ModelDifference.Change(name: "input \(position)", before: one, after: other)
        }
    }

    private func isSame(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return (one ?? "").isEmpty && (other ?? "").isEmpty }
        if one == other || renamed[one] == other { return true }
        guard let constant = oldConstants[one], let counterpart = newConstants[other] else { return false }
        return constant.elementCode == counterpart.elementCode && constant.dimensions == counterpart.dimensions
            && constant.elements == counterpart.elements
    }
}

extension Attribute.Value {
    /// The value in a few words, for people.
    package var words: String {
        switch self {
        case .undefined: "nothing"
        case .float(let value): "\(value)"
        case .int(let value): "\(value)"
        case .string(let bytes): bytes.text.map(\.quoted) ?? "\(bytes.count) bytes"
        case .tensor(let tensor): tensor.words
        case .graph(let graph): "graph \(graph.name.quoted) of \(graph.nodes.count) nodes"
        case .floats(let values): Self.list(values.prefix(8).map { "\($0)" }, values.count)
        case .ints(let values): Self.list(values.prefix(8).map { "\($0)" }, values.count)
        case .strings(let values):
            Self.list(values.prefix(8).map { $0.text?.quoted ?? "\($0.count) bytes" }, values.count)
        case .tensors(let tensors): "\(tensors.count) tensors"
        case .graphs(let graphs): "\(graphs.count) graphs"
        case .sparseTensor: "a sparse tensor"
        case .sparseTensors(let tensors): "\(tensors.count) sparse tensors"
        case .type(let type): "\(type)"
        case .types(let types): "\(types.count) types"
        case .reference(let name, _): "the function's \(name.quoted)"
        }
    }

    /// The first few of so many.
    private static func list(_ shown: [String], _ count: Int) -> String {
        let words = shown.joined(separator: ", ")
        return count > shown.count ? "[\(words), … \(count) in all]" : "[\(words)]"
    }
}

extension TensorValue {
    fileprivate var words: String {
        guard let count = elementCount, count <= 8, let values = try? tensor().doubles() else { return typeDescription }
        return "\(typeDescription) of \(values.map { "\($0)" }.joined(separator: ", "))"
    }
}
