import Tensors

/// Between fractions and small integers.
enum QuantizationRules {
    static let table: [String: InferenceRule] = [
        "QuantizeLinear": { facts in
            let named = facts.elementType("output_dtype")
            return [.tensor(facts.element(2) ?? named ?? .uint8, facts.sizes(0))]
        },
        "DequantizeLinear": { facts in
            [.tensor(facts.elementType("output_dtype") ?? facts.element(1) ?? .float32, facts.sizes(0))]
        },
        "DynamicQuantizeLinear": { facts in
            [.tensor(.uint8, facts.sizes(0)), .tensor(.float32, []), .tensor(.uint8, [])]
        },
    ]
}
