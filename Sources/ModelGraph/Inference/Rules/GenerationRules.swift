import Tensors

/// Tensors made of attributes and numbers: constants, ranges, random ones.
enum GenerationRules {
    static let table: [String: InferenceRule] = [
        "Constant": { facts in [constant(facts)] },
        "ConstantOfShape": { facts in [filled(facts)] },
        "Range": { facts in [range(facts)] },
        "EyeLike": { facts in [.tensor(facts.elementType("dtype") ?? facts.element(0), facts.sizes(0))] },
        "Bernoulli": { facts in [.tensor(facts.elementType("dtype") ?? facts.element(0), facts.sizes(0))] },
        "RandomNormal": random,
        "RandomUniform": random,
        "RandomNormalLike": randomLike,
        "RandomUniformLike": randomLike,
        "Multinomial": { facts in
            let samples = Size.fixed(facts.int("sample_size") ?? 1)
            return [.tensor(facts.elementType("dtype") ?? .int32, [facts.sizes(0)?.first ?? .unknown, samples])]
        },
    ]

    private static func random(_ facts: NodeFacts) -> [Fact] {
        [.tensor(facts.elementType("dtype") ?? .float32, facts.ints("shape")?.map(Size.fixed))]
    }

    private static func randomLike(_ facts: NodeFacts) -> [Fact] {
        [.tensor(facts.elementType("dtype") ?? facts.element(0), facts.sizes(0))]
    }

    private static func constant(_ facts: NodeFacts) -> Fact {
        if case .tensor(let tensor)? = facts.attributes["value"] { return Fact(constant: tensor) }
        if case .sparseTensor(let sparse)? = facts.attributes["sparse_value"] {
            return .tensor(sparse.values?.elementType, sparse.dimensions.map { .fixed(Int($0)) })
        }
        if let value = facts.int("value_int") {
            return .tensor(.int64, [], KnownValue([], integers: [.fixed(value)]))
        }
        if let values = facts.ints("value_ints") {
            return .tensor(.int64, [.fixed(values.count)], KnownValue(values.map(Size.fixed)))
        }
        if let value = facts.float("value_float") {
            return .tensor(.float32, [], KnownValue([], reals: [Double(value)]))
        }
        if let values = facts.floats("value_floats") {
            return .tensor(.float32, [.fixed(values.count)], KnownValue([values.count], reals: values.map(Double.init)))
        }
        if case .strings(let values)? = facts.attributes["value_strings"] {
            return .tensor(.string, [.fixed(values.count)])
        }
        return facts.attributes["value_string"] == nil ? .unknown : .tensor(.string, [])
    }

    private static func filled(_ facts: NodeFacts) -> Fact {
        var element = ElementType.float32
        var fill = Size.fixed(0)
        if case .tensor(let tensor)? = facts.attributes["value"] {
            guard let type = tensor.elementType else { return .unknown }
            element = type
            fill = KnownValue(tensor)?.integers?.first ?? .unknown
        }
        guard let sizes = facts.integers(0) else {
            let rank = facts.sizes(0)?.first?.fixed.flatMap { (0...64).contains($0) ? $0 : nil }
            return .tensor(element, rank.map { [Size](repeating: .unknown, count: $0) })
        }
        var value: KnownValue?
        let fixed = sizes.compactMap(\.fixed)
        if element == .int64, fixed.count == sizes.count, let count = sizes.product.fixed,
            (0...KnownValue.mostElements).contains(count)
        {
            value = KnownValue(fixed, integers: [Size](repeating: fill, count: count))
        }
        return .tensor(element, sizes, value)
    }

    private static func range(_ facts: NodeFacts) -> Fact {
        let element = facts.element(0) ?? facts.element(1)
        if let start = facts.integers(0)?.first, let limit = facts.integers(1)?.first,
            let step = facts.integers(2)?.first?.fixed, step != 0
        {
            return integerRange(element, start, limit, step)
        }
        guard let start = facts.value(0)?.numbers?.first, let limit = facts.value(1)?.numbers?.first,
            let step = facts.value(2)?.numbers?.first, step != 0,
            let distance = Self.distance(from: start, to: limit, element),
            let count = Int(exactly: max(0, (distance / step).rounded(.up)))
        else { return .tensor(element, [.unknown]) }
        return .tensor(element, [.fixed(count)])
    }

    /// The difference in the precision in which engines take it; `nil` for types whose arithmetic is not ours to guess.
    private static func distance(from start: Double, to limit: Double, _ element: ElementType?) -> Double? {
        switch element {
        case .float64: limit - start
        case .float32: Double(Float(limit) - Float(start))
        default: nil
        }
    }

    private static func integerRange(_ element: ElementType?, _ start: Size, _ limit: Size, _ step: Int) -> Fact {
        let distance = step > 0 ? limit - start : start - limit
        let (width, overflow) = step > 0 ? (step, false) : (0).subtractingReportingOverflow(step)
        guard !overflow else { return .tensor(element, [.unknown]) }
        let steps = distance.ceilDivided(by: width)
        // A range that runs the wrong way is empty; of an expression only some are sure not to.
        guard let count = steps.fixed else {
            return .tensor(element, [distance.isNotNegative ? steps : .unknown])
        }
        guard count > 0 else { return .tensor(element, [.fixed(0)], KnownValue([])) }
        guard count <= KnownValue.mostElements else { return .tensor(element, [.fixed(count)]) }
        let values = (0..<count).map { start + .fixed($0) * .fixed(step) }
        return .tensor(element, [.fixed(count)], KnownValue(values))
    }
}
