import Tensors

/// How many requests there were, and how many broke a promise, over three days: enough for every pair of windows. The last
/// six hours are in at most 1,500 points, what is before them in one for every ten minutes.
package struct BudgetHistory: Sendable {
    private struct Point: Sendable {
        var time: Int
        var all: Double
        var bad: Double
    }

    private var points: [Point] = []
    /// From before those.
    private var older: [Point] = []
    /// What was counted before a restart.
    private var base = (all: 0.0, bad: 0.0)
    /// Totals as they were given last.
    private var last = (all: 0.0, bad: 0.0)
    /// Milliseconds.
    private static let span = 6 * 3_600_000
    private static let mostPoints = 1500
    private static let olderSpan = 3 * 86_400_000
    private static let olderGap = 600_000

    package init() {}

    /// Adds totals; those that have fallen mean that counting began anew, from nothing. When the clock was set back, what is
    /// known moves with it.
    package mutating func add(all: Double, bad: Double, at time: Int) {
        if all < last.all || bad < last.bad { (points, older, base) = ([], [], (0, 0)) }
        if let newest = points.last?.time, newest > time {
            for index in points.indices { points[index].time -= newest - time }
            for index in older.indices { older[index].time -= newest - time }
        }
        last = (all, bad)
        // Between the newest points there may be less; older ones are this far apart.
        if points.count >= 2, time - points[points.count - 2].time < Self.span / Self.mostPoints { points.removeLast() }
        points.append(Point(time: time, all: base.all + all, bad: base.bad + bad))
        while points.count > 2, time - points[1].time >= Self.span { age(points.removeFirst()) }
        while older.count > 1, time - older[1].time >= Self.olderSpan { older.removeFirst() }
    }

    private mutating func age(_ point: Point) {
        if older.last.map({ point.time - $0.time >= Self.olderGap }) ?? true { older.append(point) }
    }

    /// Milliseconds that are known of.
    var known: Int { (points.last?.time ?? 0) - ((older.first ?? points.first)?.time ?? 0) }

    /// Requests of the last milliseconds, and those that broke the promise; over less where less is known.
    package func totals(over milliseconds: Int) -> (all: Double, bad: Double) {
        guard let last = points.last else { return (0, 0) }
        let isBefore = { (point: Point) in last.time - point.time >= milliseconds }
        let first = points.last(where: isBefore) ?? older.last(where: isBefore) ?? older.first ?? points[0]
        return (last.all - first.all, last.bad - first.bad)
    }

    // MARK: - Over a restart

    /// Whether nothing broke the promise while it was watched: then there is nothing to keep.
    var isIdle: Bool { (points.last?.bad ?? 0) <= ((older.first ?? points.first)?.bad ?? 0) }

    /// How far apart points are kept that are so old, in milliseconds.
    private static func gap(_ age: Int) -> Int {
        age <= 3_600_000 ? 60_000 : age <= span ? 300_000 : 1_800_000
    }

    /// The points, thinned, as they are kept: time, requests, those that broke the promise.
    var json: JSONValue {
        var rows: [JSONValue] = []
        var before: Int?
        let all = older + points
        guard let newest = all.last else { return [] }
        for (index, point) in all.enumerated()
        where index == all.count - 1 || before.map({ point.time - $0 >= Self.gap(newest.time - point.time) }) ?? true {
            rows.append([.integer(point.time), .number(point.all), .number(point.bad)])
            before = point.time
        }
        return .array(rows)
    }

    /// Goes on from what was kept: totals begin anew, on top of the last of it.
    ///
    /// - Returns: `nil` for what `json` does not write.
    init?(json: JSONValue) {
        guard let rows = json.arrayValue, rows.count <= Self.mostPoints else { return nil }
        for row in rows {
            guard let numbers = row.arrayValue, numbers.count == 3, let time = numbers[0].intValue,
                let all = numbers[1].doubleValue, let bad = numbers[2].doubleValue, all >= bad, bad >= 0,
                all.isFinite, time >= points.last?.time ?? 0, all >= points.last?.all ?? 0, bad >= points.last?.bad ?? 0
            else { return nil }
            points.append(Point(time: time, all: all, bad: bad))
        }
        guard let last = points.last else { return }
        base = (last.all, last.bad)
        let recent = points.firstIndex { last.time - $0.time < Self.span } ?? 0
        older = Array(points[..<recent])
        points.removeFirst(recent)
    }
}
