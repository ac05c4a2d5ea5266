import Drift
package import Tensors

/// What is known of one output of two versions, over all inputs that both answered: fixed memory, whatever the traffic.
package struct OutputComparison: Sendable {
    package let name: String
    /// How it was compared last; `nil` before.
    package private(set) var kind: AnswerKind?
    /// Rows compared, and those that are the same.
    package private(set) var rows = 0
    package private(set) var equal = 0
    /// Answers in which the candidate has no such output, or one of another type or shape.
    package private(set) var unlike = 0
    /// Which class became which.
    package private(set) var changes = ClassChanges()
    /// How far apart numbers are: of scores, that of the class which the base names.
    private var differences = FeatureSketch(.number)
    package private(set) var largest = LargestDifferences()
    private let classes: [String]

    /// - Parameter classes: names of classes by number, where there are some.
    init(name: String, classes: [String]) {
        self.name = name
        self.classes = classes
    }

    /// Compares an output of both.
    ///
    /// - Parameters:
    ///   - rows: inputs of the request, or `nil` where it is one.
    ///   - input: the input of a row, where it may be kept.
    /// - Returns: for each row whether it differs, and whether that is something to go by where other outputs are only
    ///   numbers.
    mutating func add(
        _ base: Tensor, _ candidate: Tensor?, rows count: Int?, _ rule: AnswerRule, input: (Int) -> JSONValue?
    ) -> (differs: [Bool], decides: Bool) {
        let inputs = max(1, count ?? 1)
        guard let candidate, Self.areAlike(base, candidate) else {
            unlike += 1
            rows += inputs
            return ([Bool](repeating: true, count: inputs), true)
        }
        guard let left = AnswerRows(base, rows: count), let right = AnswerRows(candidate, rows: count) else {
            let isEqual = base.bytes.elementsEqual(candidate.bytes)
            rows += inputs
            equal += isEqual ? inputs : 0
            return ([Bool](repeating: !isEqual, count: inputs), false)
        }
        kind = left.kind
        var differs: [Bool] = []
        for row in 0..<left.rows {
            let isEqual = compare(left, right, row, rule) { input(left.rows == 1 ? 0 : row) }
            differs.append(!isEqual)
        }
        if differs.count < inputs { differs = [Bool](repeating: differs.contains(true), count: inputs) }
        rows += inputs
        equal += differs.count { !$0 }
        return (differs, left.kind.decides)
    }

    /// Numbers of other widths are numbers all the same.
    private static func areAlike(_ a: Tensor, _ b: Tensor) -> Bool {
        guard a.shape == b.shape else { return false }
        return a.elementType == b.elementType
            || (a.elementType.isFloatingPoint && b.elementType.isFloatingPoint)
            || (a.elementType.isWholeNumber && b.elementType.isWholeNumber)
    }

    private mutating func compare(
        _ left: AnswerRows, _ right: AnswerRows, _ row: Int, _ rule: AnswerRule, input: () -> JSONValue?
    ) -> Bool {
        switch left.kind {
        case .scores: return compareScores(left, right, row, input: input)
        case .exact:
            let isEqual = left.equals(right, row)
            if left.columns == 1 {
                changes.add(base: name(left, row), candidate: name(right, row))
            }
            return isEqual
        case .numbers: return compareNumbers(left, right, row, rule, input: input)
        }
    }

    private mutating func compareScores(
        _ left: AnswerRows, _ right: AnswerRows, _ row: Int, input: () -> JSONValue?
    ) -> Bool {
        let (mine, theirs) = (left.largest(row), right.largest(row))
        let (base, candidate) = (mine.map(name(of:)) ?? "NaN", theirs.map(name(of:)) ?? "NaN")
        changes.add(base: base, candidate: candidate)
        if let mine, let theirs {
            let (before, after) = (left.number(row, mine), right.number(row, mine))
            note(
                (before - after).magnitude, "\(base) \(AnswerRows.text(before))",
                "\(candidate) \(AnswerRows.text(right.number(row, theirs)))", input)
        }
        return mine == theirs
    }

    private mutating func compareNumbers(
        _ left: AnswerRows, _ right: AnswerRows, _ row: Int, _ rule: AnswerRule, input: () -> JSONValue?
    ) -> Bool {
        var (isEqual, worst, place) = (true, -1.0, 0)
        for column in 0..<left.columns {
            let (a, b) = (left.number(row, column), right.number(row, column))
            if !rule.holds(a, b) { isEqual = false }
            let difference = (a - b).magnitude
            if difference > worst { (worst, place) = (difference, column) }
        }
        if worst >= 0 { note(worst, left.text(row, place), right.text(row, place), input) }
        return isEqual
    }

    private mutating func note(_ difference: Double, _ base: String, _ candidate: String, _ input: () -> JSONValue?) {
        guard difference.isFinite else { return }
        differences.add(difference)
        guard largest.wants(difference) else { return }
        largest.add(.init(difference: difference, base: base, candidate: candidate, input: input()))
    }

    private func name(of index: Int) -> String { classes.indices.contains(index) ? classes[index] : String(index) }

    private func name(_ rows: AnswerRows, _ row: Int) -> String {
        guard case .numbers = rows.elements else { return rows.text(row, 0) }
        return Int(exactly: rows.number(row, 0)).map(name(of:)) ?? rows.text(row, 0)
    }

    /// The share of rows that are the same; `nil` before the first.
    package var agreement: Double? { rows > 0 ? Double(equal) / Double(rows) : nil }

    package var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("kind", kind.map { .string($0.rawValue) } ?? .null), ("rows", .integer(rows)),
            ("equal", .integer(equal)), ("unlike", .integer(unlike)),
            ("agreement", agreement.map(JSONValue.number) ?? .null),
        ]
        if !changes.cells.isEmpty { members.append(("classes", changes.json)) }
        if differences.present > 0 {
            members += [("difference", differences.spread), ("largest", largest.json)]
        }
        return .object(members)
    }
}

extension ElementType {
    fileprivate var isWholeNumber: Bool { isNumeric && !isFloatingPoint && self != .bool }
}

extension FeatureSketch {
    /// Its quantiles as people ask for them.
    var spread: JSONValue {
        let sample = WeightedSample(self)
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        return .object([
            ("count", .integer(Int(clamping: present))), ("mean", number(present > 0 ? moments.mean : nil)),
            ("p50", number(sample.quantile(0.5))), ("p90", number(sample.quantile(0.9))),
            ("p99", number(sample.quantile(0.99))), ("largest", number(present > 0 ? moments.largest : nil)),
        ])
    }
}
