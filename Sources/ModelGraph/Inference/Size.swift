import Tensors

/// One size of a shape, or one integer of a shape computation, as far as it is known without running.
///
/// Arithmetic never traps: what overflows, or grows too long to be of use, becomes unknown.
enum Size: Hashable, Sendable {
    case fixed(Int)
    /// An expression of named sizes, such as `2*N`; equal expressions are equal sizes.
    case symbolic(SizeExpression)
    case unknown

    init(_ dimension: Dimension) {
        switch dimension {
        case .fixed(let size): self = .fixed(size)
        case .symbol(let name): self = .symbol(name)
        case .unknown: self = .unknown
        }
    }

    /// A named size.
    static func symbol(_ name: String) -> Size { SizeExpression(symbol: name).size }

    /// The number, when it is one.
    var fixed: Int? { if case .fixed(let value) = self { value } else { nil } }

    var isKnown: Bool { self != .unknown }

    /// Whether this cannot be negative; a name stands for a size, which never is.
    var isNotNegative: Bool {
        switch self {
        case .fixed(let value): value >= 0
        case .symbolic(let expression): expression.terms.allSatisfy { $0.coefficient >= 0 }
        case .unknown: false
        }
    }

    /// As a declared dimension; a negative number is none.
    var dimension: Dimension {
        switch self {
        case .fixed(let value): value >= 0 ? .fixed(value) : .unknown
        case .symbolic(let expression): .symbol(expression.description)
        case .unknown: .unknown
        }
    }

    private var expression: SizeExpression? {
        switch self {
        case .fixed(let value): SizeExpression(constant: value)
        case .symbolic(let expression): expression
        case .unknown: nil
        }
    }

    static func + (left: Size, right: Size) -> Size {
        if case .fixed(let one) = left, case .fixed(let other) = right {
            return Size(checked: one.addingReportingOverflow(other))
        }
        guard let one = left.expression, let other = right.expression else { return .unknown }
        return one.adding(other, times: 1)?.size ?? .unknown
    }

    static func - (left: Size, right: Size) -> Size {
        if case .fixed(let one) = left, case .fixed(let other) = right {
            return Size(checked: one.subtractingReportingOverflow(other))
        }
        guard let one = left.expression, let other = right.expression else { return .unknown }
        return one.adding(other, times: -1)?.size ?? .unknown
    }

    static func * (left: Size, right: Size) -> Size {
        if case .fixed(let one) = left, case .fixed(let other) = right {
            return Size(checked: one.multipliedReportingOverflow(by: other))
        }
        if left == .fixed(0) || right == .fixed(0) { return .fixed(0) }
        guard let one = left.expression, let other = right.expression else { return .unknown }
        return one.multiplied(by: other)?.size ?? .unknown
    }

    private init(checked result: (partialValue: Int, overflow: Bool)) {
        self = result.overflow ? .unknown : .fixed(result.partialValue)
    }

    /// Divided, rounding down. What does not divide evenly becomes a name of its own, equal where the expression is.
    func floorDivided(by divisor: Int) -> Size {
        guard divisor > 0 else { return .unknown }
        switch self {
        case .fixed(let value):
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
            return .fixed(remainder < 0 ? quotient - 1 : quotient)
        case .symbolic(let expression):
            if let exact = expression.divided(by: SizeExpression(constant: divisor)) { return exact.size }
            return SizeExpression.name("floor((\(expression))/\(divisor))")
        case .unknown: return .unknown
        }
    }

    /// Divided, rounding up.
    func ceilDivided(by divisor: Int) -> Size {
        guard divisor > 0 else { return .unknown }
        return (self + .fixed(divisor - 1)).floorDivided(by: divisor)
    }

    /// Divided where it is certain to come out even.
    func exactlyDivided(by divisor: Size) -> Size {
        if self == divisor, case .symbolic = self { return .fixed(1) }
        if case .fixed(let value) = self, case .fixed(let other) = divisor {
            return other > 0 && value % other == 0 ? .fixed(value / other) : .unknown
        }
        guard let one = expression, let other = divisor.expression else { return .unknown }
        return one.divided(by: other)?.size ?? .unknown
    }
}

extension Sequence<Size> {
    /// The product; 1 of nothing.
    var product: Size {
        var result = Size.fixed(1)
        // A zero makes everything zero, also what is unknown.
        for size in self {
            if size == .fixed(0) { return .fixed(0) }
            result = result * size
        }
        return result
    }
}
