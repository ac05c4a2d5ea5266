package import Tensors

/// How alike two ways of computing the same answers are, over as many runs as are added.
package struct AnswerComparison: Hashable, Sendable {
    /// The lowest cosine between two answers to the same row, of any output of fractions; 1 where there is none.
    package private(set) var cosine = 1.0
    /// The largest |a − b| over all numbers.
    package private(set) var largestDifference = 0.0
    /// Rows whose largest element is at the same place, and rows that were looked at.
    private var sameTop = 0
    private var tops = 0
    /// Whole numbers, booleans and texts that are equal, and all of them.
    private var equal = 0
    private var exact = 0
    /// Numbers that are not finite on one side only.
    package private(set) var nonFinite = 0

    package init() {}

    /// The share of rows whose largest element is at the same place; `nil` where no output has rows of several.
    package var topAgreement: Double? { tops > 0 ? Double(sameTop) / Double(tops) : nil }
    /// The share of equal whole numbers, booleans and texts; `nil` where no output has any.
    package var exactAgreement: Double? { exact > 0 ? Double(equal) / Double(exact) : nil }

    /// Takes in the answers of one more run.
    ///
    /// - Throws: `WorkshopError.Code.mismatch` when types or shapes differ.
    package mutating func add(_ left: [Tensor], _ right: [Tensor]) throws(WorkshopError) {
        guard left.count == right.count else {
            throw WorkshopError(.mismatch, "\(left.count) outputs against \(right.count)")
        }
        for (a, b) in zip(left, right) {
            guard a.elementType == b.elementType, a.shape == b.shape else {
                throw WorkshopError(
                    .mismatch,
                    "\(a.elementType.displayName) \(a.shape) against \(b.elementType.displayName) \(b.shape)")
            }
            add(a, b)
        }
    }

    private mutating func add(_ a: Tensor, _ b: Tensor) {
        if let left = a.strings, let right = b.strings {
            exact += left.count
            equal += (0..<left.count).count { left[$0] == right[$0] }
            return
        }
        guard let left = try? a.doubles(), let right = try? b.doubles() else { return }
        for (x, y) in zip(left, right) where x.isFinite && y.isFinite {
            largestDifference = max(largestDifference, (x - y).magnitude)
        }
        guard a.elementType.isFloatingPoint else {
            exact += left.count
            equal += zip(left, right).count { $0 == $1 }
            return
        }
        nonFinite += zip(left, right).count { $0.isFinite != $1.isFinite }
        let rows = a.shape.dimensions.count > 1 ? max(1, a.shape.dimensions[0]) : 1
        let width = left.count / rows
        guard width > 0 else { return }
        for row in 0..<rows {
            let place = (row * width)..<((row + 1) * width)
            addRow(left[place], right[place])
        }
    }

    private mutating func addRow(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>) {
        cosine = min(cosine, Self.cosine(left, right))
        guard left.count > 1 else { return }
        tops += 1
        let (first, second) = (Self.top(left), Self.top(right))
        if first == second { sameTop += 1 }
    }

    private static func top(_ row: ArraySlice<Double>) -> Int? {
        row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
    }

    /// Of what is finite on both sides; 1 for two rows of nothing but zeros.
    static func cosine(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>) -> Double {
        var (product, a, b) = (0.0, 0.0, 0.0)
        for (x, y) in zip(left, right) where x.isFinite && y.isFinite {
            product += x * y
            a += x * x
            b += y * y
        }
        if a == 0, b == 0 { return 1 }
        guard a > 0, b > 0 else { return 0 }
        return min(1, product / (a.squareRoot() * b.squareRoot()))
    }

    /// As it is printed.
    package var json: JSONValue {
        .object([
            ("cosine", .number(cosine)), ("largestDifference", .number(largestDifference)),
            ("topAgreement", topAgreement.map(JSONValue.number) ?? .null),
            ("exactAgreement", exactAgreement.map(JSONValue.number) ?? .null), ("nonFinite", .integer(nonFinite)),
        ])
    }
}
