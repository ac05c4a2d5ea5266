import Tensors

/// Outputs that are sequences of maps, as scikit-learn's converter writes classifiers' probabilities.
extension Model {
    /// The same model with every output made by `ZipMap` as the plain tensor it was made of: one row per sample, one
    /// column per class, under the same name; and the classes those columns stand for, in order.
    ///
    /// A model without such outputs comes back as it is, with no classes.
    ///
    /// - Throws: `GraphError.Code.invalidModel` for a `ZipMap` without classes.
    package func replacingZipMaps() throws(GraphError) -> (model: Model, classes: [String]) {
        var editor = GraphEditor(self)
        var classes: [String] = []
        for (outputIndex, output) in graph.outputs.enumerated() {
            guard
                let nodeIndex = graph.nodes.firstIndex(where: { $0.isZipMap && $0.outputs.first == output.name }),
                let source = graph.nodes[nodeIndex].inputs.first
            else { continue }
            let node = graph.nodes[nodeIndex]
            classes = node.classLabels
            guard !classes.isEmpty else {
                throw GraphError(
                    .invalidModel, "has neither classlabels_strings nor classlabels_int64s",
                    at: Place(.node(name: node.name, operator: node.operatorType, index: nodeIndex)))
            }
            _ = editor.ensureOpset()
            editor.replaceNode(at: nodeIndex, with: Node("Identity", [source], [output.name], name: node.name))
            let batch = graph.requiredInputs.first?.type?.tensor?.dimensions?.first ?? .unknown
            editor.setOutputType(at: outputIndex, .tensor(.float32, [batch, .fixed(classes.count)]))
        }
        return (editor.model, classes)
    }
}

extension Node {
    fileprivate var isZipMap: Bool { domain == "ai.onnx.ml" && operatorType == "ZipMap" }

    /// The classes of a `ZipMap`, integers in decimal.
    fileprivate var classLabels: [String] {
        if case .strings(let labels)? = attribute("classlabels_strings")?.value, !labels.isEmpty {
            return labels.map { label in label.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
        return attribute("classlabels_int64s")?.value.intsValue?.map(String.init) ?? []
    }
}
