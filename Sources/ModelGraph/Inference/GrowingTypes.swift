package import Tensors

/// The types of a graph's values while it is put together: each node is looked at once, when it is there.
///
/// Bodies of loops and branches are followed like everything else while their nodes are at the end of the assembly; once they
/// have been cut off, `declare` says what the node around them makes.
package final class GrowingTypes {
    private let inferrer: Inferrer
    private var constants = 0
    private var nodes = 0

    /// - Parameter opset: of ONNX's own operators.
    package init(opset: Int64) {
        inferrer = Inferrer(Model(Graph("growing"), opset: opset, irVersion: 10), InferenceOptions())
        inferrer.begin()
    }

    /// Says what a value is that no node makes: an input, or what a node with a body makes.
    package func declare(_ name: String, _ type: ElementType, _ dimensions: [Dimension]?) {
        inferrer.define(name, Fact(TypeFact(.tensor(type, dimensions))))
    }

    /// Looks at what was added since the last time.
    package func follow(_ assembly: GraphAssembly) {
        for constant in assembly.constants.dropFirst(constants) {
            inferrer.define(constant.name, Fact(constant: constant))
        }
        constants = assembly.constants.count
        for (place, node) in assembly.nodes.enumerated().dropFirst(nodes) { inferrer.follow(node, place) }
        nodes = assembly.nodes.count
    }

    /// The nodes from here on were cut off.
    package func cut(at count: Int) { nodes = min(nodes, count) }

    /// Goes on behind a node of which `declare` has said what it makes.
    package func pass(_ assembly: GraphAssembly) { nodes = assembly.nodes.count }

    /// The type of a value; `nil` when nothing is known.
    package subscript(name: String) -> ValueType? { inferrer.known(name).type.valueType }

    /// The elements of a small tensor of whole numbers that are the same in every run.
    package func integers(_ name: String) -> (dimensions: [Int], values: [Int])? {
        guard let value = inferrer.known(name).knownValue, let sizes = value.integers else { return nil }
        let fixed = sizes.compactMap(\.fixed)
        return fixed.count == sizes.count ? (value.dimensions, fixed) : nil
    }

    /// What contradicts itself, first of all.
    package var contradiction: String? { inferrer.firstNote }
}
