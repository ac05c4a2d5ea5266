/// For which rows a value is there: a disjunction of conjunctions of conditions.
///
/// It is what the plan knows without any request: a value that conditions decide about may not be an output.
struct Presence: Hashable, Sendable {
    /// A condition, or that it does not hold.
    struct Literal: Hashable, Sendable {
        /// The position of the value that is looked at.
        var value: Int
        var question: Question
        var isNegated: Bool
    }

    /// What is asked about a row.
    enum Question: Hashable, Sendable {
        case below(Double)
        case equals(PipelineSpec.Condition.Literal)
    }

    /// Any one is enough; each needs all its literals.
    private(set) var terms: [Set<Literal>]

    private init(terms: [Set<Literal>]) { self.terms = terms }

    /// For every row.
    static let always = Presence(terms: [[]])

    var isAlways: Bool { terms.contains([]) }

    /// Where both are there.
    ///
    /// - Returns: `nil` when there are too many ways to think through.
    func and(_ other: Presence) -> Presence? {
        var result: [Set<Literal>] = []
        for left in terms {
            for right in other.terms {
                let both = left.union(right)
                if !both.contains(where: { both.contains($0.opposite) }) { result.append(both) }
            }
        }
        return Presence(terms: result).simplified()
    }

    func and(_ literal: Literal) -> Presence? { and(Presence(terms: [[literal]])) }

    /// Where either is there.
    func or(_ other: Presence) -> Presence? { Presence(terms: terms + other.terms).simplified() }

    /// Every condition in it.
    var literals: Set<Literal> { terms.reduce(into: []) { $0.formUnion($1) } }

    private static let mostTerms = 64

    /// Without terms that others cover; a term and the same with one condition turned round become one without it.
    private func simplified() -> Presence? {
        var terms = Self.reduced(terms)
        var changes = true
        while changes {
            guard terms.count <= Self.mostTerms else { return nil }
            changes = false
            for (index, term) in terms.enumerated() {
                for other in terms[(index + 1)...] {
                    if let merged = Self.merged(term, other), !terms.contains(where: { $0.isSubset(of: merged) }) {
                        terms = Self.reduced(terms + [merged])
                        changes = true
                        break
                    }
                }
                if changes { break }
            }
        }
        return Presence(terms: terms)
    }

    /// What two terms are together that differ in one condition.
    private static func merged(_ left: Set<Literal>, _ right: Set<Literal>) -> Set<Literal>? {
        let turned = left.filter { right.contains($0.opposite) }
        guard turned.count == 1, let literal = turned.first else { return nil }
        return left.subtracting([literal]).union(right.subtracting([literal.opposite]))
    }

    private static func reduced(_ terms: [Set<Literal>]) -> [Set<Literal>] {
        var result: [Set<Literal>] = []
        for term in terms where !result.contains(where: { $0.isSubset(of: term) }) {
            result.removeAll { term.isSubset(of: $0) }
            result.append(term)
        }
        return result
    }
}

extension Presence.Literal {
    var opposite: Presence.Literal { Presence.Literal(value: value, question: question, isNegated: !isNegated) }

    init(value: Int, test: PipelineSpec.Condition.Test) {
        switch test {
        case .below(let number): self.init(value: value, question: .below(number), isNegated: false)
        case .atLeast(let number): self.init(value: value, question: .below(number), isNegated: true)
        case .equals(let literal): self.init(value: value, question: .equals(literal), isNegated: false)
        case .differs(let literal): self.init(value: value, question: .equals(literal), isNegated: true)
        }
    }
}
