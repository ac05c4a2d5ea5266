import Tensors

/// When two answers to the same input count as the same.
package struct AnswerRule: Hashable, Sendable {
    /// Numbers that are no scores are the same within this share of the larger one.
    package var relative: Double
    /// And within this distance, whatever their size.
    package var absolute: Double

    /// One percent: versions are trained anew, not only computed anew.
    package init(relative: Double = 0.01, absolute: Double = 1e-6) {
        self.relative = relative
        self.absolute = absolute
    }

    /// Whether two numbers are the same. NaN is the same as NaN and nothing else.
    package func holds(_ a: Double, _ b: Double) -> Bool {
        if a == b || (a.isNaN && b.isNaN) { return true }
        guard a.isFinite, b.isFinite else { return false }
        return (a - b).magnitude <= absolute + relative * max(a.magnitude, b.magnitude)
    }
}

/// How an output is compared.
package enum AnswerKind: String, Hashable, Sendable {
    /// A row of scores, of which the largest names the class.
    case scores
    /// Whole numbers, texts and booleans: equal or not.
    case exact
    /// Numbers, within a tolerance.
    case numbers

    /// Columns that scores may have; wider rows are rather features.
    static let scoreColumns = 2...1000

    /// - Parameter columns: elements of a row.
    init(_ tensor: Tensor, columns: Int) {
        if !tensor.elementType.isFloatingPoint {
            self = .exact
        } else if Self.scoreColumns.contains(columns), tensor.shape.dimensions.count <= 2 {
            self = .scores
        } else {
            self = .numbers
        }
    }

    /// Whether it says what a client acts upon; numbers do only where nothing else does.
    var decides: Bool { self != .numbers }
}
