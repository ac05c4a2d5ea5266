/// Where something is, from the outside in: a graph, a node in it, an attribute of that.
package struct Place: Hashable, Sendable {
    /// One step on the way in.
    package enum Step: Hashable, Sendable {
        /// A byte offset in the file.
        case offset(Int)
        case graph(String)
        case function(String)
        /// `index` is the node's position in its graph; names are optional in ONNX.
        case node(name: String, operator: String, index: Int)
        case attribute(String)
        case input(String)
        case output(String)
        case initializer(String)
        case value(String)
    }

    package var steps: [Step]

    package init(_ steps: Step...) {
        self.steps = steps
    }

    package init(_ steps: [Step]) {
        self.steps = steps
    }
}

extension Place: CustomStringConvertible {
    package var description: String { steps.map(\.description).joined(separator: ", ") }
}

extension Place.Step: CustomStringConvertible {
    package var description: String {
        switch self {
        case .offset(let offset): "byte \(offset)"
        case .graph(let name): name.isEmpty ? "the graph" : "graph \(name.quoted)"
        case .function(let name): "function \(name.quoted)"
        case .node(let name, let operatorType, let index):
            name.isEmpty
                ? "node #\(index) (\(operatorType.sanitised))" : "node \(name.quoted) (\(operatorType.sanitised))"
        case .attribute(let name): "attribute \(name.quoted)"
        case .input(let name): "input \(name.quoted)"
        case .output(let name): "output \(name.quoted)"
        case .initializer(let name): "initializer \(name.quoted)"
        case .value(let name): "value \(name.quoted)"
        }
    }
}
