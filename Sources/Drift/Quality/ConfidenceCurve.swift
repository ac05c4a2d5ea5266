/// How often an answer of some confidence was right: a curve that never falls, fitted to rows with known answers.
///
/// Source: isotonic regression by pooling neighbours that contradict the order (Ayer et al., 1955), as
/// scikit-learn's `IsotonicRegression` with `out_of_bounds="clip"`: equal confidences are averaged first, between the
/// blocks the curve is a straight line.
package struct ConfidenceCurve: Hashable, Sendable {
    /// A place of the curve.
    package struct Knot: Hashable, Sendable {
        package var confidence: Double
        /// The share of right answers.
        package var right: Double

        package init(confidence: Double, right: Double) {
            self.confidence = confidence
            self.right = right
        }
    }

    /// Ascending in `confidence`, never falling in `right`; not empty.
    package let knots: [Knot]

    /// Different confidences that are fitted one by one; more are put into as many groups of equal size first.
    package static let mostGroups = 128
    /// A curve has at most so many places: two for each group.
    package static let mostKnots = 2 * mostGroups

    /// - Returns: `nil` for knots that no fit gives: none, too many, out of order, or numbers that are no shares.
    package init?(knots: [Knot]) {
        guard !knots.isEmpty, knots.count <= Self.mostKnots,
            knots.allSatisfy({ $0.confidence.isFinite && (0...1).contains($0.right) }),
            zip(knots, knots.dropFirst()).allSatisfy({ $0.confidence < $1.confidence && $0.right <= $1.right })
        else { return nil }
        self.knots = knots
    }

    /// Fits the curve to answers that are known to be right or wrong.
    ///
    /// - Returns: `nil` without any.
    package init?(fitting answers: [(confidence: Double, isRight: Bool)]) {
        let sorted = answers.filter { $0.confidence.isFinite }.sorted { $0.confidence < $1.confidence }
        guard !sorted.isEmpty else { return nil }
        var blocks: [Block] = []
        for group in Self.groups(sorted) {
            blocks.append(group)
            while blocks.count > 1, blocks[blocks.count - 2].right >= blocks[blocks.count - 1].right {
                let last = blocks.removeLast()
                blocks[blocks.count - 1].take(last)
            }
        }
        knots = blocks.flatMap { block in
            let first = Knot(confidence: block.first, right: block.right)
            return block.last > block.first ? [first, Knot(confidence: block.last, right: block.right)] : [first]
        }
    }

    /// The share of right answers among those of this confidence.
    package func right(at confidence: Double) -> Double {
        guard let first = knots.first, let last = knots.last else { return confidence }
        guard confidence > first.confidence else { return first.right }
        guard confidence < last.confidence else { return last.right }
        var (low, high) = (0, knots.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if knots[middle].confidence <= confidence { low = middle } else { high = middle }
        }
        let (left, right) = (knots[low], knots[high])
        let part = (confidence - left.confidence) / (right.confidence - left.confidence)
        return left.right + part * (right.right - left.right)
    }

    private struct Block {
        var first: Double
        var last: Double
        var sum: Double
        var count: Double
        var right: Double { sum / count }

        mutating func take(_ other: Block) {
            last = other.last
            sum += other.sum
            count += other.count
        }
    }

    /// Answers of one confidence, or where there are too many different ones, of neighbouring confidences.
    private static func groups(_ sorted: [(confidence: Double, isRight: Bool)]) -> [Block] {
        var different: [Block] = []
        for answer in sorted {
            let one = Block(
                first: answer.confidence, last: answer.confidence, sum: answer.isRight ? 1 : 0, count: 1)
            if different.last?.last == answer.confidence {
                different[different.count - 1].take(one)
            } else {
                different.append(one)
            }
        }
        guard different.count > mostGroups else { return different }
        var groups: [Block] = []
        var seen = 0.0
        for block in different {
            let place = Int(seen / Double(sorted.count) * Double(mostGroups))
            if place < groups.count { groups[groups.count - 1].take(block) } else { groups.append(block) }
            seen += block.count
        }
        return groups
    }
}
