package import Tensors

/// A graph while it is put together: nodes, constants, and names that are free. What rebuilds models of other libraries
/// writes with it.
package struct GraphAssembly: Sendable {
    package private(set) var nodes: [Node] = []
    package private(set) var constants: [TensorValue] = []
    package var inputs: [ValueInfo] = []
    /// What differs from the library's own behaviour, in words.
    package var notes: [String] = []
    private var counts: [String: Int] = [:]
    private var taken: Set<String> = []

    /// An empty graph.
    package init() {}

    /// A name that nobody has: `scale`, `scale_2`, …
    package mutating func name(_ stem: String) -> String {
        while true {
            counts[stem, default: 0] += 1
            let count = counts[stem, default: 1]
            let name = count == 1 ? stem : "\(stem)_\(count)"
            if taken.insert(name).inserted { return name }
        }
    }

    /// Adds a node with one output.
    package mutating func node(
        _ operatorType: String, _ inputs: [String], _ stem: String, domain: String = "", attributes: [Attribute] = []
    ) -> String {
        let output = name(stem)
        nodes.append(
            Node(operatorType, inputs, [output], name: output, domain: domain, attributes: attributes))
        return output
    }

    /// Adds a node with several outputs, of which those without a stem are not wanted.
    package mutating func node(
        _ operatorType: String, _ inputs: [String], outputs stems: [String?], attributes: [Attribute] = []
    ) -> [String] {
        let outputs = stems.map { $0.map { name($0) } ?? "" }
        let title = outputs.first { !$0.isEmpty } ?? name(operatorType)
        nodes.append(Node(operatorType, inputs, outputs, name: title, attributes: attributes))
        return outputs
    }

    /// Adds a node whose output has this very name.
    package mutating func node(
        _ operatorType: String, _ inputs: [String], output: String, attributes: [Attribute] = []
    ) {
        nodes.append(Node(operatorType, inputs, [output], name: "make_\(output)", attributes: attributes))
    }

    /// Takes the nodes from a place on out of the graph, to become the body of another.
    package mutating func cut(from place: Int) -> [Node] {
        let start = min(max(place, 0), nodes.count)
        defer { nodes.removeSubrange(start...) }
        return Array(nodes[start...])
    }

    /// Adds a constant of double precision.
    package mutating func constant(_ values: [Double], _ dimensions: [Int], _ stem: String) -> String {
        constant(.float64, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) }, stem)
    }

    /// Adds a constant of single precision.
    package mutating func constant(_ values: [Float], _ dimensions: [Int], _ stem: String) -> String {
        constant(.float32, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) }, stem)
    }

    /// Adds a constant of 64-bit integers.
    package mutating func constant(_ values: [Int64], _ dimensions: [Int], _ stem: String) -> String {
        constant(.int64, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) }, stem)
    }

    /// Adds a constant of truth values.
    package mutating func constant(_ values: [Bool], _ dimensions: [Int], _ stem: String) -> String {
        constant(.bool, dimensions, ByteView(copying: values.map { $0 ? 1 : 0 }), stem)
    }

    /// Adds a constant of texts.
    package mutating func constant(_ values: [String], _ dimensions: [Int], _ stem: String) -> String {
        let name = name(stem)
        constants.append(
            TensorValue(name, .string, dimensions.map(Int64.init), .strings(values.map { ByteView($0) })))
        return name
    }

    /// Adds a constant whose elements are `bytes`, in row-major order.
    package mutating func constant(
        _ type: ElementType, _ dimensions: [Int], _ bytes: ByteView, _ stem: String
    ) -> String {
        let name = name(stem)
        constants.append(TensorValue(name, type, dimensions.map(Int64.init), .raw(bytes)))
        return name
    }

    /// The same values with another element type.
    package mutating func cast(_ value: String, to type: ElementType, _ stem: String) -> String {
        node("Cast", [value], stem, attributes: [Attribute("to", .int(Int64(type.onnxCode)))])
    }
}
