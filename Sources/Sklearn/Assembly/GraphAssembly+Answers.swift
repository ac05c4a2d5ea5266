import ModelGraph
import Tensors

/// Scores made probabilities, and probabilities made classes.
extension GraphAssembly {
    /// The place of the largest number of each row; the first of equal ones, as NumPy chooses.
    mutating func largest(_ values: String) -> String {
        node(
            "ArgMax", [values], "place",
            attributes: [Attribute("axis", .int(1)), Attribute("keepdims", .int(0))])
    }

    /// 1 where the one column of `values` is greater than `bound` (or equal, if asked), else 0; `[N]`.
    mutating func places(_ values: String, above bound: Double, orEqual: Bool = false) -> String {
        let limit = constant([bound], [1], "bound")
        let isAbove = node(orEqual ? "GreaterOrEqual" : "Greater", [values, limit], "above")
        let shape = constant([Int64(-1)], [1], "flat")
        return cast(node("Reshape", [isAbove, shape], "above_flat"), to: .int64, "place")
    }

    /// Two columns from one: the rest, and the probability itself.
    mutating func both(_ probability: String) -> String {
        let one = constant([1.0], [1], "one")
        let rest = node("Sub", [one, probability], "rest")
        return node("Concat", [rest, probability], "both", attributes: [Attribute("axis", .int(1))])
    }

    mutating func softmax(_ scores: String) -> String {
        node("Softmax", [scores], "softmax", attributes: [Attribute("axis", .int(1))])
    }

    /// The graph of a model with this answer.
    mutating func finish(_ outputs: Outputs, name: String) -> Graph {
        var declared: [ValueInfo] = []
        switch outputs {
        case .classes(let places, let probabilities, let labels):
            let classes = labels.constant(&self)
            node("Gather", [classes, places], output: "label", attributes: [Attribute("axis", .int(0))])
            declared.append(ValueInfo("label", labels.elementType, [.symbol("N")]))
            if let probabilities {
                declared.append(single(probabilities, "probabilities", labels.count))
            }
        case .numbers(let values, let targets): declared.append(single(values, "prediction", targets))
        case .clusters(let places, let distances, let count):
            node("Identity", [places], output: "label")
            declared.append(ValueInfo("label", .int64, [.symbol("N")]))
            declared.append(single(distances, "distances", count))
        case .features(let matrix): declared.append(single(matrix.value, "features", matrix.width))
        }
        return Graph(name, nodes: nodes, initializers: constants, inputs: inputs, outputs: declared)
    }

    /// An output of single precision.
    private mutating func single(_ value: String, _ output: String, _ width: Int) -> ValueInfo {
        node("Cast", [value], output: output, attributes: [Attribute("to", .int(Int64(ElementType.float32.onnxCode)))])
        return ValueInfo(output, .float32, [.symbol("N"), .fixed(width)])
    }
}
