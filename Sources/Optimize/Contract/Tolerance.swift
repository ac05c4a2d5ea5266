/// How far a pass may move a model's answers.
package enum Tolerance: Hashable, Sendable {
    /// Not by a bit: nothing is computed in another way.
    case exact
    /// By rounding: the same sums in another order, or factors put together before instead of after. The largest
    /// difference of an output may be this share of the largest magnitude in it, for 32-bit arithmetic.
    case rounding(Double)

    /// Weights folded once, as in `W·s`: a few units of the last place for each layer.
    package static let folding = Tolerance.rounding(1e-4)

    /// What all passes together may do.
    package static let total = Tolerance.rounding(1e-4)

    package func accepts(_ difference: OutputDifference) -> Bool {
        guard difference.unequal == 0, difference.nonFinite == 0 else { return false }
        switch self {
        case .exact: return difference.largest == 0
        case .rounding(let most): return difference.largest <= most
        }
    }
}

extension Tolerance: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exact: "none"
        case .rounding(let most): "\(most)"
        }
    }
}
