import ModelGraph

extension Graph {
    /// The values that something reads as an image: a convolution or a pooling, directly or behind operators that keep
    /// the order of axes. They are transposed once, at the beginning, and not before each of them.
    var imageValues: Set<String> {
        var result: Set<String> = []
        for node in nodes.reversed() {
            if Self.imageOperators.contains(node.operatorType) {
                if let image = node.inputs.first { result.insert(image) }
            } else if node.outputs.contains(where: result.contains), !Self.reshaping.contains(node.operatorType) {
                result.formUnion(node.inputs)
            }
        }
        return result
    }

    private static let imageOperators: Set<String> = [
        "Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Resize", "Upsample",
        "InstanceNormalization", "DepthToSpace", "SpaceToDepth",
    ]

    /// Operators behind which axes are others.
    private static let reshaping: Set<String> = [
        "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Gather", "MatMul", "Gemm", "Expand",
        "LayerNormalization", "ArgMax", "ArgMin",
    ]
}
