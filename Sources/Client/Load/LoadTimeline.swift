/// Answers by version over time, in steps of equal length. When a run outlasts the steps it may have, each two
/// neighbours become one, so that memory is bounded and nothing is dropped.
struct LoadTimeline {
    struct Step: Equatable {
        /// By version, in the order in which the versions were first seen.
        var answers: [Int] = []
        var wrong = 0
        var failed = 0
    }

    /// Ten minutes at the first width.
    static let maximumSteps = 6000

    /// Nanoseconds of one step.
    private(set) var width: UInt64 = 100_000_000
    private(set) var steps: [Step] = []

    /// The step at this many nanoseconds after the start, made if need be.
    mutating func update(at elapsed: UInt64, _ change: (inout Step) -> Void) {
        while elapsed / width >= UInt64(Self.maximumSteps) { coarsen() }
        let index = Int(elapsed / width)
        while steps.count <= index { steps.append(Step()) }
        change(&steps[index])
    }

    private mutating func coarsen() {
        width *= 2
        steps = stride(from: 0, to: steps.count, by: 2).map { index in
            index + 1 < steps.count ? Self.sum(steps[index], steps[index + 1]) : steps[index]
        }
    }

    private static func sum(_ one: Step, _ other: Step) -> Step {
        var sum = one
        for (version, count) in other.answers.enumerated() { sum.count(version, count) }
        sum.wrong += other.wrong
        sum.failed += other.failed
        return sum
    }
}

extension LoadTimeline.Step {
    /// Adds answers of the version with this number.
    mutating func count(_ version: Int, _ count: Int = 1) {
        while answers.count <= version { answers.append(0) }
        answers[version] += count
    }
}
