import Synchronization

/// What labels have said of a version's answers, for whoever decides on them: how many were right, and, where another version
/// answered the same input, which of the two was.
///
/// Labels are rare and late: one costs a short lock and no memory beyond `capacity` bytes for each other version.
package final class LabelledAnswers: Sendable {
    /// Answers of two versions to the same inputs, by who was right.
    package struct Pairs: Hashable, Sendable {
        package var bothRight = 0
        package var onlyThis = 0
        package var onlyOther = 0
        package var neither = 0

        package init() {}

        package var count: Int { bothRight + onlyThis + onlyOther + neither }

        mutating func add(this: Bool, other: Bool) {
            switch (this, other) {
            case (true, true): bothRight += 1
            case (true, false): onlyThis += 1
            case (false, true): onlyOther += 1
            case (false, false): neither += 1
            }
        }
    }

    /// What came since the last look.
    package struct Count: Hashable, Sendable {
        /// Labels for answers that clients received from this version, and how many of the answers were right.
        package var labelled = 0
        package var right = 0
        /// This version's loss less the other's on the same input, in the order in which labels came: -1, 0 or 1.
        package var differences: [Int8] = []

        package init() {}
    }

    private struct State {
        var labelled = 0
        var right = 0
        var differences: [String: [Int8]] = [:]
        var pairs: [String: Pairs] = [:]
    }

    /// Differences that wait to be looked at; what comes beyond is in `pairs` alone.
    package static let capacity = 10_000
    /// Other versions that are remembered at a time.
    private static let others = 8

    private let state = Mutex(State())

    package init() {}

    /// Pairs with a version since the start, by its digest.
    package func pairs(beside digest: String) -> Pairs { state.withLock { $0.pairs[digest] ?? Pairs() } }

    /// What came since the last time, beside the version of this digest.
    package func take(beside digest: String) -> Count {
        state.withLock { state in
            var count = Count()
            (count.labelled, count.right) = (state.labelled, state.right)
            count.differences = state.differences[digest] ?? []
            (state.labelled, state.right, state.differences[digest]) = (0, 0, nil)
            return count
        }
    }

    /// Counts a label for an answer that a client received.
    func add(isRight: Bool) {
        state.withLock { state in
            state.labelled += 1
            if isRight { state.right += 1 }
        }
    }

    /// Counts a label for an input that another version answered as well.
    func add(isRight: Bool, beside digest: String, isOtherRight: Bool) {
        state.withLock { state in
            guard state.pairs[digest] != nil || state.pairs.count < Self.others else { return }
            state.pairs[digest, default: Pairs()].add(this: isRight, other: isOtherRight)
            guard state.differences[digest, default: []].count < Self.capacity else { return }
            state.differences[digest, default: []].append((isRight ? 0 : 1) - (isOtherRight ? 0 : 1))
        }
    }
}
