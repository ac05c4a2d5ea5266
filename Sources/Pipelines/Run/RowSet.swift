/// Which rows of a request a value has.
enum RowSet: Hashable, Sendable {
    /// All of them, or a value that has no rows.
    case whole
    /// These, ascending, of so many; at least one and not all.
    case some([Int], of: Int)
    case none

    /// The rows that both have.
    ///
    /// - Returns: `nil` when they are rows of requests of different sizes.
    func and(_ other: RowSet) -> RowSet? {
        switch (self, other) {
        case (.none, _), (_, .none): return RowSet.none
        case (.whole, _): return other
        case (_, .whole): return self
        case (.some(let left, let count), .some(let right, let otherCount)):
            guard count == otherCount else { return nil }
            let known = Set(right)
            return .rows(left.filter(known.contains), of: count)
        }
    }

    /// These rows of a value that has the rows of this.
    ///
    /// - Parameter decisions: one for each row there is.
    func filtered(_ decisions: [Bool]) -> RowSet? {
        if decisions.allSatisfy({ $0 }) { return self }
        if !decisions.contains(true) { return RowSet.none }
        switch self {
        case .none: return RowSet.none
        case .whole: return .rows(decisions.indices.filter { decisions[$0] }, of: decisions.count)
        case .some(let rows, let count):
            guard rows.count == decisions.count else { return nil }
            return .rows(zip(rows, decisions).filter(\.1).map(\.0), of: count)
        }
    }

    /// Some rows, which may be none or all.
    static func rows(_ rows: [Int], of count: Int) -> RowSet {
        rows.isEmpty ? .none : rows.count == count ? .whole : .some(rows, of: count)
    }
}
