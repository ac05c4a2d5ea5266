import Tensors

/// Pools, with a window and over everything.
enum PoolingRules {
    static let table: [String: InferenceRule] = [
        "MaxPool": { facts in
            let sizes = try pooled(facts)
            return [.tensor(facts.element(0), sizes), .tensor(.int64, sizes)]
        },
        "AveragePool": { facts in [.tensor(facts.element(0), try pooled(facts))] },
        "LpPool": { facts in [.tensor(facts.element(0), try pooled(facts))] },
        "GlobalMaxPool": global,
        "GlobalAveragePool": global,
        "GlobalLpPool": global,
        "MaxUnpool": { facts in [.tensor(facts.element(0), try unpooled(facts))] },
        "MaxRoiPool": { facts in
            let window = facts.ints("pooled_shape")?.map(Size.fixed) ?? [.unknown, .unknown]
            guard let sizes = facts.sizes(0), sizes.count == 4, window.count == 2 else {
                return [.tensor(facts.element(0), nil)]
            }
            return [.tensor(facts.element(0), [facts.sizes(1)?.first ?? .unknown, sizes[1]] + window)]
        },
        "RoiAlign": { facts in
            let channels = facts.rank(0) == 4 ? facts.sizes(0)?[1] ?? .unknown : .unknown
            let height = Size.fixed(facts.int("output_height") ?? 1)
            let width = Size.fixed(facts.int("output_width") ?? 1)
            return [.tensor(facts.element(0), [facts.sizes(1)?.first ?? .unknown, channels, height, width])]
        },
    ]

    static func pooled(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(0) else { return nil }
        guard sizes.count >= 2 else { throw InferenceFault("has an input of rank \(sizes.count); expected 2 or more") }
        let kernel = try ConvolutionRules.kernel(facts, weights: nil, rank: sizes.count - 2)
        let windows = try Windows(facts, kernel: kernel)
        return sizes.prefix(2) + (try windows.outputs(Array(sizes.dropFirst(2))))
    }

    private static func global(_ facts: NodeFacts) -> [Fact] {
        let sizes = facts.sizes(0).map { sizes in
            sizes.enumerated().map { axis, size in axis < 2 ? size : .fixed(1) }
        }
        return [.tensor(facts.element(0), sizes)]
    }

    private static func unpooled(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(0), sizes.count >= 2 else { return nil }
        if facts.isGiven(2) {
            return facts.integers(2) ?? [Size](repeating: .unknown, count: sizes.count)
        }
        let kernel = try ConvolutionRules.kernel(facts, weights: nil, rank: sizes.count - 2)
        let windows = try Windows(facts, kernel: kernel)
        let spatial = sizes.dropFirst(2).enumerated().map { axis, size in
            (size - .fixed(1)) * .fixed(windows.strides[axis]) + kernel[axis]
                - (.fixed(windows.pads[axis]) + .fixed(windows.pads[axis + kernel.count]))
        }
        return sizes.prefix(2) + spatial
    }
}
