import ModelGraph
import Tensors

/// The values of a graph's variables, found as TensorFlow finds them: by what the graph itself would restore.
final class SavedVariables {
    private let bundle: TensorBundle?
    /// By the name of the variable's node: what it is called in the bundle.
    private var names: [String: String] = [:]
    private var loaded: [String: GraphValue] = [:]
    private let graph: MetaGraph

    private static let handles: Set<String> = ["VarHandleOp", "VariableV2", "Variable"]
    private static let assigning: Set<String> = ["AssignVariableOp", "Assign"]
    private static let passing: Set<String> = ["Identity", "Cast"]
    private static let deepest = 8

    init(_ graph: MetaGraph, _ bundle: TensorBundle?) {
        self.graph = graph
        self.bundle = bundle
        find(in: graph.nodes, [:], depth: 0)
        guard let restoring = graph.nodes.first(where: { $0.name == graph.restoring }) else { return }
        follow(restoring, Dictionary(graph.nodes.map { ($0.name, $0) }) { first, _ in first }, [:], depth: 0)
    }

    /// Whether a node is a variable.
    static func isVariable(_ node: NodeRecord) -> Bool { handles.contains(node.operatorType) }

    /// Whether a variable is of the older kind, which is its value wherever it is read.
    func isReference(_ name: String) -> Bool {
        graph.nodes.first { $0.name == name }.map { $0.operatorType != "VarHandleOp" } ?? false
    }

    // MARK: - Names

    /// Nodes that put what was read into a variable.
    private func find(in nodes: [NodeRecord], _ arguments: [String: String], depth: Int) {
        let byName = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        for node in nodes where Self.assigning.contains(node.operatorType) && node.inputs.count == 2 {
            guard let variable = variable(node.inputs[0], byName, arguments), let key = key(node.inputs[1], byName)
            else {
                continue
            }
            names[variable] = key
        }
        guard depth > 0 else { return }
        for node in nodes { follow(node, byName, arguments, depth: depth) }
    }

    private func follow(
        _ node: NodeRecord, _ nodes: [String: NodeRecord], _ arguments: [String: String], depth: Int
    ) {
        guard depth < Self.deepest, CallRules.calls.contains(node.operatorType), let name = node.function("f"),
            let function = graph.functions[name], function.arguments.count == node.inputs.count
        else { return }
        var given: [String: String] = [:]
        for (argument, input) in zip(function.arguments, node.inputs) {
            given[argument] = variable(input, nodes, arguments)
        }
        find(in: function.nodes, given, depth: depth + 1)
    }

    private func variable(
        _ input: InputName, _ nodes: [String: NodeRecord], _ arguments: [String: String]
    ) -> String? {
        var input = input
        for _ in 0..<Self.deepest {
            if let argument = arguments[input.node] { return argument }
            guard let node = nodes[input.node] else { return nil }
            if Self.isVariable(node) { return node.name }
            guard node.operatorType == "Identity", let next = node.inputs.first else { return nil }
            input = next
        }
        return nil
    }

    /// What is read for a value: the name that belongs to one output of `RestoreV2`.
    private func key(_ input: InputName, _ nodes: [String: NodeRecord]) -> String? {
        var input = input
        for _ in 0..<Self.deepest {
            guard let node = nodes[input.node] else { return nil }
            if node.operatorType == "RestoreV2" {
                guard node.inputs.count == 3, let names = nodes[node.inputs[1].node]?.tensor("value")?.strings,
                    names.indices.contains(input.index)
                else { return nil }
                return names[input.index].text
            }
            guard Self.passing.contains(node.operatorType), let next = node.inputs.first else { return nil }
            input = next
        }
        return nil
    }

    // MARK: - Values

    /// What a variable holds.
    ///
    /// - Parameter name: of its node in the graph.
    /// - Throws: `TensorFlowError` when it is not stored, or its bytes are not those that were written.
    func value(_ name: String) throws(TensorFlowError) -> GraphValue {
        if let value = loaded[name] { return value }
        let shown = InertName.of(name)
        guard let bundle else {
            throw TensorFlowError(
                "the variable '\(shown)' has no value: there is no variables/variables.index",
                help: "give the whole folder, variables included, as TensorFlow saved it")
        }
        let node = graph.nodes.first { $0.name == name }
        let candidates = [names[name], node?.text("shared_name"), name].compactMap(\.self)
        guard let key = candidates.first(where: { bundle.entries[$0] != nil }), let entry = bundle.entries[key] else {
            throw TensorFlowError(
                "the value of the variable '\(shown)' is not in variables.index",
                help: "the folder is of two models, or was not written whole; save the model again")
        }
        let tensor = try bundle.tensor(entry, key)
        if case .shape(let stated?)? = node?.attributes["shape"] {
            let sizes = tensor.shape.dimensions
            guard stated.count == sizes.count, zip(stated, sizes).allSatisfy({ $0 == nil || $0 == $1 }) else {
                throw .broken("the variable '\(shown)' has another shape in the graph than in its file")
            }
        }
        let value = GraphValue(
            source: .constant(tensor, key: "\(Self.title(key));\(loaded.count)"), type: tensor.elementType,
            sizes: tensor.shape.dimensions.map(Optional.init))
        loaded[name] = value
        return value
    }

    /// A name without what every checkpoint adds to it.
    private static func title(_ key: String) -> String {
        let ending = "/.ATTRIBUTES/VARIABLE_VALUE"
        return key.hasSuffix(ending) ? String(key.dropLast(ending.count)) : key
    }
}
