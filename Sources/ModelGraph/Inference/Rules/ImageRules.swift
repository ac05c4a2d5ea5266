import Tensors

/// Operators on images: scaled, sampled, rearranged.
enum ImageRules {
    static let table: [String: InferenceRule] = [
        "Resize": { facts in [.tensor(facts.element(0), try resized(facts))] },
        "Upsample": { facts in
            let scales = facts.floats("scales").map { $0.map(Double.init) } ?? facts.value(1)?.reals
            return [.tensor(facts.element(0), facts.sizes(0).map { scaled($0, scales) })]
        },
        "DepthToSpace": { facts in
            let block = Size.fixed(max(1, facts.int("blocksize") ?? 1))
            guard let sizes = facts.sizes(0), sizes.count == 4 else { return [.tensor(facts.element(0), nil)] }
            let channels = sizes[1].exactlyDivided(by: block * block)
            return [.tensor(facts.element(0), [sizes[0], channels, sizes[2] * block, sizes[3] * block])]
        },
        "SpaceToDepth": { facts in
            let block = Size.fixed(max(1, facts.int("blocksize") ?? 1))
            guard let sizes = facts.sizes(0), sizes.count == 4 else { return [.tensor(facts.element(0), nil)] }
            let height = sizes[2].exactlyDivided(by: block)
            let width = sizes[3].exactlyDivided(by: block)
            return [.tensor(facts.element(0), [sizes[0], sizes[1] * block * block, height, width])]
        },
        "GridSample": { facts in
            guard let sizes = facts.sizes(0), let grid = facts.sizes(1), sizes.count == grid.count, sizes.count >= 3
            else { return [.tensor(facts.element(0), nil)] }
            return [.tensor(facts.element(0), sizes.prefix(2) + grid.dropFirst().dropLast())]
        },
        "AffineGrid": { facts in
            guard let size = facts.integers(1), (4...5).contains(size.count) else {
                return [.tensor(facts.element(0), nil)]
            }
            return [.tensor(facts.element(0), [size[0]] + size.dropFirst(2) + [.fixed(size.count - 2)])]
        },
        "Col2Im": { facts in
            guard let sizes = facts.sizes(0), let image = facts.integers(1), let block = facts.integers(2),
                sizes.count == 3
            else { return [.tensor(facts.element(0), nil)] }
            return [.tensor(facts.element(0), [sizes[0], sizes[1].exactlyDivided(by: block.product)] + image)]
        },
        "CenterCropPad": { facts in
            guard var sizes = facts.sizes(0) else { return [.tensor(facts.element(0), nil)] }
            let axes = facts.ints("axes") ?? Array(sizes.indices)
            let wanted = facts.integers(1)
            for (index, given) in axes.enumerated() {
                let axis = try facts.axis(given, rank: sizes.count)
                sizes[axis] = wanted.flatMap { index < $0.count ? $0[index] : nil } ?? .unknown
            }
            return [.tensor(facts.element(0), sizes)]
        },
        "ImageDecoder": { facts in
            let channels = facts.text("pixel_format") == "Grayscale" ? 1 : 3
            return [.tensor(.uint8, [.unknown, .unknown, .fixed(channels)])]
        },
    ]

    /// Sizes times scales, rounded down.
    private static func scaled(_ sizes: [Size], _ scales: [Double]?) -> [Size] {
        guard let scales, scales.count == sizes.count else { return [Size](repeating: .unknown, count: sizes.count) }
        return zip(sizes, scales).map { scaled($0, $1) }
    }

    private static func scaled(_ size: Size, _ scale: Double) -> Size {
        if scale == 1 { return size }
        if let size = size.fixed {
            // Engines multiply in single precision.
            let product = (Float(size) * Float(scale)).rounded(.down)
            return Int(exactly: product).map { .fixed($0) } ?? .unknown
        }
        return Int(exactly: scale).map { size * .fixed($0) } ?? .unknown
    }

    private static func resized(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let sizes = facts.sizes(0) else { return nil }
        let hasRegion = facts.opset >= 11
        let scales = facts.value(hasRegion ? 2 : 1)?.reals
        let asked = hasRegion ? facts.integers(3) : nil
        var axes = Array(sizes.indices)
        if let given = facts.ints("axes") {
            axes = []
            for axis in given { axes.append(try facts.axis(axis, rank: sizes.count)) }
        }
        var result = sizes
        if let asked, asked.count == axes.count {
            let targets = keepingRatio(facts, sizes, axes, asked)
            for (axis, target) in zip(axes, targets) { result[axis] = target }
        } else if let scales, scales.count == axes.count,
            facts.text("coordinate_transformation_mode") != "tf_crop_and_resize"
        {
            for (axis, scale) in zip(axes, scales) { result[axis] = scaled(sizes[axis], scale) }
        } else {
            for axis in axes { result[axis] = .unknown }
        }
        return result
    }

    /// The target sizes; with a policy, one scale for all of them.
    private static func keepingRatio(_ facts: NodeFacts, _ sizes: [Size], _ axes: [Int], _ asked: [Size]) -> [Size] {
        let policy = facts.text("keep_aspect_ratio_policy") ?? "stretch"
        guard policy != "stretch" else { return asked }
        let pairs = zip(axes, asked).compactMap { axis, target in
            sizes[axis].fixed.flatMap { size in target.fixed.map { (Double(size), Double($0)) } }
        }
        let ratios = pairs.filter { $0.0 > 0 }.map { $0.1 / $0.0 }
        guard ratios.count == axes.count, let scale = policy == "not_larger" ? ratios.min() : ratios.max() else {
            return [Size](repeating: .unknown, count: asked.count)
        }
        return pairs.map { size, _ in Int(exactly: (scale * size + 0.5).rounded(.down)).map { .fixed($0) } ?? .unknown }
    }
}
