import Tensors

/// Convolutions. Input `[N, C, spatial…]`, weights `[M, C/group, kernel…]`, transposed `[C, M/group, kernel…]`.
enum ConvolutionRules {
    static let table: [String: InferenceRule] = [
        "Conv": { facts in
            [.tensor(facts.element(0), try convolved(facts, input: 0, weights: 1))]
        },
        "ConvInteger": { facts in
            [.tensor(.int32, try convolved(facts, input: 0, weights: 1))]
        },
        "QLinearConv": { facts in
            [.tensor(facts.element(7), try convolved(facts, input: 0, weights: 3))]
        },
        "ConvTranspose": { facts in [.tensor(facts.element(0), try transposed(facts))] },
        "DeformConv": { facts in
            [.tensor(facts.element(0), try convolved(facts, input: 0, weights: 1))]
        },
        "CausalConvWithState": { facts in [Fact(facts.fact(0).type), .tensor(facts.element(0), nil)] },
    ]

    /// The kernel's sizes: the weights' own, else the attribute's.
    static func kernel(_ facts: NodeFacts, weights: [Size]?, rank: Int) throws(InferenceFault) -> [Size] {
        if let weights {
            guard weights.count == rank + 2 else {
                throw InferenceFault("has weights of rank \(weights.count); expected \(rank + 2), as its input has")
            }
            let given = facts.ints("kernel_shape")?.map(Size.fixed)
            guard given == nil || given?.count == rank else {
                throw InferenceFault("has \(given?.count ?? 0) sizes as kernel_shape; expected \(rank)")
            }
            return zip(weights.dropFirst(2), given ?? Array(weights.dropFirst(2))).map { $0.isKnown ? $0 : $1 }
        }
        guard let given = facts.ints("kernel_shape"), given.count == rank else {
            return [Size](repeating: .unknown, count: rank)
        }
        return given.map(Size.fixed)
    }

    private static func convolved(
        _ facts: NodeFacts, input: Int, weights: Int
    ) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(input) else { return nil }
        guard sizes.count >= 2 else { throw InferenceFault("has an input of rank \(sizes.count); expected 2 or more") }
        let filters = facts.sizes(weights)
        let kernel = try kernel(facts, weights: filters, rank: sizes.count - 2)
        if let filters, let channels = sizes[1].fixed, let perGroup = filters[1].fixed {
            let group = max(1, facts.int("group") ?? 1)
            guard Size.fixed(perGroup) * .fixed(group) == .fixed(channels) else {
                throw InferenceFault(
                    "has \(channels) input channels, but weights for \(perGroup) in each of \(group) groups")
            }
        }
        let windows = try Windows(facts, kernel: kernel)
        return [sizes[0], filters?[0] ?? .unknown] + (try windows.outputs(Array(sizes.dropFirst(2))))
    }

    private static func transposed(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(0) else { return nil }
        guard sizes.count >= 2 else { throw InferenceFault("has an input of rank \(sizes.count); expected 2 or more") }
        let rank = sizes.count - 2
        let filters = facts.sizes(1)
        let kernel = try kernel(facts, weights: filters, rank: rank)
        let windows = try Windows(facts, kernel: kernel)
        let channels = filters.map { $0[1] * .fixed(max(1, facts.int("group") ?? 1)) } ?? .unknown
        let extra = facts.ints("output_padding") ?? [Int](repeating: 0, count: rank)
        guard extra.count == rank else {
            throw InferenceFault("has \(extra.count) output_padding; expected \(rank)")
        }
        if let given = facts.ints("output_shape") {
            // Some exporters list the batch and channels too.
            return [sizes[0], channels] + given.suffix(rank).map(Size.fixed)
        }
        var result = [sizes[0], channels]
        for axis in 0..<rank {
            let size = sizes[axis + 2]
            let reach = (kernel[axis] - .fixed(1)) * .fixed(windows.dilations[axis]) + .fixed(1)
            if windows.autoPad.hasPrefix("SAME") {
                result.append(size * .fixed(windows.strides[axis]))
                continue
            }
            let (padding, overflow) = windows.pads[axis].addingReportingOverflow(windows.pads[axis + rank])
            let cut: Size = overflow ? .unknown : .fixed(windows.autoPad == "VALID" ? 0 : padding)
            result.append((size - .fixed(1)) * .fixed(windows.strides[axis]) + .fixed(extra[axis]) + reach - cut)
        }
        return result
    }
}
