package import ModelGraph
import Tensors

/// Writes a model in a newer operator set: what nodes say in attributes moves to inputs, what an operator took for granted
/// is spelled out. An operator without an adapter means the same in both, or the conversion is refused.
package struct OpsetConversion: Hashable, Sendable {
    package let target: Int64

    /// The operator sets between which is converted. Before 7, sizes of operands were matched in another way.
    package static let oldest: Int64 = 7
    package static let newest: Int64 = 21

    /// - Throws: `RuleFault` for a set that is not known here.
    package init(_ target: Int64) throws(RuleFault) {
        guard (Self.oldest...Self.newest).contains(target) else {
            throw RuleFault(
                "operator set \(target) is not among those that are converted to: \(Self.oldest) to \(Self.newest)")
        }
        self.target = target
    }

    /// The model in the newer set, and what was done in words; the model as it is when it is as new already.
    ///
    /// - Throws: `RuleFault` that names the node for which no way is known.
    package func applied(to model: Model) throws -> (model: Model, notes: [String]) {
        let from = model.opset ?? 0
        guard from < target else { return (model, ["operator set \(from) is as new as \(target)"]) }
        guard from >= Self.oldest else {
            throw RuleFault("the model is written in operator set \(from); conversion begins at \(Self.oldest)")
        }
        guard model.functions.isEmpty else {
            throw RuleFault(
                "the model defines functions, \(model.functions[0].name) first, with operator sets of their own")
        }
        var walk = Walk(model, from: from, to: target)
        let nodes = try walk.nodes(model.graph.nodes)
        var converted = walk.editor.model
        converted.graph.nodes = nodes
        converted.declareOpset(target)
        let what = walk.rewritten == 1 ? "1 node" : "\(walk.rewritten) nodes"
        return (converted, ["operator set \(from) became \(target): \(what) written anew"])
    }
}

/// Through a graph and the graphs inside it.
private struct Walk {
    let view: GraphView
    var editor: GraphEditor
    var rewritten = 0
    private let from: Int64
    private let to: Int64

    init(_ model: Model, from: Int64, to: Int64) {
        view = GraphView(model)
        editor = GraphEditor(model)
        self.from = from
        self.to = to
    }

    mutating func nodes(_ nodes: [Node]) throws -> [Node] {
        var result: [Node] = []
        for node in nodes {
            var node = node
            for place in node.attributes.indices {
                guard case .graph(var body) = node.attributes[place].value else { continue }
                body.nodes = try self.nodes(body.nodes)
                node.attributes[place].value = .graph(body)
            }
            result += try converted(node)
        }
        return result
    }

    /// One node, through every adapter between the sets.
    private mutating func converted(_ node: Node) throws -> [Node] {
        guard node.domain.isEmpty || node.domain == "ai.onnx" else { return [node] }
        var current = [node]
        for version in (from + 1)...to {
            var next: [Node] = []
            for node in current {
                guard let adapter = OperatorAdapters.table[node.operatorType]?[version] else {
                    next.append(node)
                    continue
                }
                do {
                    let made = try adapter(node, view, &editor)
                    if made != [node] { rewritten += 1 }
                    next += made
                } catch let fault as RuleFault {
                    let name = node.name.isEmpty ? node.output(0) : node.name
                    throw RuleFault(
                        "node \(name) (\(node.operatorType)) cannot be written in operator set \(version): \(fault.reason)"
                    )
                }
            }
            current = next
        }
        return current
    }
}

extension Model {
    /// Imports an operator set, in a version of the format that has it.
    fileprivate mutating func declareOpset(_ version: Int64) {
        for index in opsetImports.indices where ["", "ai.onnx"].contains(opsetImports[index].domain) {
            opsetImports[index].version = version
        }
        let needed = Self.irVersion(ofOpset: version)
        guard irVersion < needed else { return }
        // Up to version 3 constants are declared as inputs; from 4 on such an input would be one that callers may set.
        if irVersion < 4 {
            let constants = graph.constantNames
            graph.inputs.removeAll { constants.contains($0.name) }
        }
        irVersion = needed
    }

    /// Source: ONNX, `docs/Versioning.md`, released versions.
    private static func irVersion(ofOpset version: Int64) -> Int64 {
        switch version {
        case ...8: 3
        case 9: 4
        case 10: 5
        case 11: 6
        case 12...14: 7
        case 15...18: 8
        case 19...20: 9
        default: 10
        }
    }
}
