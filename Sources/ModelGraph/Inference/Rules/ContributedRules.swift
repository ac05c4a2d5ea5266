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
        "QLinearSoftmax": ElementwiseRules.sameType,
        "QLinearAveragePool": { facts in
            guard !facts.flag("channels_last") else { return [.tensor(facts.element(0), unknownSizes(facts))] }
            return [.tensor(facts.element(0), try PoolingRules.pooled(facts))]
        },
        "QLinearGlobalAveragePool": { facts in
            let channels = facts.flag("channels_last") ? (facts.rank(0) ?? 0) - 1 : 1
            let sizes = facts.sizes(0)?.enumerated().map { axis, size in
                axis == 0 || axis == channels ? size : .fixed(1)
            }
            return [.tensor(facts.element(0), sizes)]
        },
        "QLinearConcat": { facts in try joined(facts) },
        "QGemm": { facts in
            // Without the last scale and zero point the answer stays as it was summed.
            let element = facts.isGiven(8) ? facts.element(8) : .float32
            let left = turned(facts.sizes(0), facts.flag("transA"))
            let right = turned(facts.sizes(3), facts.flag("transB"))
            return [.tensor(element, try MatrixRules.product(left, right))]
        },
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

    private static func unknownSizes(_ facts: NodeFacts) -> [Size]? {
        facts.sizes(0).map { $0.map { _ in .unknown } }
    }

    /// Inputs: the scale and zero point that comes out; then of each part itself, its scale and its zero point.
    private static func joined(_ facts: NodeFacts) throws(InferenceFault) -> [Fact] {
        let parts = stride(from: 2, to: facts.inputs.count, by: 3).map { facts.sizes($0) }
        let element = facts.element(1)
        guard let first = parts.first ?? nil, let given = facts.int("axis") else { return [.tensor(element, nil)] }
        let axis = try facts.axis(given, rank: first.count)
        guard parts.allSatisfy({ $0?.count == first.count }) else { return [.tensor(element, nil)] }
        var result = first
        result[axis] = parts.reduce(.fixed(0)) { sum, part in sum + (part?[axis] ?? .unknown) }
        return [.tensor(element, result)]
    }

    private static func turned(_ sizes: [Size]?, _ isTurned: Bool) -> [Size]? {
        guard isTurned, var sizes, sizes.count >= 2 else { return sizes }
        sizes.swapAt(sizes.count - 1, sizes.count - 2)
        return sizes
    }
}
