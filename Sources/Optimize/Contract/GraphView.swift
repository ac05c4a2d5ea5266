package import ModelGraph
package import Tensors

/// A main graph with what rules ask of it: who makes a value, who reads it, what is constant, what type it has.
///
/// A snapshot; costs one pass of shape inference.
package struct GraphView: Sendable {
    package let model: Model
    package let types: InferredTypes
    private let makers: [String: Int]
    private let readers: [String: [Int]]
    private let outputs: Set<String>
    private let constants: [String: TensorValue]
    private let functions: Set<Function.Key>

    package init(_ model: Model) {
        self.model = model
        types = model.inferred()
        var makers: [String: Int] = [:]
        var readers: [String: [Int]] = [:]
        for (index, node) in model.graph.nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { makers[output] = index }
            for input in node.inputs where !input.isEmpty { readers[input, default: []].append(index) }
            for name in Set(node.subgraphs.flatMap(\.freeNames)) { readers[name, default: []].append(index) }
        }
        self.makers = makers
        self.readers = readers
        outputs = Set(model.graph.outputs.map(\.name))
        // Since IR version 4 a constant that is also an input is only that input's default.
        let inputs = model.irVersion >= 4 ? Set(model.graph.inputs.map(\.name)) : []
        constants = Dictionary(
            model.graph.initializers.filter { !inputs.contains($0.name) && !$0.isExternal }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
        functions = Set(model.functions.map(\.key))
    }

    package var nodes: [Node] { model.graph.nodes }

    /// The version of ONNX's own operators; 0 when the model imports none.
    package var opset: Int64 { model.opset ?? 0 }

    /// The node that makes a value; `nil` for inputs and constants.
    package func maker(of value: String) -> Int? { makers[value] }

    /// The nodes that read a value, one entry for each time; those whose subgraphs do, too.
    package func readers(of value: String) -> [Int] { readers[value] ?? [] }

    package func isOutput(_ value: String) -> Bool { outputs.contains(value) }

    /// The node that alone reads a value, once; `nil` also where the value is an output of the model.
    package func onlyReader(of value: String) -> Int? {
        guard !outputs.contains(value), let all = readers[value], all.count == 1 else { return nil }
        return all[0]
    }

    /// A constant that no caller can replace, with its elements in this file.
    package func constant(_ value: String) -> TensorValue? { constants[value] }

    /// The operator of a node, where it is ONNX's own and the model does not redefine it.
    package func standardOperator(_ index: Int) -> String? {
        let node = nodes[index]
        guard node.domain.isEmpty || node.domain == "ai.onnx", functions.isEmpty || !isFunction(node) else {
            return nil
        }
        return node.operatorType
    }

    /// Whether a node calls a function of the model.
    package func isFunction(_ node: Node) -> Bool { functions.contains(Function.Key(calledBy: node)) }

    /// The node that makes a value, where it is one of these of ONNX's operators.
    package func maker(of value: String, among operators: Set<String>) -> Int? {
        guard let index = makers[value], let type = standardOperator(index), operators.contains(type) else {
            return nil
        }
        return index
    }

    package func elementType(_ value: String) -> ElementType? { types[value]?.tensor?.elementType }

    package func dimensions(_ value: String) -> [Dimension]? { types[value]?.tensor?.dimensions }

    package func rank(_ value: String) -> Int? { dimensions(value)?.count }

    /// The sizes, where all are numbers.
    package func fixedSizes(_ value: String) -> [Int]? {
        guard let dimensions = dimensions(value) else { return nil }
        let sizes = dimensions.compactMap(\.size)
        return sizes.count == dimensions.count ? sizes : nil
    }

    /// What a report calls a node.
    package func label(_ index: Int) -> String {
        let node = nodes[index]
        return node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "\(node.operatorType) \(index)" : node.name
    }
}

extension Node {
    /// An input by position; empty when it is left out.
    package func input(_ position: Int) -> String { inputs.indices.contains(position) ? inputs[position] : "" }

    /// An output by position; empty when nobody wants it.
    package func output(_ position: Int) -> String { outputs.indices.contains(position) ? outputs[position] : "" }

    package func int(_ name: String) -> Int64? { attribute(name)?.value.intValue }

    package func ints(_ name: String) -> [Int]? { attribute(name)?.value.intsValue?.map { Int($0) } }

    package func text(_ name: String) -> String? { attribute(name)?.value.textValue }

    package func float(_ name: String) -> Float? {
        if case .float(let value)? = attribute(name)?.value { value } else { nil }
    }

    /// The same node with an attribute set.
    package func setting(_ name: String, _ value: Attribute.Value) -> Node {
        var node = self
        if let index = node.attributes.firstIndex(where: { $0.name == name }) {
            node.attributes[index].value = value
        } else {
            node.attributes.append(Attribute(name, value))
        }
        return node
    }
}
