package import Tensors

/// How alike the answers of two models are, over any number of rows.
package struct OutputAgreement: Hashable, Sendable {
    /// Rows that were compared.
    package private(set) var rows = 0
    /// Rows of scores, and those whose largest is at the same place.
    package private(set) var scored = 0
    package private(set) var agreeing = 0
    /// The largest difference, as a share of the largest number of that output in the batch.
    package private(set) var largest = 0.0
    private var product = 0.0
    private var squares = (0.0, 0.0)
    private var noise = 0.0

    package init() {}

    package static func == (left: OutputAgreement, right: OutputAgreement) -> Bool { left.figures == right.figures }

    package func hash(into hasher: inout Hasher) { hasher.combine(figures) }

    private var figures: [Double] { [Double(rows), Double(agreeing), largest, cosine, decibels] }

    /// 1 where all answers point in the same direction.
    package var cosine: Double {
        let length = (squares.0 * squares.1).squareRoot()
        return length > 0 ? product / length : squares.0 == squares.1 ? 1 : 0
    }

    /// The share of rows whose largest score is at the same place; `nil` without scores.
    package var topAgreement: Double? { scored > 0 ? Double(agreeing) / Double(scored) : nil }

    /// Signal to noise.
    package var decibels: Double { noise > 0 ? 10 * logarithm(squares.0 / noise) / logarithm(10) : 200 }

    /// Adds a batch's outputs. Answers of another shape agree with nothing. Where none is of fractions, each whole number, truth
    /// value or text is a decision of its own.
    package mutating func add(_ before: [Tensor], _ after: [Tensor]) {
        rows += before.first?.rowCount ?? 1
        var isScored = false
        for (a, b) in zip(before, after) where a.elementType.isFloatingPoint {
            guard let left = try? a.doubles(), let found = try? b.doubles() else { continue }
            let right = a.shape == b.shape ? found : [Double](repeating: .nan, count: left.count)
            addNumbers(left, right)
            if !isScored, a.shape.dimensions.count >= 2, let width = a.shape.dimensions.last, width > 1 {
                addScores(left, right, width)
                isScored = true
            }
        }
        guard !before.contains(where: \.elementType.isFloatingPoint) else { return }
        for (a, b) in zip(before, after) { addDecisions(a, b) }
    }

    private mutating func addNumbers(_ left: [Double], _ right: [Double]) {
        var (most, difference) = (0.0, 0.0)
        for (x, y) in zip(left, right) {
            guard x.isFinite, y.isFinite else {
                if x.isFinite != y.isFinite {
                    noise += 1e12
                    // It agrees with nothing: no direction is that of what was there.
                    if x.isFinite { squares.0 += x * x } else { squares.1 += y * y }
                }
                continue
            }
            product += x * y
            squares.0 += x * x
            squares.1 += y * y
            noise += (x - y) * (x - y)
            most = max(most, x.magnitude)
            difference = max(difference, (x - y).magnitude)
        }
        if most > 0 { largest = max(largest, difference / most) }
    }

    private mutating func addScores(_ left: [Double], _ right: [Double], _ width: Int) {
        for start in stride(from: 0, to: left.count - width + 1, by: width) {
            let row = start..<(start + width)
            scored += 1
            let isWhole = row.allSatisfy { left[$0].isFinite == right[$0].isFinite }
            let hasSameTop = row.max { left[$0] < left[$1] } == row.max { right[$0] < right[$1] }
            agreeing += isWhole && hasSameTop ? 1 : 0
        }
    }

    private mutating func addDecisions(_ a: Tensor, _ b: Tensor) {
        let count = a.shape.elementCount
        scored += max(count, b.shape.elementCount)
        guard count > 0, a.shape == b.shape, a.elementType == b.elementType else { return }
        if let left = a.strings, let right = b.strings {
            agreeing += (0..<count).count { left[$0] == right[$0] }
            return
        }
        // Of types narrower than a byte, bytes are what is compared.
        let (left, right) = (a.bytes, b.bytes)
        let places = min(count, a.byteCount)
        let width = a.byteCount / max(1, places)
        let same = (0..<places).count { place in
            (place * width..<(place + 1) * width).allSatisfy { left[$0] == right[$0] }
        }
        agreeing += places == count ? same : same == places ? count : 0
    }

    package var json: JSONValue {
        .object([
            ("rows", .integer(rows)), ("cosine", .number(cosine)), ("decibels", .number(decibels)),
            ("largest", .number(largest)), ("topAgreement", topAgreement.map(JSONValue.number) ?? .null),
        ])
    }
}
