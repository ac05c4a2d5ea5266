import Tensors

/// Computes with small known values, as far as shape computations need it.
enum ValueArithmetic {
    /// `Neg`, `Floor`, `Not` and the like on the first input.
    static func unary(_ facts: NodeFacts) -> KnownValue? {
        guard ["Neg", "Abs", "Floor", "Ceil", "Round", "Not", "Sqrt", "Relu"].contains(facts.node.operatorType),
            let value = facts.value(0)
        else { return nil }
        switch value.elements {
        case .integers(let values):
            return KnownValue(value.dimensions, integers: values.map { integer(facts.node.operatorType, $0) })
        case .reals(let values):
            let results = values.compactMap { value in
                real(facts.node.operatorType, value).flatMap { rounded($0, facts.element(0)) }
            }
            return KnownValue(value.dimensions, reals: results)
        }
    }

    /// As an engine has it after each operation: of 0.7 in single precision and 10 it makes 7, and in double precision less.
    ///
    /// - Returns: `nil` for types whose arithmetic is not ours to guess.
    private static func rounded(_ value: Double, _ element: ElementType?) -> Double? {
        switch element {
        case .float64: value
        case .float32: Double(Float(value))
        default: nil
        }
    }

    private static func integer(_ name: String, _ value: Size) -> Size {
        switch name {
        case "Neg": .fixed(0) - value
        case "Abs": value.isNotNegative ? value : value.fixed.map { .fixed(0) - .fixed($0) } ?? .unknown
        case "Relu": value.isNotNegative ? value : value.fixed == nil ? .unknown : .fixed(0)
        case "Not": value.fixed.map { .fixed($0 == 0 ? 1 : 0) } ?? .unknown
        default: .unknown
        }
    }

    private static func real(_ name: String, _ value: Double) -> Double? {
        switch name {
        case "Neg": -value
        case "Abs": abs(value)
        case "Floor": value.rounded(.down)
        case "Ceil": value.rounded(.up)
        case "Round": value.rounded(.toNearestOrEven)
        case "Sqrt": value.squareRoot()
        case "Relu": max(0, value)
        default: nil
        }
    }

    /// Arithmetic and comparisons of two inputs, broadcast.
    static func binary(_ facts: NodeFacts) -> KnownValue? {
        let name = facts.node.operatorType
        guard facts.inputs.count == 2, let one = facts.value(0), let other = facts.value(1),
            let dimensions = commonDimensions([one, other]),
            let positions = Broadcasting.positions(one.dimensions, in: dimensions),
            let otherPositions = Broadcasting.positions(other.dimensions, in: dimensions)
        else { return nil }
        if let left = one.integers, let right = other.integers {
            let results = zip(positions, otherPositions).map {
                integer(name, left[$0], right[$1], isTruncatingModulo: facts.flag("fmod"))
            }
            return KnownValue(dimensions, integers: results)
        }
        guard let left = one.reals, let right = other.reals else { return nil }
        let pairs = zip(positions, otherPositions).map { (left[$0], right[$1]) }
        let truths = pairs.compactMap { comparison(name, $0, $1).map { Size.fixed($0 ? 1 : 0) } }
        if !truths.isEmpty { return KnownValue(dimensions, integers: truths) }
        let results = pairs.compactMap { left, right in
            real(name, left, right).flatMap { rounded($0, facts.element(0)) }
        }
        return KnownValue(dimensions, reals: results)
    }

    private static func integer(_ name: String, _ left: Size, _ right: Size, isTruncatingModulo: Bool) -> Size {
        switch name {
        case "Add": return left + right
        case "Sub": return left - right
        case "Mul": return left * right
        case "Div": return quotient(left, right)
        case "Equal" where left == right && left.isKnown: return .fixed(1)
        case "Max" where left == right, "Min" where left == right: return left
        default: break
        }
        guard let one = left.fixed, let other = right.fixed else { return .unknown }
        switch name {
        case "Max": return .fixed(max(one, other))
        case "Min": return .fixed(min(one, other))
        case "Equal": return .fixed(one == other ? 1 : 0)
        case "Less": return .fixed(one < other ? 1 : 0)
        case "LessOrEqual": return .fixed(one <= other ? 1 : 0)
        case "Greater": return .fixed(one > other ? 1 : 0)
        case "GreaterOrEqual": return .fixed(one >= other ? 1 : 0)
        case "And": return .fixed(one != 0 && other != 0 ? 1 : 0)
        case "Or": return .fixed(one != 0 || other != 0 ? 1 : 0)
        case "Mod" where other != 0 && other != -1:
            let remainder = one % other
            return .fixed(
                !isTruncatingModulo && remainder != 0 && (remainder < 0) != (other < 0) ? remainder + other : remainder)
        default: return .unknown
        }
    }

    /// Integer division rounds toward zero, which is down only where nothing is negative.
    private static func quotient(_ left: Size, _ right: Size) -> Size {
        if case .fixed(let one) = left, case .fixed(let other) = right {
            return other == 0 || (one == .min && other == -1) ? .unknown : .fixed(one / other)
        }
        let exact = left.exactlyDivided(by: right)
        if exact.isKnown { return exact }
        guard left.isNotNegative, let divisor = right.fixed else { return .unknown }
        return left.floorDivided(by: divisor)
    }

    private static func comparison(_ name: String, _ left: Double, _ right: Double) -> Bool? {
        switch name {
        case "Equal": left == right
        case "Less": left < right
        case "LessOrEqual": left <= right
        case "Greater": left > right
        case "GreaterOrEqual": left >= right
        default: nil
        }
    }

    private static func real(_ name: String, _ left: Double, _ right: Double) -> Double? {
        switch name {
        case "Add": left + right
        case "Sub": left - right
        case "Mul": left * right
        case "Div": left / right
        case "Max": max(left, right)
        case "Min": min(left, right)
        default: nil
        }
    }

    /// `Where`, element by element.
    static func choice(_ facts: NodeFacts) -> KnownValue? {
        guard let condition = facts.value(0), let flags = condition.integers, let one = facts.value(1),
            let other = facts.value(2), let yes = one.integers, let no = other.integers,
            let dimensions = commonDimensions([condition, one, other]),
            let flagPositions = Broadcasting.positions(condition.dimensions, in: dimensions),
            let yesPositions = Broadcasting.positions(one.dimensions, in: dimensions),
            let noPositions = Broadcasting.positions(other.dimensions, in: dimensions)
        else { return nil }
        let results = flagPositions.indices.map { index in
            switch flags[flagPositions[index]].fixed {
            case 0: no[noPositions[index]]
            case .some: yes[yesPositions[index]]
            case nil: yes[yesPositions[index]] == no[noPositions[index]] ? yes[yesPositions[index]] : .unknown
            }
        }
        return KnownValue(dimensions, integers: results)
    }

    private static func commonDimensions(_ values: [KnownValue]) -> [Int]? {
        let sizes = (try? Broadcasting.sizes(values.map { $0.dimensions.map(Size.fixed) })) ?? nil
        return sizes?.compactMap(\.fixed)
    }

    /// The value as elements of another type; fractions are cut off, as engines do.
    static func cast(_ value: KnownValue, to target: ElementType?) -> KnownValue? {
        switch (value.elements, target) {
        case (.integers, .int64), (.integers, .int32): return value
        case (.integers(let values), .bool):
            let truths = values.map { size in size.fixed.map { Size.fixed($0 == 0 ? 0 : 1) } ?? .unknown }
            return KnownValue(value.dimensions, integers: truths)
        case (.integers, .float32):
            return value.numbers.flatMap { KnownValue(value.dimensions, reals: $0.map { Double(Float($0)) }) }
        case (.integers, .float64): return value.numbers.flatMap { KnownValue(value.dimensions, reals: $0) }
        case (.reals, .float64): return value
        case (.reals(let values), .float32):
            return KnownValue(value.dimensions, reals: values.map { Double(Float($0)) })
        case (.reals(let values), .int64), (.reals(let values), .int32):
            let whole = values.compactMap { Int(exactly: $0.rounded(.towardZero)) }
            return KnownValue(value.dimensions, integers: whole.map { .fixed($0) })
        default: return nil
        }
    }
}
