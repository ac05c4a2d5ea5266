/// How many requests there were, and how many broke a promise, over six hours: enough for the two pairs of windows that
/// wake somebody. At most 1,500 points.
package struct BudgetHistory: Sendable {
    private struct Point: Sendable {
        var time: Int
        var all: Double
        var bad: Double
    }

    private var points: [Point] = []
    /// Milliseconds.
    private static let span = 6 * 3_600_000
    private static let mostPoints = 1500

    package init() {}

    /// Adds totals; those that have fallen mean that counting began anew.
    package mutating func add(all: Double, bad: Double, at time: Int) {
        if let last = points.last, all < last.all || bad < last.bad || time < last.time { points = [] }
        // Between the newest points there may be less; older ones are this far apart.
        if points.count >= 2, time - points[points.count - 2].time < Self.span / Self.mostPoints { points.removeLast() }
        points.append(Point(time: time, all: all, bad: bad))
        while points.count > 2, time - points[1].time >= Self.span { points.removeFirst() }
    }

    /// Requests of the last milliseconds, and those that broke the promise; over less where less is known.
    package func totals(over milliseconds: Int) -> (all: Double, bad: Double) {
        guard let last = points.last else { return (0, 0) }
        let first = points.last { last.time - $0.time >= milliseconds } ?? points[0]
        return (last.all - first.all, last.bad - first.bad)
    }
}
