package import Tensors

/// Changes a model's main graph while keeping what makes it valid: names stay unique, nodes stay in an order in which
/// they can run, constants take the form that the file's version allows.
package struct GraphEditor {
    package internal(set) var model: Model
    /// Every name of a value or node, of the main graph and all graphs inside it.
    var names: Set<String> = []
    /// How many nodes were put in front; the next goes after them.
    var prepended = 0

    package init(_ model: Model) {
        self.model = model
        collectNames(of: model.graph)
    }

    private mutating func collectNames(of graph: Graph) {
        names.formUnion(graph.constantNames)
        names.formUnion(graph.inputs.map(\.name))
        names.formUnion(graph.outputs.map(\.name))
        for node in graph.nodes { noteNames(of: node) }
    }

    /// Takes the names that a node brings.
    mutating func noteNames(of node: Node) {
        names.insert(node.name)
        names.formUnion(node.inputs)
        names.formUnion(node.outputs)
        for subgraph in node.subgraphs { collectNames(of: subgraph) }
    }

    /// A name that nothing has yet: `base`, else `base_2`, `base_3`, … It is taken from now on.
    package mutating func freshName(_ base: String) -> String {
        var name = base
        var number = 2
        while !names.insert(name).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        return name
    }

    /// Adds a constant and gives its name. Before IR version 4 every initializer must be an input too, with the
    /// initializer as its default: so it is declared, and callers need not give it.
    package mutating func addConstant(_ base: String, _ tensor: Tensor) -> String {
        let name = freshName(base)
        model.graph.initializers.append(TensorValue(name, tensor))
        if model.irVersion < 4 {
            let dimensions = tensor.shape.dimensions.map { Dimension.fixed($0) }
            model.graph.inputs.append(ValueInfo(name, tensor.elementType, dimensions))
        }
        return name
    }

    /// Puts a node in front of the model's own, after those already put there. It may read inputs, constants, and the
    /// nodes put there before.
    package mutating func prepend(_ node: Node) {
        model.graph.nodes.insert(node, at: prepended)
        prepended += 1
    }

    /// Adds a node after all others.
    package mutating func append(_ node: Node) {
        model.graph.nodes.append(node)
    }

    /// Puts another node in the place of one that makes the same values.
    package mutating func replaceNode(at index: Int, with node: Node) {
        model.graph.nodes[index] = node
    }

    /// Lets every node that reads `old`, also inside subgraphs, read `new`. Graph outputs keep their names.
    package mutating func replaceReads(of old: String, with new: String) {
        replaceReads(of: old, with: new, from: 0)
    }

    /// As above, for the nodes from a position on.
    mutating func replaceReads(of old: String, with new: String, from start: Int) {
        for index in model.graph.nodes.indices.dropFirst(start) {
            model.graph.nodes[index].replaceReads(of: old, with: new)
        }
    }

    /// Declares another type for input `index`.
    package mutating func setInputType(at index: Int, _ type: ValueType) {
        model.graph.inputs[index].type = type
    }

    /// Declares another type for output `index`.
    package mutating func setOutputType(at index: Int, _ type: ValueType) {
        model.graph.outputs[index].type = type
    }

    /// Adds an output, the last.
    package mutating func addOutput(_ output: ValueInfo) {
        model.graph.outputs.append(output)
    }

    /// The version of ONNX's own operators; imported now, as old as the file, when the model uses none so far.
    package mutating func ensureOpset() -> Int64 {
        if let version = model.opset { return version }
        let version = Self.opset(ofIRVersion: model.irVersion)
        model.opsetImports.append(OpsetImport(version))
        return version
    }

    /// An operator set that every reader of an IR version has. Source: ONNX `docs/Versioning.md`, released versions.
    private static func opset(ofIRVersion version: Int64) -> Int64 {
        switch version {
        case ...3: 8
        case 4: 9
        case 5: 10
        case 6: 11
        case 7: 13
        default: 15
        }
    }
}

extension Node {
    /// Reads `new` instead of `old`, also in subgraphs that do not have an `old` of their own.
    fileprivate mutating func replaceReads(of old: String, with new: String) {
        for index in inputs.indices where inputs[index] == old { inputs[index] = new }
        for index in attributes.indices {
            switch attributes[index].value {
            case .graph(var graph):
                graph.replaceReads(of: old, with: new)
                attributes[index].value = .graph(graph)
            case .graphs(var graphs):
                for position in graphs.indices { graphs[position].replaceReads(of: old, with: new) }
                attributes[index].value = .graphs(graphs)
            default: break
            }
        }
    }
}

extension Graph {
    /// As for nodes; a graph with an input, a constant or a node output of the old name means its own.
    fileprivate mutating func replaceReads(of old: String, with new: String) {
        guard !inputs.contains(where: { $0.name == old }), !constantNames.contains(old) else { return }
        guard !nodes.contains(where: { $0.outputs.contains(old) }) else { return }
        for index in nodes.indices { nodes[index].replaceReads(of: old, with: new) }
    }
}
