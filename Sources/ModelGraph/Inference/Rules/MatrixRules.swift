import Tensors

/// Matrix products and what is like them.
enum MatrixRules {
    static let table: [String: InferenceRule] = [
        "MatMul": { facts in
            [.tensor(facts.element(0), try product(facts.sizes(0), facts.sizes(1)))]
        },
        "MatMulInteger": { facts in
            [.tensor(.int32, try product(facts.sizes(0), facts.sizes(1)))]
        },
        "QLinearMatMul": { facts in
            [.tensor(facts.element(7), try product(facts.sizes(0), facts.sizes(3)))]
        },
        "Gemm": { facts in [.tensor(facts.element(0), try general(facts))] },
        "Einsum": { facts in [.tensor(facts.element(0), try EinsumEquation(facts).outputs)] },
        "Det": { facts in [.tensor(facts.element(0), facts.sizes(0).map { $0.dropLast(2) })] },
    ]

    /// Numpy's `matmul`: the last two axes multiply, the others broadcast; a vector gets an axis that goes again.
    static func product(_ left: [Size]?, _ right: [Size]?) throws(InferenceFault) -> [Size]? {
        guard let left, let right else { return nil }
        guard let inner = left.last, !right.isEmpty else { throw InferenceFault("multiplies a scalar") }
        let otherInner = right.count == 1 ? right[0] : right[right.count - 2]
        if let one = inner.fixed, let other = otherInner.fixed, one != other {
            throw InferenceFault("multiplies \(one) columns with \(other) rows; expected equal numbers")
        }
        let batch = try Broadcasting.sizes([Array(left.dropLast(2)), Array(right.dropLast(2))]) ?? []
        let rows = left.count > 1 ? [left[left.count - 2]] : []
        let columns = right.count > 1 ? right.suffix(1) : []
        return batch + rows + columns
    }

    private static func general(_ facts: NodeFacts) throws(InferenceFault) -> [Size]? {
        guard let left = facts.sizes(0), let right = facts.sizes(1) else { return [.unknown, .unknown] }
        guard left.count == 2, right.count == 2 else {
            throw InferenceFault("multiplies inputs of rank \(left.count) and \(right.count); expected 2 and 2")
        }
        let isLeftTurned = facts.flag("transA")
        let isRightTurned = facts.flag("transB")
        if let inner = left[isLeftTurned ? 0 : 1].fixed, let other = right[isRightTurned ? 1 : 0].fixed, inner != other
        {
            throw InferenceFault("multiplies \(inner) columns with \(other) rows; expected equal numbers")
        }
        return [left[isLeftTurned ? 1 : 0], right[isRightTurned ? 0 : 1]]
    }
}

/// The letters of an `Einsum` and the sizes they stand for.
struct EinsumEquation {
    /// The output's sizes; `nil` where an input's rank is not known.
    private(set) var outputs: [Size]?
    /// The size of every letter.
    private(set) var sizes: [Character: Size] = [:]

    private static let ellipsis: Character = "…"

    init(_ facts: NodeFacts) throws(InferenceFault) {
        let equation = (facts.text("equation") ?? "").filter { $0 != " " }
            .split(separator: "...", omittingEmptySubsequences: false).joined(separator: String(Self.ellipsis))
        guard let sides = Self.sides(equation) else {
            throw InferenceFault("has equation \(equation.quoted), which cannot be read")
        }
        let terms = sides.left.split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
        guard terms.count == facts.inputs.count else {
            throw InferenceFault("has \(terms.count) terms in its equation, but \(facts.inputs.count) inputs")
        }
        var shared: [[Size]] = []
        for (index, term) in terms.enumerated() {
            guard let shape = facts.sizes(index) else { return }
            shared.append(try bind(term, shape))
        }
        let broadcast = try Broadcasting.sizes(shared) ?? []
        let result = sides.right ?? Self.implicit(terms)
        outputs = result.flatMap { $0 == Self.ellipsis ? broadcast : [sizes[$0] ?? .unknown] }
    }

    private static func sides(_ equation: String) -> (left: Substring, right: [Character]?)? {
        guard let arrow = equation.firstIndex(of: ">"), arrow > equation.startIndex else {
            return equation.contains("-") ? nil : (Substring(equation), nil)
        }
        let dash = equation.index(before: arrow)
        guard equation[dash] == "-" else { return nil }
        return (equation[..<dash], Array(equation[equation.index(after: arrow)...]))
    }

    /// Without an arrow: what an ellipsis stands for, then every letter that occurs once, in order of the alphabet.
    private static func implicit(_ terms: [[Character]]) -> [Character] {
        var counts: [Character: Int] = [:]
        for letter in terms.joined() { counts[letter, default: 0] += 1 }
        let single = counts.filter { $0.value == 1 && $0.key != ellipsis }.keys.sorted()
        return (counts[ellipsis] == nil ? [] : [ellipsis]) + single
    }

    /// Notes the sizes of a term's letters, and answers those under its ellipsis.
    private mutating func bind(_ term: [Character], _ shape: [Size]) throws(InferenceFault) -> [Size] {
        let letters = term.filter { $0 != Self.ellipsis }.count
        guard term.count - letters <= 1 else { throw InferenceFault("has a term with more than one ellipsis") }
        let hidden = shape.count - letters
        guard hidden >= 0, term.contains(Self.ellipsis) || hidden == 0 else {
            throw InferenceFault("has a term of \(letters) letters for an input of rank \(shape.count)")
        }
        var axis = 0
        var shared: [Size] = []
        for letter in term {
            if letter == Self.ellipsis {
                shared = Array(shape[axis..<(axis + hidden)])
                axis += hidden
                continue
            }
            let known = sizes[letter]
            if known == nil || known == .unknown || known == .fixed(1) { sizes[letter] = shape[axis] }
            axis += 1
        }
        return shared
    }
}
