import Tensors

/// Operators of ONNX Runtime's own domain that its tools write into files.
enum ContributedRules {
    static let table: [String: InferenceRule] = [
        "Gelu": ElementwiseRules.sameType,
        "FastGelu": ElementwiseRules.sameType,
        "QuickGelu": ElementwiseRules.sameType,
        "BiasGelu": ElementwiseRules.sameType,
        "SkipLayerNormalization": ElementwiseRules.sameType,
        "SimplifiedLayerNormalization": ElementwiseRules.sameType,
        "SkipSimplifiedLayerNormalization": ElementwiseRules.sameType,
        "RotaryEmbedding": ElementwiseRules.sameType,
        "QuantizeLinear": { facts in [.tensor(facts.element(2) ?? .uint8, facts.sizes(0))] },
        "DequantizeLinear": { facts in [.tensor(facts.element(1) ?? .float32, facts.sizes(0))] },
        "FusedConv": { facts in try ConvolutionRules.table["Conv"]?(facts) ?? [] },
        "FusedGemm": { facts in try MatrixRules.table["Gemm"]?(facts) ?? [] },
        "QLinearAdd": { facts in
            [.tensor(facts.element(0), try Broadcasting.sizes([facts.sizes(0), facts.sizes(3)]))]
        },
        "QLinearMul": { facts in
            [.tensor(facts.element(0), try Broadcasting.sizes([facts.sizes(0), facts.sizes(3)]))]
        },
        "QLinearSigmoid": ElementwiseRules.sameType,
        "QLinearLeakyRelu": ElementwiseRules.sameType,
        "DynamicQuantizeMatMul": { facts in
            [.tensor(.float32, try MatrixRules.product(facts.sizes(0), facts.sizes(1)))]
        },
        "MatMulIntegerToFloat": { facts in
            [.tensor(.float32, try MatrixRules.product(facts.sizes(0), facts.sizes(1)))]
        },
        "MatMulNBits": { facts in
            let columns: Size = facts.int("N").map { .fixed($0) } ?? .unknown
            return [.tensor(facts.element(0), facts.sizes(0).map { $0.dropLast() + [columns] })]
        },
        "FusedMatMul": { facts in
            guard !facts.flag("transBatchA"), !facts.flag("transBatchB") else {
                return [.tensor(facts.element(0), nil)]
            }
            let left = turned(facts.sizes(0), facts.flag("transA"))
            let right = turned(facts.sizes(1), facts.flag("transB"))
            return [.tensor(facts.element(0), try MatrixRules.product(left, right))]
        },
    ]

    private static func turned(_ sizes: [Size]?, _ isTurned: Bool) -> [Size]? {
        guard isTurned, var sizes, sizes.count >= 2 else { return sizes }
        sizes.swapAt(sizes.count - 1, sizes.count - 2)
        return sizes
    }
}
