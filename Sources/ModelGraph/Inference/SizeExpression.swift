/// A sum of products of named sizes, such as `2*N + past`. Kept in one form, so that equal sums are equal values.
struct SizeExpression: Hashable, Sendable {
    struct Term: Hashable, Sendable {
        /// In ascending order, repeated for powers; none for a plain number.
        let factors: [String]
        let coefficient: Int
    }

    /// Longer ones are of no use to anybody.
    private static let mostTerms = 6
    private static let mostFactors = 6
    private static let longestName = 96

    /// Ordered by their factors; no coefficient is zero.
    let terms: [Term]

    init(symbol: String) {
        terms = [Term(factors: [symbol], coefficient: 1)]
    }

    init(constant: Int) {
        terms = constant == 0 ? [] : [Term(factors: [], coefficient: constant)]
    }

    /// - Parameter sums: coefficients by factors, zeros allowed.
    private init?(_ sums: [[String]: Int]) {
        let kept = sums.filter { $0.value != 0 }
        guard kept.count <= Self.mostTerms, kept.keys.allSatisfy({ $0.count <= Self.mostFactors }) else { return nil }
        terms = kept.map { Term(factors: $0.key, coefficient: $0.value) }
            .sorted { Self.precedes($0.factors, $1.factors) }
    }

    /// Longer products first, plain numbers last.
    private static func precedes(_ left: [String], _ right: [String]) -> Bool {
        left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count > right.count
    }

    /// As a size: a plain number where nothing else is left.
    var size: Size {
        guard let first = terms.first else { return .fixed(0) }
        if terms.count == 1, first.factors.isEmpty { return .fixed(first.coefficient) }
        return .symbolic(self)
    }

    /// A size known only by this name; unknown when the name is too long.
    static func name(_ text: String) -> Size {
        text.utf8.count <= longestName ? SizeExpression(symbol: text).size : .unknown
    }

    func adding(_ other: SizeExpression, times factor: Int) -> SizeExpression? {
        var sums = Dictionary(terms.map { ($0.factors, $0.coefficient) }, uniquingKeysWith: { first, _ in first })
        for term in other.terms {
            let (scaled, overflow) = term.coefficient.multipliedReportingOverflow(by: factor)
            guard !overflow, sums.add(scaled, to: term.factors) else { return nil }
        }
        return SizeExpression(sums)
    }

    func multiplied(by other: SizeExpression) -> SizeExpression? {
        var sums: [[String]: Int] = [:]
        for one in terms {
            for two in other.terms {
                let (product, overflow) = one.coefficient.multipliedReportingOverflow(by: two.coefficient)
                guard !overflow, sums.add(product, to: (one.factors + two.factors).sorted()) else { return nil }
            }
        }
        return SizeExpression(sums)
    }

    /// The quotient by a single product, or by this expression itself, where nothing remains.
    func divided(by other: SizeExpression) -> SizeExpression? {
        if self == other, !terms.isEmpty { return SizeExpression(constant: 1) }
        guard other.terms.count == 1, let divisor = other.terms.first, divisor.coefficient > 0 else { return nil }
        var sums: [[String]: Int] = [:]
        for term in terms {
            guard term.coefficient % divisor.coefficient == 0,
                let factors = Self.removing(divisor.factors, from: term.factors),
                sums.add(term.coefficient / divisor.coefficient, to: factors)
            else { return nil }
        }
        return SizeExpression(sums)
    }

    private static func removing(_ some: [String], from all: [String]) -> [String]? {
        var rest = all
        for factor in some {
            guard let index = rest.firstIndex(of: factor) else { return nil }
            rest.remove(at: index)
        }
        return rest
    }
}

extension [[String]: Int] {
    /// Adds to one sum; `false` when it does not fit.
    fileprivate mutating func add(_ value: Int, to factors: [String]) -> Bool {
        let (sum, overflow) = self[factors, default: 0].addingReportingOverflow(value)
        self[factors] = sum
        return !overflow
    }
}

extension SizeExpression: CustomStringConvertible {
    /// `2*N + past - 1`.
    var description: String {
        var text = ""
        for term in terms {
            let isNegative = term.coefficient < 0
            if text.isEmpty { text = isNegative ? "-" : "" } else { text += isNegative ? " - " : " + " }
            let number = term.coefficient.magnitude
            let parts = (number == 1 && !term.factors.isEmpty ? [] : [String(number)]) + term.factors
            text += parts.joined(separator: "*")
        }
        return text
    }
}
