import ModelGraph
import Tensors

/// A graph while it is put together: nodes, constants, and names that are free.
struct GraphAssembly {
    private(set) var nodes: [Node] = []
    private(set) var constants: [TensorValue] = []
    var inputs: [ValueInfo] = []
    /// What differs from scikit-learn's own behaviour, in words.
    var notes: [String] = []
    private var counts: [String: Int] = [:]

    /// A name that nobody has: `scale`, `scale_2`, …
    mutating func name(_ stem: String) -> String {
        counts[stem, default: 0] += 1
        let count = counts[stem, default: 1]
        return count == 1 ? stem : "\(stem)_\(count)"
    }

    /// Adds a node with one output.
    mutating func node(
        _ operatorType: String, _ inputs: [String], _ stem: String, domain: String = "", attributes: [Attribute] = []
    ) -> String {
        let output = name(stem)
        nodes.append(
            Node(operatorType, inputs, [output], name: output, domain: domain, attributes: attributes))
        return output
    }

    /// Adds a node whose output has this very name.
    mutating func node(
        _ operatorType: String, _ inputs: [String], output: String, attributes: [Attribute] = []
    ) {
        nodes.append(Node(operatorType, inputs, [output], name: "make_\(output)", attributes: attributes))
    }

    mutating func constant(_ values: [Double], _ dimensions: [Int], _ stem: String) -> String {
        add(stem, .float64, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) })
    }

    mutating func constant(_ values: [Float], _ dimensions: [Int], _ stem: String) -> String {
        add(stem, .float32, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) })
    }

    mutating func constant(_ values: [Int64], _ dimensions: [Int], _ stem: String) -> String {
        add(stem, .int64, dimensions, values.withUnsafeBytes { ByteView(copying: Array($0)) })
    }

    mutating func constant(_ values: [Bool], _ dimensions: [Int], _ stem: String) -> String {
        add(stem, .bool, dimensions, ByteView(copying: values.map { $0 ? 1 : 0 }))
    }

    mutating func constant(_ values: [String], _ dimensions: [Int], _ stem: String) -> String {
        let name = name(stem)
        constants.append(
            TensorValue(name, .string, dimensions.map(Int64.init), .strings(values.map { ByteView($0) })))
        return name
    }

    private mutating func add(_ stem: String, _ type: ElementType, _ dimensions: [Int], _ bytes: ByteView) -> String {
        let name = name(stem)
        constants.append(TensorValue(name, type, dimensions.map(Int64.init), .raw(bytes)))
        return name
    }

    /// The same values with another element type.
    mutating func cast(_ value: String, to type: ElementType, _ stem: String) -> String {
        node("Cast", [value], stem, attributes: [Attribute("to", .int(Int64(type.onnxCode)))])
    }

    /// `left (N×k) · right (k×m) + bias (m)`, in double precision.
    mutating func product(
        _ left: String, _ right: [Double], _ rows: Int, _ columns: Int, bias: [Double]?, _ stem: String
    ) -> String {
        let matrix = constant(right, [rows, columns], "\(stem)_weights")
        let product = node("MatMul", [left, matrix], "\(stem)_product")
        guard let bias else { return product }
        return node("Add", [product, constant(bias, [bias.count], "\(stem)_bias")], stem)
    }
}
